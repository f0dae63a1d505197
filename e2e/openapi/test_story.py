"""What drawn requests seldom reach, told as stories, each of whose answers is as the description says."""

import requests
import schemathesis
from server import ROOT, Server

schema = schemathesis.openapi.from_path(ROOT / "docs/openapi.json")
APP = "/auth/v1/apps/{app_id}"


class Caller:
    """Calls operations of an app, and has each answer checked against its description."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.token = ""

    def __call__(self, status: int, method: str, path: str, body: object = None, **named: str):
        where = path.format(app_id=self.server.app_id, **named)
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        query = {name: value for name, value in named.items() if "{" + name + "}" not in path}
        answer = requests.request(
            method, self.server.url + where, params=query, json=body, headers=headers, timeout=30
        )
        assert answer.status_code == status, f"{method} {where}: {answer.status_code} {answer.text}"
        schema[path][method].validate_response(answer)
        return answer.json() if answer.content else None


def test_public_facts(server: Server) -> None:
    call = Caller(server)
    call(200, "GET", APP)
    call(200, "GET", APP + "/.well-known/jwks.json")
    call(200, "GET", APP + "/.well-known/openid-configuration")
    call(200, "GET", "/api/v1/apps/{app_id}")
    call(200, "GET", "/healthz")
    call(200, "GET", "/readyz")


def test_apps_on_telephones(server: Server) -> None:
    call = Caller(server)
    call(404, "GET", APP + "/.well-known/assetlinks.json")
    call(404, "GET", "/.well-known/apple-app-site-association")
    certificate = ":".join(["AB"] * 32)
    server.run(
        *("app", "update", server.app_id, "--add-android-app", f"com.example.app {certificate}"),
        *("--add-ios-app", "A1B2C3D4E5.com.example.app"),
    )
    server.wait_for_settings()
    for where in (APP, ""):
        call(200, "GET", where + "/.well-known/assetlinks.json")
        call(200, "GET", where + "/.well-known/apple-app-site-association")


def test_sign_up_and_sign_in(server: Server) -> None:
    call = Caller(server)
    grace = {"identifier": "grace@example.com"}
    assert call(200, "GET", APP + "/users", **grace) == {"user": None}
    call(201, "POST", APP + "/users", {**grace, "user_metadata": {"nickname": "Amazing"}})
    call(201, "POST", APP + "/users", grace)
    call(200, "POST", APP + "/register/webauthn/start", grace)
    call(200, "GET", APP + "/users", **grace)
    call(409, "POST", APP + "/login/webauthn/start", grace)
    call(200, "POST", APP + "/login/webauthn/start", {})

    asked = call(201, "POST", APP + "/register/magic-link", grace)["magic_link"]["id"]
    call(404, "POST", APP + "/magic-link/status", {"id": asked})
    secret = {"magic_link": server.secret_of("grace@example.com")}
    call(200, "POST", APP + "/magic-link/webauthn/new/start", secret)
    call(409, "POST", APP + "/magic-link/webauthn/login/start", secret)
    call(200, "PATCH", APP + "/magic-link/activate", secret)
    call(404, "PATCH", APP + "/magic-link/activate", secret)
    call(400, "POST", APP + "/users", grace)

    asked = call(201, "POST", APP + "/login/otp", grace)["otp_id"]
    code = server.code_of("grace@example.com")
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    call(400, "POST", APP + "/otp/activate", {"otp": wrong, "otp_id": asked})
    call(200, "POST", APP + "/otp/activate", {"otp": code, "otp_id": asked})
    call(200, "POST", APP + "/login/magic-link", grace)
    call(201, "POST", APP + "/register/otp", {"identifier": "+493012345678"})


def test_the_account(server: Server) -> None:
    call = Caller(server)
    first = server.sign_up("lovelace@example.com")
    call.token = first["auth_token"]
    me = APP + "/currentuser"
    call(200, "GET", me)
    call(200, "GET", me + "/devices")
    call(200, "POST", me + "/devices/start", {})
    call(404, "PATCH", me + "/devices/{device_id}", {"friendly_name": "Mine"}, device_id="none")
    call(200, "PATCH", me + "/user-metadata", {"user_metadata": {"nickname": "Countess"}})
    call(200, "GET", me + "/user-metadata")
    call(200, "GET", me + "/social-connections")
    call(404, "DELETE", me + "/social-connections/{provider}", provider="github")
    page = call(200, "GET", me + "/events", limit="1")
    call(200, "GET", me + "/events", before=page["next"])
    call(200, "PATCH", me + "/email", {"new_email": "countess@example.com"})
    call(200, "PATCH", me + "/phone", {"new_phone": "+493098765432"})
    call(204, "GET", APP + "/verify")
    server.sign_in("lovelace@example.com")
    sessions = call(200, "GET", me + "/sessions")["sessions"]
    other = next(session["id"] for session in sessions if not session["current"])
    call(200, "DELETE", me + "/sessions/{session_id}", session_id=other)
    call(200, "DELETE", me + "/sessions")
    token = {"refresh_token": first["refresh_token"]}
    token = {"refresh_token": call(201, "POST", APP + "/tokens", token)["auth_result"]["refresh_token"]}
    call(200, "DELETE", APP + "/tokens", **token)
    call(401, "POST", APP + "/tokens", token)
    call(401, "GET", me)


def test_a_test_app(server: Server) -> None:
    origin = "http://localhost:9090"
    answer = requests.post(
        server.url + "/api/v1/apps",
        json={"auth_origin": origin, "name": "Random"},
        headers={"origin": origin},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    schema["/api/v1/apps"]["POST"].validate_response(answer)
