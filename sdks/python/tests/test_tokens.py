"""Tokens: what passes, and with which code the rest is refused. The shared vectors go further."""

import asyncio
import base64
import json
import pickle
from typing import Any

import pytest

from ginnel import Algorithm, Ginnel, GinnelError
from ginnel._tokens import largest_token
from ginnel.testing import OMIT, TestIssuer, create_test_issuer

from .support import Clock, refused


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_valid_token_gives_typed_claims(issuer: TestIssuer, clock: Clock) -> None:
    token = issuer.token(user_id="ada", expires_in=60, claims={"plan": "gold"})
    claims = issuer.ginnel.validate_token(token)
    assert (claims.sub, claims.iss, claims.aud) == (
        "ada",
        issuer.issuer,
        ("http://localhost:8080", issuer.app_id),
    )
    assert (claims.iat, claims.nbf, claims.exp) == (clock.time, clock.time - 5, clock.time + 60)
    assert (claims.sid, claims.amr) == ("TestSession0000000000000", ("swk", "user"))
    assert claims.auth_time == clock.time
    assert claims.raw["plan"] == "gold"
    assert asyncio.run(issuer.async_ginnel.validate_token(token)) == claims
    with pytest.raises(AttributeError):
        claims.sub = "eve"  # type: ignore[misc]
    with pytest.raises(TypeError):
        claims.raw["sub"] = "eve"  # type: ignore[index]


def test_what_a_claim_should_not_be_is_left_out_of_the_typed_ones(ec: TestIssuer) -> None:
    token = ec.token(claims={"sid": 7, "amr": "pwd", "auth_time": True, "aud": ec.app_id, "nbf": OMIT})
    claims = ec.ginnel.validate_token(token)
    assert (claims.sid, claims.amr, claims.auth_time, claims.nbf) == (None, None, None, None)
    assert claims.aud == (ec.app_id,)
    assert claims.raw["sid"] == 7


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"sub": OMIT}, "claim_missing"),
        ({"sub": ""}, "claim_missing"),
        ({"sub": 7}, "claim_missing"),
        ({"iss": OMIT}, "claim_missing"),
        ({"aud": {}}, "claim_missing"),
        ({"aud": ["a", 1]}, "claim_missing"),
        ({"iat": True}, "claim_missing"),
        ({"exp": "9999999999"}, "claim_missing"),
        ({"exp": float("1e308") * 10}, "claim_missing"),
        ({"exp": None}, "claim_missing"),
        ({"nbf": None}, "claim_missing"),
        ({"nbf": False}, "claim_missing"),
        ({"iss": "http://localhost:8400/auth/v1/apps/Another00000000000000000"}, "issuer_mismatch"),
        ({"aud": []}, "audience_mismatch"),
        ({"aud": ["http://localhost:8080"]}, "audience_mismatch"),
    ],
)
def test_claims_that_do_not_fit(ec: TestIssuer, claims: dict[str, Any], code: Any) -> None:
    with refused(code):
        ec.ginnel.validate_token(ec.token(claims=claims))


def test_times_have_a_leeway_of_five_seconds(ec: TestIssuer, clock: Clock) -> None:
    token = ec.token(expires_in=60)
    clock.tick(64)
    assert ec.ginnel.validate_token(token)
    clock.tick(1)
    with refused("token_expired"):
        ec.ginnel.validate_token(token)
    assert Ginnel(ec.app_id, key_set=ec.key_set, leeway=6).validate_token(token)
    clock.tick(-70)
    assert ec.ginnel.validate_token(token)
    clock.tick(-1)
    with refused("token_not_yet_valid"):
        ec.ginnel.validate_token(token)
    with refused("token_not_yet_valid"):
        ec.ginnel.validate_token(ec.token(claims={"nbf": clock.time + 6}))
    with refused("token_expired"):
        ec.ginnel.validate_token(ec.token(expires_in=-60))


def test_huge_numbers_are_numbers(ec: TestIssuer) -> None:
    assert ec.ginnel.validate_token(ec.token(claims={"exp": 10**299}))
    # JavaScript and Go read these as infinite, and Python's own reader refuses more than 4,300 digits.
    for digits in (400, 5000):
        content = json.dumps({"sub": "ada"})[:-1] + f', "exp": {"9" * digits}}}'
        with refused("claim_missing"):
            ec.ginnel.validate_token(sign(ec, content.encode()))


def sign(issuer: TestIssuer, content: bytes) -> str:
    """A token with a good signature over claims that need not be JSON."""
    signed = f"{issuer.token().split('.')[0]}.{encode(content)}"
    return f"{signed}.{encode(issuer._sign(signed.encode()))}"


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"x", b'{"sub": NaN}', b"\xef\xbb\xbf{}", b'{"sub": "\xff"}', b"[" * 3000],
)
def test_signed_claims_that_are_no_object(ec: TestIssuer, content: bytes) -> None:
    # An empty part is a token without three parts.
    with refused("claim_missing" if content else "token_malformed"):
        ec.ginnel.validate_token(sign(ec, content))


def test_signed_claims_that_are_not_base64url(ec: TestIssuer) -> None:
    for part in ("e30=", "e3 0", "e31", "e30\n"):
        signed = f"{ec.token().split('.')[0]}.{part}"
        with refused("claim_missing"):
            ec.ginnel.validate_token(f"{signed}.{encode(ec._sign(signed.encode()))}")


@pytest.mark.parametrize(
    "header",
    [
        {"crit": []},
        {"typ": "jwt"},
        {"typ": None},
        {"kid": OMIT},
        {"kid": ""},
        {"kid": 7},
    ],
)
def test_headers_that_ginnel_does_not_write(ec: TestIssuer, header: dict[str, Any]) -> None:
    with refused("token_malformed"):
        ec.ginnel.validate_token(ec.token(header=header))


def test_the_algorithm_is_ours_to_choose(rsa: TestIssuer, ec: TestIssuer) -> None:
    for alg in ("none", "HS256", "RS384", "rs256", None, ["RS256"], OMIT):
        with refused("algorithm_not_allowed"):
            rsa.ginnel.validate_token(rsa.token(header={"alg": alg}))
    with refused("algorithm_not_allowed"):
        rsa.ginnel.validate_token(rsa.token(header={"alg": "ES256"}))
    only_rsa: list[Algorithm] = ["RS256"]
    with refused("algorithm_not_allowed"):
        Ginnel(ec.app_id, key_set=ec.key_set, algorithms=only_rsa).validate_token(ec.token())


def test_no_key_is_taken_from_the_token(ec: TestIssuer) -> None:
    other = create_test_issuer(algorithm="ES256")
    key = other.jwks["keys"][0]
    with refused("key_unknown"):
        ec.ginnel.validate_token(other.token(header={"jwk": key, "jku": "http://evil.example/"}))
    with refused("signature_invalid"):
        kid = ec.jwks["keys"][0]["kid"]
        ec.ginnel.validate_token(other.token(header={"jwk": key, "kid": kid}))


def test_a_signature_that_does_not_fit(issuer: TestIssuer) -> None:
    header, claims, signature = issuer.token().split(".")
    other = issuer.token(user_id="eve").split(".")[1]
    for token in (
        f"{header}.{other}.{signature}",
        f"{header}.{claims}.",
        f"{header}.{claims}.{'A' * len(signature)}",
        f"{header}.{claims}.{signature[:40]}",
        f"{header}.é\udcff.{signature}",
    ):
        with refused("signature_invalid"):
            issuer.ginnel.validate_token(token)


def test_the_two_numbers_of_an_ecdsa_signature_have_their_full_length(ec: TestIssuer) -> None:
    header, claims, _ = ec.token().split(".")
    signature = ec._sign(f"{header}.{claims}".encode())
    r, s = signature[:32], signature[32:]
    assert ec.ginnel.validate_token(f"{header}.{claims}.{encode(r + s)}")
    for other in (r + b"\0" + s, b"\0" + r + s, r + s + b"\0", r + s[:31], r):
        with refused("signature_invalid"):
            ec.ginnel.validate_token(f"{header}.{claims}.{encode(other)}")


def test_what_is_no_token(ec: TestIssuer) -> None:
    header, claims, signature = ec.token().split(".")
    for token in (
        ".",
        "..",
        f"{header}.{claims}",
        f".{claims}.{signature}",
        f"{header}..{signature}",
        f"{header}.{claims}.{signature}.",
        f"{header}=.{claims}.{signature}",
        f" {header}.{claims}.{signature}",
        f"{header}.{claims}.{signature}\n",
        f"{header}.{claims}.{signature}==",
        f"{encode(b'[]')}.{claims}.{signature}",
        f"{encode(b'[' * 5000)}.{claims}.{signature}",
        f"{encode(json.dumps({'alg': 'ES256'}).encode('utf-16'))}.{claims}.{signature}",
    ):
        with refused("token_malformed"):
            ec.ginnel.validate_token(token)
    for value in (None, 7, b"a.b.c"):
        with refused("token_malformed"):
            ec.ginnel.validate_token(value)  # type: ignore[arg-type]
    with refused("token_missing"):
        ec.ginnel.validate_token("")
    with refused("token_malformed"):
        ec.ginnel.validate_token("x" * largest_token)
    with refused("token_oversize"):
        ec.ginnel.validate_token("x" * (largest_token + 1))


def test_errors_travel_between_processes(ec: TestIssuer) -> None:
    with pytest.raises(GinnelError) as caught:
        ec.ginnel.validate_token("")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.code, copy.status, str(copy)) == ("token_missing", 401, str(caught.value))
