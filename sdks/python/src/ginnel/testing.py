"""Stands in for a Ginnel server in the tests of a back end. It makes a key pair, the key set to check
with, and tokens as the server would issue them. Nothing is sent over a network."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from . import _clock
from ._client import AsyncGinnel, Ginnel
from ._encoding import encode_base64url
from ._key_sets import StaticKeySet
from ._keys import Algorithm

OMIT = object()
"""As the value of a claim or a header's member: leaves it out."""


@dataclass(frozen=True)
class TestIssuer:
    """A stand-in for one application on a server; ``create_test_issuer`` makes it."""

    __test__ = False  # pytest would take the name for that of a test

    app_id: str
    url: str
    issuer: str
    jwks: dict[str, Any]
    """The document that the server would publish at ``jwks_path``."""
    jwks_path: str
    """The path of the key set, for a test that serves it over HTTP."""
    key_set: StaticKeySet
    """The same keys, to be passed as ``key_set``."""
    ginnel: Ginnel
    """A client that accepts this issuer's tokens."""
    async_ginnel: AsyncGinnel
    """The same for ``asyncio``."""
    _auth_origin: str
    _header: dict[str, str]
    _sign: Callable[[bytes], bytes] = field(repr=False)

    def token(
        self,
        *,
        user_id: str = "TestUser0000000000000000",
        expires_in: int = 3600,
        claims: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
    ) -> str:
        """An auth token signed with this issuer's key.

        :param expires_in: seconds from now until the token expires; negative for one that has
        :param claims: claims to add or to replace; ``OMIT`` as a value leaves one out
        :param header: the same for members of the header
        """
        now = int(_clock.now())
        # A token that has expired was issued before it did.
        issued_at = min(now, now + expires_in - 1)
        content: dict[str, Any] = {
            "iss": self.issuer,
            "aud": [self._auth_origin, self.app_id],
            "sub": user_id,
            "iat": issued_at,
            "nbf": issued_at - 5,
            "exp": now + expires_in,
            "sid": "TestSession0000000000000",
            "amr": ["swk", "user"],
            "auth_time": issued_at,
            **(claims or {}),
        }
        signed = f"{_encode({**self._header, **(header or {})})}.{_encode(content)}"
        return f"{signed}.{encode_base64url(self._sign(signed.encode()))}"


def create_test_issuer(
    *,
    app_id: str = "TestApplication000000000",
    url: str | None = None,
    algorithm: Algorithm = "RS256",
    auth_origin: str = "http://localhost:8080",
) -> TestIssuer:
    """Makes a stand-in with a fresh key. An RSA key takes some 100 ms: make one and share it among tests.

    :param url: where the server would run; default: as for ``Ginnel``
    :param auth_origin: the first entry of ``aud``
    """
    public, sign = _makers[algorithm]()
    kid = encode_base64url(secrets.token_bytes(18))
    jwks = {"keys": [{"alg": algorithm, "use": "sig", "kid": kid, **public}]}
    key_set = StaticKeySet(jwks)
    ginnel = Ginnel(app_id, url=url, key_set=key_set)
    return TestIssuer(
        app_id=app_id,
        url=ginnel.url,
        issuer=ginnel.issuer,
        jwks=jwks,
        jwks_path=f"/auth/v1/apps/{app_id}/.well-known/jwks.json",
        key_set=key_set,
        ginnel=ginnel,
        async_ginnel=AsyncGinnel(app_id, url=url, key_set=key_set),
        _auth_origin=auth_origin,
        _header={"alg": algorithm, "kid": kid, "typ": "JWT"},
        _sign=sign,
    )


def _make_rsa() -> tuple[dict[str, str], Callable[[bytes], bytes]]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    numbers = key.public_key().public_numbers()
    public = {"kty": "RSA", "n": _encode_number(numbers.n, 256), "e": _encode_number(numbers.e, 3)}
    return public, lambda data: key.sign(data, padding.PKCS1v15(), SHA256())


def _make_p256() -> tuple[dict[str, str], Callable[[bytes], bytes]]:
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    x, y = _encode_number(numbers.x, 32), _encode_number(numbers.y, 32)

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}, sign


def _make_ed25519() -> tuple[dict[str, str], Callable[[bytes], bytes]]:
    key = ed25519.Ed25519PrivateKey.generate()
    x = encode_base64url(key.public_key().public_bytes_raw())
    return {"kty": "OKP", "crv": "Ed25519", "x": x}, key.sign


_makers: dict[Algorithm, Callable[[], tuple[dict[str, str], Callable[[bytes], bytes]]]] = {
    "RS256": _make_rsa,
    "ES256": _make_p256,
    "EdDSA": _make_ed25519,
}


def _encode_number(number: int, length: int) -> str:
    return encode_base64url(number.to_bytes(length, "big"))


def _encode(members: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in members.items() if value is not OMIT}
    return encode_base64url(json.dumps(kept, separators=(",", ":")).encode())
