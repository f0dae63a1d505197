"""The three examples over HTTP, each in a process of its own, with a stand-in for Ginnel that serves a key
set. What a browser sees of them is told by the tests in ``e2e/``."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from ginnel.testing import TestIssuer, create_test_issuer

from .support import KeyServer, send

examples = Path(__file__).parents[3] / "examples"
commands = {
    "python-flask": ["app.py"],
    "python-fastapi": ["app.py"],
    "python-django": ["manage.py", "runserver", "--noreload"],
}


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: str


class Site:
    def __init__(self, name: str, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, *commands[name]],
            cwd=examples / name,
            env={**os.environ, **environment, "PORT": str(self.port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait(self) -> None:
        while self.process.poll() is None:
            try:
                self.get("/")
                return
            except OSError:
                time.sleep(0.05)
        assert self.process.stdout
        pytest.fail(self.process.stdout.read())

    def get(self, path: str, token: str | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {"Cookie": f"theme=dark; psg_auth_token={token}"} if token else {}
        connection.request("GET", path, headers={**headers, "Host": f"localhost:{self.port}"})
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read().decode())
        connection.close()
        return answer

    def stop(self) -> str:
        self.process.terminate()
        return self.process.communicate()[0]


@pytest.fixture(scope="module", params=commands)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def keys() -> Iterator[KeyServer]:
    server = KeyServer(send("no", 500))
    yield server
    server.close()


@pytest.fixture(scope="module")
def issuer(keys: KeyServer) -> TestIssuer:
    return create_test_issuer(url=keys.url)


@pytest.fixture(scope="module")
def site(name: str, keys: KeyServer, issuer: TestIssuer) -> Iterator[Site]:
    keys.answer = send("no", 500)
    site = Site(name, {"GINNEL_APP_ID": issuer.app_id, "GINNEL_URL": keys.url})
    try:
        site.wait()
        unavailable_first(site, keys, issuer)
        yield site
    finally:
        printed = site.stop()
    assert f"Open http://localhost:{site.port}" in printed
    assert f"keys_unavailable: The keys at {keys.url}/" in printed


def unavailable_first(site: Site, keys: KeyServer, issuer: TestIssuer) -> None:
    """While there are no keys nobody passes; that is why it comes before all else."""
    page = site.get("/dashboard", issuer.token())
    assert (page.status, page.headers["Cache-Control"]) == (503, "no-store")
    assert "cannot be checked at the moment" in page.body
    assert keys.url not in page.body.replace(f'href="{keys.url}', ""), "the address is for the log"
    call = site.get("/api/me", issuer.token())
    assert call.status == 503
    assert "cannot be checked" in json.loads(call.body)["error"]
    keys.publish(issuer)
    while site.get("/api/me", issuer.token()).status == 503:
        time.sleep(0.05)


def test_the_dashboard_greets_the_user(site: Site, issuer: TestIssuer) -> None:
    page = site.get("/dashboard", issuer.token(user_id="ada"))
    assert page.status == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert 'Hello, <span id="name">ada</span>' in page.body
    assert f'<passage-passkey-table app-id="{issuer.app_id}"></passage-passkey-table>' in page.body
    assert f'<script src="{issuer.url}/elements/passkey-table.js"></script>' in page.body
    trick = site.get("/dashboard", issuer.token(user_id="<img src=x onerror=alert(1)>")).body
    assert "<img" not in trick
    assert "&lt;img" in trick


def test_the_dashboard_sends_everybody_else_away(site: Site, issuer: TestIssuer) -> None:
    foreign = create_test_issuer(url=issuer.url, algorithm="ES256")
    for token, reason in [
        (None, "token_missing"),
        ("rubbish", "token_malformed"),
        (issuer.token(expires_in=-60), "token_expired"),
        (foreign.token(), "key_unknown"),
    ]:
        away = site.get("/dashboard?tab=1&x=a%26b", token)
        assert away.status == 302
        assert away.headers["Cache-Control"] == "no-store"
        location = urlsplit(away.headers["Location"])
        assert (location.netloc, location.path) == ("", "/unauthorized")
        assert parse_qs(location.query) == {"return": ["/dashboard?tab=1&x=a%26b"], "reason": [reason]}
    away = site.get("/dashboard")
    assert away.headers["Location"] == "/unauthorized?return=%2Fdashboard&reason=token_missing"


def test_the_api_answers_401(site: Site, issuer: TestIssuer) -> None:
    me = site.get("/api/me", issuer.token(user_id="ada"))
    assert (me.status, json.loads(me.body)) == (200, {"userID": "ada"})
    assert me.headers["Cache-Control"] == "no-store"
    refused = site.get("/api/me", issuer.token(expires_in=-60))
    assert refused.status == 401
    assert json.loads(refused.body)["code"] == "token_expired"


def test_the_other_pages(site: Site, issuer: TestIssuer) -> None:
    login = site.get("/")
    assert f'<passage-auth app-id="{issuer.app_id}"></passage-auth>' in login.body
    assert f'<script src="{issuer.url}/web.js"></script>' in login.body
    assert f"script-src 'self' {issuer.url};" in login.headers["Content-Security-Policy"]
    unauthorized = site.get('/unauthorized?return=/"><script>&reason="><b>')
    assert unauthorized.status == 401
    assert unauthorized.headers["Cache-Control"] == "no-store"
    assert "<b>" not in unauthorized.body
    missing = site.get("/nothing")
    assert missing.status == 404
    assert "There is no such page." in missing.body
    for path in ("style.css", "dashboard.js", "unauthorized.js"):
        shared = (examples / "shared" / "public" / path).read_text("utf-8")
        assert site.get(f"/public/{path}").body == shared
    for trick in ("/public/../../python-flask/app.py", "/public/%2e%2e/README.md", "/public//etc/passwd"):
        assert site.get(trick).status in (301, 308, 400, 404)
    for answer in (login, unauthorized, missing):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", commands)
@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"GINNEL_APP_ID": ""}, "ginnel app create --name"),
        ({"GINNEL_APP_ID": "x" * 24, "GINNEL_URL": "localhost"}, "url (or GINNEL_URL) must be"),
    ],
)
def test_wrong_settings_end_with_a_sentence(name: str, environment: dict[str, str], sentence: str) -> None:
    site = Site(name, environment)
    printed = site.process.communicate()[0]
    assert site.process.returncode == 1
    assert sentence in printed
    assert "Traceback" not in printed
