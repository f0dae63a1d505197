"""``ginnel.flask``: who passes, and how everybody else is answered."""

from typing import Any

import pytest
from flask import Blueprint, Flask, g, redirect

from ginnel import Ginnel, GinnelError
from ginnel.flask import check_user, require_user
from ginnel.testing import TestIssuer

from .support import KeyServer, send


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


def test_keys_that_cannot_be_had_let_nobody_pass(ec: TestIssuer, server: KeyServer) -> None:
    server.answer = send("no", 500)
    ginnel = Ginnel(ec.app_id, url=server.url)

    def never(error: GinnelError) -> Any:
        pytest.fail("this is not the caller's fault")

    def handle(error: GinnelError) -> Any:
        return error.code, error.status

    bare, handled = Flask("bare"), Flask("handled")
    handled.register_error_handler(GinnelError, handle)
    for app in (bare, handled):

        @app.get("/page")
        @require_user(ginnel, on_refused=never)
        def page() -> Any:
            return "in"

    assert get(bare, "/page", ec.token()).status_code == 500
    answer = get(handled, "/page", ec.token())
    assert (answer.status_code, answer.text) == (503, "keys_unavailable")
