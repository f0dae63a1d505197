"""The check of an auth token: a JWT (RFC 7519) in compact form (RFC 7515, section 7.1). The order is:
size and shape, algorithm, key, signature, claims. Nothing in the claims is looked at before the
signature has been verified. Finding the key may have to wait, so the check comes in two halves, and
the two clients differ only in how they wait in between."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from . import _clock
from ._encoding import decode_base64url, is_number, parse_json
from ._errors import GinnelError
from ._keys import Algorithm, VerificationKey

largest_token = 16 * 1024
"""The longest token that is looked at, in characters."""


@dataclass(frozen=True)
class Claims:
    """What Ginnel says about a signed-in user. Times are in seconds since 1970."""

    sub: str
    """The user's id."""
    iss: str
    """The address of the app's authentication API."""
    aud: tuple[str, ...]
    """Whom the token is for: the app's auth origin and its id."""
    iat: float
    exp: float
    nbf: float | None
    sid: str | None
    """The id of the session, the same over refreshes."""
    amr: tuple[str, ...] | None
    """How the user signed in (RFC 8176)."""
    auth_time: float | None
    """When the user last signed in, as against refreshed."""
    raw: Mapping[str, Any] = field(repr=False, hash=False)
    """All claims as they came, with the metadata that the app chose to put into its tokens."""


@dataclass(frozen=True)
class Expectations:
    """What a token must be to pass."""

    app_id: str
    issuer: str
    algorithms: tuple[Algorithm, ...]
    leeway: float
    """Seconds by which the clocks may differ."""


@dataclass(frozen=True)
class UnverifiedToken:
    """A token whose form and header are in order."""

    kid: str
    algorithm: Algorithm
    signature: bytes
    signed: bytes
    claims_part: str


def parse_token(token: object, expected: Expectations) -> UnverifiedToken:
    """The first half: everything that can be said without a key."""
    if not isinstance(token, str):
        raise _malformed("it is not a string")
    if not token:
        raise GinnelError("token_missing", "There is no auth token to check; sign in first.")
    if len(token) > largest_token:
        raise GinnelError(
            "token_oversize",
            f"The auth token is longer than {largest_token} characters; sign in again.",
        )
    header_part, *others = token.split(".")
    if len(others) != 2 or not header_part or not others[0]:
        raise _malformed("it does not have three parts")
    claims_part, signature_part = others

    algorithm, kid = _check_header(_read_header(header_part), expected.algorithms)
    signature = decode_base64url(signature_part)
    if signature is None:
        raise _malformed("its signature is not base64url")
    # Whatever stands in the claims part, the signature is judged before it.
    signed = f"{header_part}.{claims_part}".encode("utf-8", "surrogatepass")
    return UnverifiedToken(kid, algorithm, signature, signed, claims_part)


def check_token(token: UnverifiedToken, key: VerificationKey | None, expected: Expectations) -> Claims:
    """The second half: the token's claims, once everything about it has been checked."""
    if key is None:
        raise GinnelError(
            "key_unknown",
            f"No key of application {expected.app_id} has the token's key id; sign in again.",
        )
    # The header's algorithm is among the allowed ones, and the key has the last word on it.
    if key.algorithm != token.algorithm:
        raise GinnelError(
            "algorithm_not_allowed",
            "The token names another algorithm than its key is for; sign in again.",
        )
    if not key.verify(token.signature, token.signed):
        raise GinnelError(
            "signature_invalid", "The token's signature does not fit its content; sign in again."
        )
    return _check_claims(_read_claims(token.claims_part), expected)


def _read_header(part: str) -> dict[str, Any]:
    data = decode_base64url(part)
    if data is None:
        raise _malformed("its header is not base64url")
    try:
        header = parse_json(data)
    except ValueError as cause:
        raise _malformed("its header is not JSON") from cause
    if not isinstance(header, dict):
        raise _malformed("its header is not a JSON object")
    return header


def _check_header(header: dict[str, Any], algorithms: tuple[Algorithm, ...]) -> tuple[Algorithm, str]:
    """Algorithm and key id, if the header is one that Ginnel writes. ``jku``, ``jwk``, ``x5u`` and
    ``x5c`` are never read: keys come from the key set alone."""
    algorithm = next((allowed for allowed in algorithms if allowed == header.get("alg")), None)
    if algorithm is None:
        raise GinnelError(
            "algorithm_not_allowed",
            f"The token must be signed with {' or '.join(algorithms)}; sign in again.",
        )
    # RFC 7515, section 4.1.11: an extension that is not understood must be refused, and we
    # understand none.
    if "crit" in header:
        raise _malformed('its header has "crit"')
    if "typ" in header and header["typ"] != "JWT":
        raise _malformed('its "typ" is not "JWT"')
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise _malformed('its header has no key id ("kid")')
    return algorithm, kid


def _read_claims(part: str) -> dict[str, Any]:
    data = decode_base64url(part)
    try:
        claims = None if data is None else parse_json(data)
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        message = "The token is signed, but its claims are not a JSON object; sign in again."
        raise GinnelError("claim_missing", message)
    return claims


def _check_claims(claims: dict[str, Any], expected: Expectations) -> Claims:
    sub, iss, aud = claims.get("sub"), claims.get("iss"), claims.get("aud")
    if not isinstance(sub, str) or not sub:
        raise _missing("sub")
    if not isinstance(iss, str):
        raise _missing("iss")
    audience = (aud,) if isinstance(aud, str) else _strings(aud)
    if audience is None:
        raise _missing("aud")
    iat, exp = _time(claims, "iat"), _time(claims, "exp")
    nbf = _time(claims, "nbf") if "nbf" in claims else None

    if iss != expected.issuer:
        raise GinnelError(
            "issuer_mismatch",
            f"The token was issued by {iss}, and {expected.issuer} is expected; set url "
            "(GINNEL_URL) to the server's public address, or issuer if it is reached by another one.",
        )
    if expected.app_id not in audience:
        raise GinnelError(
            "audience_mismatch",
            f"The token is not for application {expected.app_id}; check app_id.",
        )
    now, leeway = int(_clock.now()), expected.leeway
    if exp + leeway <= now:
        raise GinnelError("token_expired", "The auth token has expired; refresh it or sign in again.")
    if iat - leeway > now or (nbf is not None and nbf - leeway > now):
        raise GinnelError(
            "token_not_yet_valid",
            "The auth token is from the future; check the clocks of both servers.",
        )
    # These are told, not judged: one that is not what Ginnel writes is as good as none.
    sid, auth_time = claims.get("sid"), claims.get("auth_time")
    return Claims(
        sub=sub,
        iss=iss,
        aud=audience,
        iat=iat,
        exp=exp,
        nbf=nbf,
        sid=sid if isinstance(sid, str) else None,
        amr=_strings(claims.get("amr")),
        auth_time=auth_time if is_number(auth_time) else None,
        raw=MappingProxyType(claims),
    )


def _strings(value: object) -> tuple[str, ...] | None:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None


def _time(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if not is_number(value):
        raise _missing(name)
    return value


def _malformed(reason: str) -> GinnelError:
    message = f"This is not an auth token of Ginnel: {reason}. Sign in again."
    return GinnelError("token_malformed", message)


def _missing(claim: str) -> GinnelError:
    message = f'The token has no usable claim "{claim}"; sign in again.'
    return GinnelError("claim_missing", message)
