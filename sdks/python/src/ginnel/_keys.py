"""Public keys as a key set publishes them (RFC 7517), turned into something that verifies. The key's
own ``alg`` decides which algorithm is used; a token never does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ._encoding import decode_base64url

Algorithm = Literal["RS256", "ES256", "EdDSA"]
"""The signature algorithms that Ginnel issues tokens with."""

known_algorithms: tuple[Algorithm, ...] = ("RS256", "ES256", "EdDSA")

Verify = Callable[[bytes, bytes], None]
"""Takes a signature and the signed data, and raises ``InvalidSignature`` if they do not fit."""


@dataclass(frozen=True)
class VerificationKey:
    """One public key, ready to verify."""

    kid: str
    algorithm: Algorithm
    _verify: Verify

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether this key made the signature over these bytes."""
        try:
            self._verify(signature, data)
        except InvalidSignature:
            return False
        return True


def read_key_set(document: object) -> dict[str, VerificationKey]:
    """The signing keys of a key set by their ``kid``. Keys for other purposes or of types we do not
    know are left out, as RFC 7517, section 5 asks. Raises ``ValueError`` with a message that
    completes the sentence "The key set …"."""
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, Sequence) or isinstance(entries, str | bytes):
        raise ValueError('is not an object with a list of "keys"')
    keys: dict[str, VerificationKey] = {}
    for entry in entries:
        key = _read_key(entry) if isinstance(entry, Mapping) else None
        if key is None:
            continue
        if key.kid in keys:
            raise ValueError(f'has two keys with the id "{key.kid}"')
        keys[key.kid] = key
    if not keys:
        raise ValueError("has no signing key of type RS256, ES256 or EdDSA with an id")
    return keys


def _read_key(jwk: Mapping[str, Any]) -> VerificationKey | None:
    kid = jwk.get("kid")
    algorithm = next((known for known in known_algorithms if known == jwk.get("alg")), None)
    if not isinstance(kid, str) or not kid or algorithm is None:
        return None
    if "use" in jwk and jwk["use"] != "sig":
        return None
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    try:
        verify = _readers[algorithm](jwk)
    except ValueError:
        # The members do not make a key: they are no base64url, or a point that is not on the curve.
        return None
    return verify and VerificationKey(kid, algorithm, verify)


def _read_rsa(jwk: Mapping[str, Any]) -> Verify | None:
    """RFC 7518, section 6.3.1: numbers without zeros in front. The modulus has 2048 to 8192 bits that
    fill its bytes, the exponent at most 31: what the libraries of all our SDKs take."""
    if jwk.get("kty") != "RSA" or "crv" in jwk:
        return None
    n, e = _member(jwk, "n"), _member(jwk, "e")
    modulus, exponent = int.from_bytes(n, "big"), int.from_bytes(e, "big")
    if not 256 <= len(n) <= 1024 or n[0] < 0x80 or modulus % 2 == 0:
        return None
    if e[:1] == b"\0" or exponent % 2 == 0 or not 3 <= exponent < 2**31:
        return None
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return lambda signature, data: key.verify(signature, data, padding.PKCS1v15(), SHA256())


def _read_p256(jwk: Mapping[str, Any]) -> Verify | None:
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        return None
    x, y = _member(jwk, "x"), _member(jwk, "y")
    # RFC 7518, section 6.2.1.2: coordinates have their full length.
    if len(x) != 32 or len(y) != 32:
        return None
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)

    def verify(signature: bytes, data: bytes) -> None:
        # RFC 7518, section 3.4: the two numbers side by side, where the library takes ASN.1.
        if len(signature) != 64:
            raise InvalidSignature
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        key.verify(encode_dss_signature(r, s), data, ec.ECDSA(SHA256()))

    return verify


def _read_ed25519(jwk: Mapping[str, Any]) -> Verify | None:
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519":
        return None
    return ed25519.Ed25519PublicKey.from_public_bytes(_member(jwk, "x")).verify


_readers: dict[Algorithm, Callable[[Mapping[str, Any]], Verify | None]] = {
    "RS256": _read_rsa,
    "ES256": _read_p256,
    "EdDSA": _read_ed25519,
}


def _member(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    data = decode_base64url(value) if isinstance(value, str) else None
    if data is None:
        raise ValueError(f'"{name}" is not base64url')
    return data
