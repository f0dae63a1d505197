"""The app: a login page, a dashboard for signed-in users, and the page for everybody who is not."""

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import uvicorn
from dotenv import load_dotenv
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

# [quickstart client]
from ginnel import AsyncGinnel, GinnelError
from ginnel.fastapi import RequireUser, handle_refusals

# [/quickstart]

HERE = Path(__file__).parent
NO_STORE = {"Cache-Control": "no-store"}


def create_app(ginnel: AsyncGinnel) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.mount("/public", StaticFiles(directory=HERE.parent / "shared" / "public"))
    templates = Jinja2Templates(HERE / "templates")
    templates.env.globals["ginnel"] = ginnel

    @app.middleware("http")
    async def set_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        # Scripts come from here and from Ginnel, and may talk to these two only.
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' {ginnel.url}; connect-src 'self' {ginnel.url}; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.get("/", response_class=HTMLResponse)
    async def show_login(request: Request) -> Response:
        return templates.TemplateResponse(request, "login.html")

    # [quickstart]
    # A page: who is not signed in goes to the unauthorized page, which refreshes the token and comes back.
    async def send_to_unauthorized(request: Request, error: GinnelError) -> Response:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        query = urlencode({"return": path, "reason": error.code})
        return RedirectResponse(f"/unauthorized?{query}", 302, NO_STORE)

    handle_refusals(app)
    page_user = RequireUser(ginnel, on_refused=send_to_unauthorized)
    api_user = RequireUser(ginnel)

    @app.get("/dashboard")
    async def show_dashboard(request: Request, user_id: Annotated[str, Depends(page_user)]) -> Response:
        context = {"user_id": user_id}
        return templates.TemplateResponse(request, "dashboard.html", context, headers=NO_STORE)

    # A call by a script: 401 says it all.
    @app.get("/api/me")
    async def show_me(user_id: Annotated[str, Depends(api_user)]) -> Response:
        return JSONResponse({"userID": user_id}, headers=NO_STORE)

    # [/quickstart]

    @app.get("/unauthorized")
    async def show_unauthorized(request: Request) -> Response:
        return templates.TemplateResponse(request, "unauthorized.html", None, 401, NO_STORE)

    @app.exception_handler(404)
    async def show_not_found(request: Request, error: HTTPException) -> Response:
        context = {"sentence": "There is no such page."}
        return templates.TemplateResponse(request, "error.html", context, 404)

    @app.exception_handler(503)
    async def show_unavailable(request: Request, error: HTTPException) -> Response:
        sentence = "Sign-ins cannot be checked at the moment. Please try again in a minute."
        return answer_error(request, sentence, 503)

    @app.exception_handler(Exception)
    async def show_failure(request: Request, error: Exception) -> Response:
        return answer_error(request, "Something went wrong on this server.", 500)

    def answer_error(request: Request, sentence: str, status: int) -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": sentence}, status, NO_STORE)
        context = {"sentence": sentence}
        return templates.TemplateResponse(request, "error.html", context, status, NO_STORE)

    return app


def main() -> None:
    load_dotenv()
    port = os.environ.get("PORT") or "8080"
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        sys.exit(f'PORT is "{port}"; set it to a number such as 8080 in .env.')
    try:
        # [quickstart client]
        ginnel = AsyncGinnel(os.environ.get("GINNEL_APP_ID", ""))
        # [/quickstart]
    except GinnelError as error:
        sys.exit(
            f"{error}\n"
            "Make an application where Ginnel was started, and put its id into .env as GINNEL_APP_ID:\n"
            '  ginnel app create --name "FastAPI example" '
            f"--auth-origin http://localhost:{port} --redirect-url /dashboard"
        )
    print(f"Open http://localhost:{port}", flush=True)
    uvicorn.run(create_app(ginnel), host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
