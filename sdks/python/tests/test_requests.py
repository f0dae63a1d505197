"""Where the token is looked for, in the requests of each framework."""

from email.message import Message
from typing import Any

import pytest
from django.test import RequestFactory
from starlette.requests import Request as StarletteRequest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request as WerkzeugRequest

from ginnel._requests import read_token

from .support import refused


def plain(headers: dict[str, str]) -> Any:
    return headers


def mapping_in_capitals(headers: dict[str, str]) -> Any:
    return {name.upper(): value for name, value in headers.items()}


def wsgi(headers: dict[str, str]) -> Any:
    return EnvironBuilder(headers=list(headers.items())).get_environ()


def werkzeug(headers: dict[str, str]) -> Any:
    return WerkzeugRequest(wsgi(headers))


def django(headers: dict[str, str]) -> Any:
    return RequestFactory().get("/", headers=headers)


def starlette(headers: dict[str, str]) -> Any:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return StarletteRequest({"type": "http", "headers": raw})


def http_server(headers: dict[str, str]) -> Any:
    message = Message()
    for name, value in headers.items():
        message[name] = value

    class Handler:
        headers = message

    return Handler()


makers = [plain, mapping_in_capitals, wsgi, werkzeug, django, starlette, http_server]


@pytest.mark.parametrize("make", makers)
@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Authorization": "Bearer a.b.c"}, "a.b.c"),
        ({"Authorization": "bearer   a.b.c "}, "a.b.c"),
        ({"Authorization": "Bearer a.b.c", "Cookie": "psg_auth_token=d"}, "a.b.c"),
        ({"Authorization": "Basic eDp5", "Cookie": "psg_auth_token=d"}, "d"),
        ({"Authorization": "Bearerish x", "Cookie": "psg_auth_token=d"}, "d"),
        ({"Cookie": 'theme=dark; psg_auth_token="a.b.c"; x=y'}, "a.b.c"),
        ({"Cookie": "psg_auth_token=; psg_auth_token=d; psg_auth_token=e"}, "d"),
        ({"Cookie": 'psg_auth_token=""; psg_auth_token = d'}, "d"),
        ({"Cookie": "psg_auth_token=a=b"}, "a=b"),
    ],
)
def test_the_token_is_found(make: Any, headers: dict[str, str], token: str) -> None:
    assert read_token(make(headers)) == token


@pytest.mark.parametrize("make", makers)
def test_the_token_is_missing_or_broken(make: Any) -> None:
    for cookie in ("", "x=y", "psg_auth_token", "psg_auth_token=", "Psg_Auth_Token=a", "xpsg_auth_token=a"):
        with refused("token_missing"):
            read_token(make({"Cookie": cookie}))
    with refused("token_missing"):
        read_token(make({}))
    for value in ("Bearer", "Bearer a b", "bearer a,b", "Bearer a, Bearer b"):
        with refused("token_malformed"):
            read_token(make({"Authorization": value, "Cookie": "psg_auth_token=d"}))


def test_repeated_headers() -> None:
    raw = [(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")]
    with refused("token_malformed"):
        read_token(StarletteRequest({"type": "http", "headers": raw}))
    # HTTP/2 may send each cookie in a header of its own.
    raw = [(b"cookie", b"x=y"), (b"cookie", b"psg_auth_token=d")]
    assert read_token(StarletteRequest({"type": "http", "headers": raw})) == "d"
    assert read_token({"cookie": ["x=y", "psg_auth_token=d"]}) == "d"


def test_what_is_no_request() -> None:
    for value in (None, "Bearer a.b.c", 7, object()):
        with refused("configuration"):
            read_token(value)  # type: ignore[arg-type]
