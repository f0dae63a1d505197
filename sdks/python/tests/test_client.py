"""The options of a client: each wrong one is said at once, and none makes a request."""

from typing import Any

import pytest

from ginnel import AsyncGinnel, Ginnel, RemoteKeySet, StaticKeySet
from ginnel.testing import TestIssuer

from .support import KeyServer, refused

app_id = "abcdefghijklmnopqrstuvwx"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, "http://localhost:8400"),
        ("https://login.example.com", "https://login.example.com"),
        ("https://login.example.com/", "https://login.example.com"),
        ("https://LOGIN.example.com:443//", "https://login.example.com"),
        ("HTTP://localhost:80/a/b/", "http://localhost/a/b"),
        ("http://[::1]:8400", "http://[::1]:8400"),
    ],
)
def test_the_address_of_the_server(url: str | None, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ginnel = Ginnel(app_id, url=url)
    assert ginnel.url == expected
    assert ginnel.issuer == f"{expected}/auth/v1/apps/{app_id}"
    monkeypatch.setenv("GINNEL_URL", url or "")
    assert Ginnel(app_id).url == expected
    monkeypatch.setenv("GINNEL_URL", "http://elsewhere")
    assert AsyncGinnel(app_id, url=expected, issuer="i").issuer == "i"


@pytest.mark.parametrize("client", [Ginnel, AsyncGinnel])
@pytest.mark.parametrize(
    "options",
    [
        {"app_id": None},
        {"app_id": ""},
        {"app_id": app_id + "\n"},
        {"app_id": "../../../../../etc/passw"},
        {"app_id": "абвгдежзийклмнопрстуфхцч"},
        {"url": ""},
        {"url": 7},
        {"url": "localhost:8400"},
        {"url": "//localhost:8400"},
        {"url": "ftp://localhost"},
        {"url": "http://"},
        {"url": "http://user@localhost"},
        {"url": "http://localhost?app=1"},
        {"url": "http://localhost#x"},
        {"url": "http://localhost:port"},
        {"url": "http://[::1"},
        {"url": "http://local\nhost"},
        {"url": "http:\\\\localhost"},
        {"issuer": ""},
        {"issuer": 7},
        {"leeway": -1},
        {"leeway": 301},
        {"leeway": True},
        {"leeway": "5"},
        {"leeway": float("nan")},
        {"algorithms": []},
        {"algorithms": "RS256"},
        {"algorithms": ["HS256"]},
        {"algorithms": [["RS256"]]},
        {"key_set": {"keys": []}},
    ],
)
def test_wrong_options(client: Any, options: dict[str, Any]) -> None:
    with refused("configuration"):
        client(**{"app_id": app_id, **options})


@pytest.mark.parametrize("name", ["refresh_after", "max_age", "cooldown", "timeout"])
def test_wrong_options_of_a_key_set(name: str) -> None:
    most = 300 if name == "timeout" else 315_360_000
    for value in (-1, "5", None, True, float("inf"), float("nan"), most + 1, 1e10, 1e308):
        with refused("configuration"):
            RemoteKeySet("http://localhost/jwks.json", **{name: value})  # type: ignore[arg-type]
    RemoteKeySet("http://localhost/jwks.json", **{name: most})  # type: ignore[arg-type]
    with refused("configuration"):
        RemoteKeySet("localhost/jwks.json")


def test_a_fetch_without_any_time() -> None:
    with refused("configuration"):
        RemoteKeySet("http://localhost/jwks.json", timeout=0)


def test_nothing_is_asked_before_it_is_needed(server: KeyServer, ec: TestIssuer) -> None:
    ginnel = Ginnel(ec.app_id, url=server.url, issuer=ec.issuer)
    assert server.requests == []
    with refused("token_malformed"):
        ginnel.validate_token("x")
    assert server.requests == []
    assert ginnel.validate_token(ec.token())
    assert server.requests == [ec.jwks_path]


def test_a_key_set_that_is_none(ec: TestIssuer) -> None:
    keys = ec.jwks["keys"]
    documents: list[Any] = [
        None,
        [],
        {},
        {"keys": []},
        {"keys": "x"},
        {"keys": [None, 7]},
        {"keys": keys * 2},
    ]
    for document in documents:
        with refused("configuration"):
            StaticKeySet(document)
