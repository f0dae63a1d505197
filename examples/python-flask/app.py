"""The app: a login page, a dashboard for signed-in users, and the page for everybody who is not."""

import os
import sys
from pathlib import Path
from urllib.parse import urlencode

from dotenv import load_dotenv
from flask import Flask, Response, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from ginnel import Ginnel, GinnelError
from ginnel.flask import require_user

NO_STORE = {"Cache-Control": "no-store"}


def create_app(ginnel: Ginnel) -> Flask:
    shared = Path(__file__).parent.parent / "shared" / "public"
    app = Flask(__name__, static_folder=shared, static_url_path="/public")
    app.jinja_env.globals["ginnel"] = ginnel

    @app.after_request
    def set_headers(response: Response) -> Response:
        # Scripts come from here and from Ginnel, and may talk to these two only.
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' {ginnel.url}; connect-src 'self' {ginnel.url}; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.get("/")
    def show_login() -> ResponseReturnValue:
        return render_template("login.html")

    # A page: who is not signed in goes to the unauthorized page, which refreshes the token and comes back.
    def send_to_unauthorized(error: GinnelError) -> ResponseReturnValue:
        query = urlencode({"return": request.full_path.removesuffix("?"), "reason": error.code})
        response = redirect(f"/unauthorized?{query}")
        response.headers.update(NO_STORE)
        return response

    @app.get("/dashboard")
    @require_user(ginnel, on_refused=send_to_unauthorized)
    def show_dashboard() -> ResponseReturnValue:
        return render_template("dashboard.html", user_id=g.ginnel_user_id), NO_STORE

    # A call by a script: 401 says it all.
    @app.get("/api/me")
    @require_user(ginnel)
    def show_me() -> ResponseReturnValue:
        return {"userID": g.ginnel_user_id}, NO_STORE

    @app.get("/unauthorized")
    def show_unauthorized() -> ResponseReturnValue:
        return render_template("unauthorized.html"), 401, NO_STORE

    @app.errorhandler(404)
    def show_not_found(error: Exception) -> ResponseReturnValue:
        return render_template("error.html", sentence="There is no such page."), 404

    @app.errorhandler(503)
    def show_unavailable(error: Exception) -> ResponseReturnValue:
        return answer_error("Sign-ins cannot be checked at the moment. Please try again in a minute.", 503)

    @app.errorhandler(500)
    def show_failure(error: Exception) -> ResponseReturnValue:
        return answer_error("Something went wrong on this server.", 500)

    def answer_error(sentence: str, status: int) -> ResponseReturnValue:
        if request.path.startswith("/api/"):
            return {"error": sentence}, status, NO_STORE
        return render_template("error.html", sentence=sentence), status, NO_STORE

    return app


def main() -> None:
    load_dotenv()
    port = os.environ.get("PORT") or "8080"
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        sys.exit(f'PORT is "{port}"; set it to a number such as 8080 in .env.')
    try:
        ginnel = Ginnel(os.environ.get("GINNEL_APP_ID", ""))
    except GinnelError as error:
        sys.exit(
            f"{error}\n"
            "Make an application where Ginnel was started, and put its id into .env as GINNEL_APP_ID:\n"
            '  ginnel app create --name "Flask example" '
            f"--auth-origin http://localhost:{port} --redirect-url /dashboard"
        )
    server = make_server("127.0.0.1", int(port), create_app(ginnel), threaded=True)
    print(f"Open http://localhost:{server.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
