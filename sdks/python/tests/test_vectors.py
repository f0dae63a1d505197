"""The vectors of ``sdks/vectors``, which every SDK judges alike; its README says what they mean."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request as StarletteRequest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request as WerkzeugRequest

from ginnel import AsyncGinnel, Ginnel, HTTPAnswer, RemoteKeySet, StaticKeySet

from .support import Clock, KeyServer, refused, send

folder = Path(__file__).parents[2] / "vectors"
Case = dict[str, Any]


def read(file: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / file).read_text("utf-8"))
    return document


def each(file: str) -> pytest.MarkDecorator:
    """Runs a test for each case of a file, under the case's name."""
    cases = [pytest.param(case, id=case["name"]) for case in read(file)["cases"]]
    return pytest.mark.parametrize("case", cases)


def make_clients(document: dict[str, Any], key_set: Any, **options: Any) -> tuple[Ginnel, AsyncGinnel]:
    options |= {"key_set": key_set, "issuer": document["issuer"], "leeway": document["leeway"]}
    return Ginnel(document["app_id"], **options), AsyncGinnel(document["app_id"], **options)


class Tokens:
    """Both files of tokens have the same form."""

    def __init__(self, file: str) -> None:
        self.document = read(file)
        self.key_sets = {name: StaticKeySet(value) for name, value in self.document["key_sets"].items()}

    def judge(self, case: Case, clock: Clock) -> None:
        clock.time = self.document["now"]
        options = {"algorithms": case["algorithms"]} if "algorithms" in case else {}
        ginnel, twin = make_clients(self.document, self.key_sets[case["key_set"]], **options)
        if "error" in case:
            with refused(case["error"]):
                ginnel.validate_token(case["token"])
            with refused(case["error"]):
                asyncio.run(twin.validate_token(case["token"]))
            return
        claims = ginnel.validate_token(case["token"])
        assert {name: claims.raw[name] for name in case["valid"]} == case["valid"]
        assert claims.sub == claims.raw["sub"]
        assert asyncio.run(twin.validate_token(case["token"])) == claims


tokens = Tokens("tokens.json")
wycheproof = Tokens("wycheproof-jws.json")


@each("tokens.json")
def test_tokens(case: Case, clock: Clock) -> None:
    tokens.judge(case, clock)


@each("wycheproof-jws.json")
def test_wycheproof(case: Case, clock: Clock) -> None:
    wycheproof.judge(case, clock)


@each("key-sets.json")
def test_key_sets(case: Case) -> None:
    body = case["body"]
    try:
        document = json.loads(body)
    except ValueError:
        document = body  # No JSON: the text itself is what somebody might pass.
    remote = RemoteKeySet(
        "http://ginnel.test/", fetch=lambda url, timeout: HTTPAnswer(200, {}, body.encode("utf-8"))
    )
    if "error" in case:
        with refused("configuration"):
            StaticKeySet(document)
        with refused("keys_unavailable"):
            remote.find("good")
        return
    mentioned = {key["kid"] for key in document["keys"] if isinstance(key, dict) and "kid" in key}
    asked = {kid for kid in mentioned if isinstance(kid, str)} | {*case["kids"], "", "nobody"}
    for key_set in (StaticKeySet(document), remote):
        assert {kid for kid in asked if key_set.find(kid)} == set(case["kids"])
        assert all(key.kid == kid for kid in case["kids"] if (key := key_set.find(kid)))


good_body = read("answers.json")["cases"][0]["body"]


def make_answer(case: Case) -> Any:
    """What the server does at the address asked for; others give the good key set."""

    def answer(handler: Any) -> None:
        behaviour = case.get("behaviour")
        if handler.path != "/jwks.json":
            send(good_body)(handler)
        elif behaviour == "close":
            handler.connection.shutdown(socket.SHUT_RDWR)
        elif behaviour == "hang":
            handler.rfile.read(1)
        elif behaviour == "drip":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
            while True:
                handler.wfile.write(b" ")
                time.sleep(0.05)
        else:
            repeat = case.get("body_repeat", {"text": "", "times": 0})
            body = case["body"] + repeat["text"] * repeat["times"]
            send(body, case["status"], case["headers"])(handler)

    return answer


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port at which nobody listens: bound, and no more."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@each("answers.json")
def test_answers(case: Case, server: KeyServer, clock: Clock, unused_port: int) -> None:
    server.answer = make_answer(case)
    url = f"http://127.0.0.1:{unused_port}" if case.get("behaviour") == "refuse" else server.url
    timeout = 0.3 if case.get("behaviour") in ("hang", "drip") else 5
    keys = RemoteKeySet(f"{url}/jwks.json", timeout=timeout)
    if case["error"] is None:
        assert keys.find("eddsa-current")
        return
    with refused(case["error"]):
        keys.find("eddsa-current")
    if "retry_after" in case:
        clock.tick(case["retry_after"] - 0.001)
        with refused(case["error"]):
            keys.find("eddsa-current")
        assert server.requests == ["/jwks.json"]
        clock.tick(0.001)
        with refused(case["error"]):
            keys.find("eddsa-current")
        assert server.requests == ["/jwks.json"] * 2


def as_mapping(headers: list[list[str]]) -> Any:
    """Names as they were sent, and lists for what was sent twice."""
    fields: dict[str, list[str]] = {}
    for name, value in headers:
        fields.setdefault(name, []).append(value)
    return fields


def as_starlette(headers: list[list[str]]) -> Any:
    raw = [(name.lower().encode(), value.encode("utf-8")) for name, value in headers]
    return StarletteRequest({"type": "http", "headers": raw})


def as_wsgi(headers: list[list[str]]) -> Any:
    """As servers hand it over: repeated headers joined, bytes as characters."""
    environ = EnvironBuilder().get_environ()
    for name, value in headers:
        variable = "HTTP_" + name.upper().replace("-", "_")
        separator = "; " if variable == "HTTP_COOKIE" else ","
        text = value.encode("utf-8").decode("latin-1")
        environ[variable] = f"{environ[variable]}{separator}{text}" if variable in environ else text
    return environ


def as_werkzeug(headers: list[list[str]]) -> Any:
    return WerkzeugRequest(as_wsgi(headers))


requests = read("requests.json")
client, async_client = make_clients(requests, StaticKeySet(requests["key_set"]))


@pytest.mark.parametrize("shape", [as_mapping, as_starlette, as_wsgi, as_werkzeug])
@each("requests.json")
def test_requests(case: Case, shape: Any, clock: Clock) -> None:
    clock.time = requests["now"]
    request = shape(case["headers"])
    if "error" in case:
        with refused(case["error"]):
            client.authenticate_request(request)
        with refused(case["error"]):
            asyncio.run(async_client.authenticate_request(request))
    else:
        assert client.authenticate_request(request) == case["sub"]
        assert asyncio.run(async_client.authenticate_request(request)) == case["sub"]


@each("options.json")
@pytest.mark.parametrize("make", [Ginnel, AsyncGinnel])
def test_options(case: Case, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in case.get("env", {}).items():
        monkeypatch.setenv(name, value)

    def fetch(url: str, timeout: float) -> HTTPAnswer:
        pytest.fail("no request may be made")

    if "error" in case:
        with refused(case["error"]):
            make(**case["options"], fetch=fetch)
    else:
        assert make(**case["options"], fetch=fetch).issuer == case["issuer"]
