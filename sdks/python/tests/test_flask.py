"""``ginnel.flask``: who passes, and how everybody else is answered."""

from typing import Any

import pytest
from flask import Blueprint, Flask, g, redirect
from werkzeug.exceptions import HTTPException

from ginnel import Ginnel, GinnelError
from ginnel.flask import check_user, require_user
from ginnel.testing import TestIssuer

from .support import KeyServer, check_log, check_unavailable, send, wrong_key_set


@pytest.fixture
def app() -> Flask:
    return Flask(__name__)


def get(app: Flask, path: str, token: str | None = None) -> Any:
    client = app.test_client()
    if token:
        client.set_cookie("psg_auth_token", token)
    return client.get(path)


def test_a_guarded_view(app: Flask, ec: TestIssuer) -> None:
    @app.get("/me/<path>")
    @require_user(ec.ginnel)
    def me(path: str) -> Any:
        return {"userID": g.ginnel_user_id, "path": path}

    @app.get("/later")
    @require_user(ec.ginnel)
    async def later() -> Any:
        return {"userID": g.ginnel_user_id}

    token = ec.token(user_id="ada")
    assert get(app, "/me/x", token).json == {"userID": "ada", "path": "x"}
    assert get(app, "/later", token).json == {"userID": "ada"}
    bearer = app.test_client().get("/me/x", headers={"Authorization": f"Bearer {token}"})
    assert bearer.json == {"userID": "ada", "path": "x"}

    missing = get(app, "/me/x")
    assert (missing.status_code, missing.json["code"]) == (401, "token_missing")
    assert missing.headers["WWW-Authenticate"] == "Bearer"
    assert missing.headers["Cache-Control"] == "no-store"
    expired = get(app, "/later", ec.token(expires_in=-60))
    assert expired.json["code"] == "token_expired"
    assert expired.json["error"].startswith("The auth token has expired")
    assert expired.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_guarded_blueprint(app: Flask, ec: TestIssuer) -> None:
    members = Blueprint("members", __name__)
    members.before_request(check_user(ec.ginnel))

    @members.get("/members")
    def show() -> Any:
        return g.ginnel_user_id

    @app.get("/")
    def home() -> Any:
        return "everybody"

    app.register_blueprint(members)
    assert get(app, "/members", ec.token(user_id="ada")).text == "ada"
    assert get(app, "/members").status_code == 401
    assert get(app, "/").text == "everybody"


def test_an_answer_of_your_own(app: Flask, ec: TestIssuer) -> None:
    def send_away(error: GinnelError) -> Any:
        return redirect(f"/?reason={error.code}")

    @app.get("/page")
    @require_user(ec.ginnel, on_refused=send_away)
    def page() -> Any:
        return "in"

    answer = get(app, "/page", "rubbish")
    assert (answer.status_code, answer.location) == (302, "/?reason=token_malformed")
    assert get(app, "/page", ec.token()).text == "in"


def test_a_hook_that_makes_no_answer_opens_no_door(app: Flask, ec: TestIssuer) -> None:
    told: list[str] = []

    def only_log(error: GinnelError) -> None:
        told.append(error.code)

    @app.get("/page")
    @require_user(ec.ginnel, on_refused=only_log)
    def page() -> Any:
        return "in"

    members = Blueprint("members", __name__)
    members.before_request(check_user(ec.ginnel, on_refused=only_log))
    members.add_url_rule("/members", view_func=lambda: "in")
    app.register_blueprint(members)
    for path in ("/page", "/members"):
        answer = get(app, path)
        assert (answer.status_code, answer.json["code"]) == (401, "token_missing")
        assert get(app, path, ec.token()).text == "in"
    assert told == ["token_missing"] * 2


def make_down(ec: TestIssuer, server: KeyServer) -> Ginnel:
    server.answer = send("no", 500)
    return Ginnel(ec.app_id, url=server.url)


def guard(app: Flask, ginnel: Ginnel) -> None:
    def never(error: GinnelError) -> Any:
        pytest.fail("this is not the caller's fault")

    @app.get("/page")
    @require_user(ginnel, on_refused=never)
    def page() -> Any:
        return "in"

    members = Blueprint("members", __name__)
    members.before_request(check_user(ginnel, on_refused=never))
    members.add_url_rule("/members", view_func=lambda: "in")
    app.register_blueprint(members)


@pytest.mark.parametrize("path", ["/page", "/members"])
@pytest.mark.parametrize("testing", [True, False])
def test_without_keys_the_answer_is_503(
    path: str, testing: bool, app: Flask, ec: TestIssuer, server: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    app.testing = testing
    guard(app, make_down(ec, server))
    answer = get(app, path, ec.token())
    check_unavailable(answer.status_code, answer.headers, answer.json, caplog)


@pytest.mark.parametrize("path", ["/page", "/members"])
@pytest.mark.parametrize("kind", [GinnelError, 503, HTTPException, Exception])
def test_without_keys_the_app_may_answer(
    path: str, kind: Any, app: Flask, ec: TestIssuer, server: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    def handle(error: Any) -> Any:
        return f"own page for {error.code}", 503

    app.register_error_handler(kind, handle)
    guard(app, make_down(ec, server))
    answer = get(app, path, ec.token())
    code = "keys_unavailable" if kind is GinnelError else 503
    assert (answer.status_code, answer.text) == (503, f"own page for {code}")
    check_log(caplog)


def test_without_keys_a_blueprint_may_answer(app: Flask, ec: TestIssuer, server: KeyServer) -> None:
    ginnel = make_down(ec, server)
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    outer.register_error_handler(GinnelError, lambda error: (error.code, 503))
    inner.before_request(check_user(ginnel))
    inner.add_url_rule("/inner", view_func=lambda: "in")
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    app.add_url_rule("/page", view_func=require_user(ginnel)(lambda: "in"))
    assert get(app, "/inner", ec.token()).text == "keys_unavailable"
    assert get(app, "/page", ec.token()).json["code"] == "keys_unavailable"


def test_a_wrong_option_is_500(app: Flask, ec: TestIssuer) -> None:
    guard(app, Ginnel(ec.app_id, key_set=wrong_key_set))
    assert get(app, "/page", ec.token()).status_code == 500
    assert get(app, "/members", ec.token()).status_code == 500
