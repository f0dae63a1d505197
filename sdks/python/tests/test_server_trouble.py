"""Servers that are down, slow, or answer what is no key set: nobody passes, in bounded time."""

import json
import socket
import threading
import time
from typing import Any

import pytest

from ginnel import Ginnel, RemoteKeySet
from ginnel.testing import TestIssuer

from .support import Clock, KeyServer, refused, send


def hang(handler: Any) -> None:
    handler.rfile.read(1)  # Nothing comes until the client hangs up.


def drip_head(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    drip(handler)


def drip_body(handler: Any) -> None:
    send(b"", 200, {"Content-Length": "60000"})(handler)
    drip(handler)


def drip(handler: Any) -> None:
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.01)


def hang_up(handler: Any) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def no_http(handler: Any) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")


def bad_chunks(handler: Any) -> None:
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"ke')


answers: dict[str, Any] = {
    "404": lambda key: send({}, 404),
    "429": lambda key: send({"keys": [key]}, 429),
    "500": lambda key: send({"keys": [key]}, 500),
    "201": lambda key: send({"keys": [key]}, 201),
    "204": lambda key: send("", 204),
    "a redirect": lambda key: send("", 302, {"Location": "/elsewhere"}),
    "a redirect with keys": lambda key: send({"keys": [key]}, 301, {"Location": "/elsewhere"}),
    "HTML": lambda key: send("<!doctype html><title>Welcome</title>"),
    "nothing": lambda key: send(""),
    "half": lambda key: send(json.dumps({"keys": [key]})[:-5]),
    "less than promised": lambda key: send({"keys": [key]}, headers={"Content-Length": "60000"}),
    "a byte order mark": lambda key: send(b"\xef\xbb\xbf" + json.dumps({"keys": [key]}).encode()),
    "UTF-16": lambda key: send(json.dumps({"keys": [key]}).encode("utf-16")),
    "no UTF-8": lambda key: send(b'{"\xff": 0, ' + json.dumps({"keys": [key]}).encode()[1:]),
    "NaN": lambda key: send({"keys": [key], "x": float("nan")}),
    "deep nesting": lambda key: send("[" * 30_000),
    "a list": lambda key: send([key]),
    "null": lambda key: send(None),
    "no keys": lambda key: send({"keys": []}),
    "keys that are none": lambda key: send({"keys": [None, 7, "x", [], {}]}),
    "keys in an object": lambda key: send({"keys": {"0": key}}),
    "keys of other kinds": lambda key: send(
        {
            "keys": [
                {**key, "alg": None},
                {**key, "alg": "RS256"},
                {**key, "alg": ["ES256"]},
                {**key, "use": "enc"},
                {**key, "use": None},
                {**key, "key_ops": ["sign"]},
                {**key, "crv": "P-384"},
                {**key, "kty": "RSA"},
                {**key, "kid": ""},
                {**key, "kid": 7},
                {**key, "x": 7},
                {**key, "x": "AA"},
                {**key, "x": key["y"], "y": key["x"]},
                {"kty": "oct", "alg": "HS256", "kid": "a", "k": "c2VjcmV0"},
                {"kty": "RSA", "alg": "RS256", "kid": "b", "n": "AQAB" * 32, "e": "AQAB"},
                {"kty": "RSA", "alg": "RS256", "kid": "c", "n": "AAAA" * 99 + "AQAB", "e": "AQAB"},
                {"kty": "OKP", "alg": "EdDSA", "kid": "d", "crv": "Ed25519", "x": "AAAA"},
            ]
        }
    ),
    "one key id twice": lambda key: send({"keys": [key, key]}),
    "too much": lambda key: send({"keys": [key], "x": "x" * 65_536}),
    "a broken connection": lambda key: hang_up,
    "another protocol": lambda key: no_http,
    "broken chunks": lambda key: bad_chunks,
}


@pytest.mark.parametrize("name", answers)
def test_nobody_passes_and_the_next_second_asks_again(
    name: str, server: KeyServer, clock: Clock, ec: TestIssuer
) -> None:
    server.answer = answers[name](ec.jwks["keys"][0])
    ginnel = Ginnel(ec.app_id, url=server.url)
    token = ec.token(claims={"iss": ginnel.issuer})
    for _ in range(2):
        with refused("keys_unavailable") as caught:
            ginnel.validate_token(token)
        assert caught.value.message.startswith(f"The keys at {server.url}/auth/v1/")
    assert server.requests == [ec.jwks_path]
    server.publish(ec)
    clock.tick(1)
    assert ginnel.validate_token(token)


@pytest.mark.parametrize("answer", [hang, drip_head, drip_body])
def test_a_slow_server_is_given_up(answer: Any, server: KeyServer, ec: TestIssuer) -> None:
    server.answer = answer
    keys = RemoteKeySet(f"{server.url}/jwks.json", timeout=0.05)
    with refused("keys_unavailable") as caught:
        Ginnel(ec.app_id, key_set=keys).validate_token(ec.token())
    assert caught.value.message.startswith("The keys at ")
    # Not only given up, but ended: no thread stays behind with the connection.
    for thread in threading.enumerate():
        if thread.name == "ginnel-fetch":
            thread.join()


def test_a_server_that_is_down(ec: TestIssuer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Bound and not listening: connections are refused.
        ginnel = Ginnel(ec.app_id, url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        with refused("keys_unavailable") as caught:
            ginnel.validate_token(ec.token())
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_a_server_without_tls_where_tls_is_expected(server: KeyServer, ec: TestIssuer) -> None:
    with refused("keys_unavailable"):
        Ginnel(ec.app_id, url=server.url.replace("http:", "https:")).validate_token(ec.token())
