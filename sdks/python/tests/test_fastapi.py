"""``ginnel.fastapi``: who passes, and how everybody else is answered, in FastAPI and in Starlette."""

from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route

from ginnel import AsyncGinnel, GinnelError
from ginnel.fastapi import RequireUser, handle_refusals
from ginnel.testing import TestIssuer

from .support import KeyServer, send


async def get(app: Any, path: str, token: str | None = None) -> httpx.Response:
    headers = {"Cookie": f"theme=dark; psg_auth_token={token}"} if token else {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://site.test") as client:
        return await client.get(path, headers=headers)


pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def make_app(require_user: RequireUser) -> FastAPI:
    app = FastAPI()

    @app.get("/me")
    async def me(user_id: Annotated[str, Depends(require_user)]) -> dict[str, str]:
        return {"userID": user_id}

    @app.get("/sync", dependencies=[Depends(require_user)])
    def sync() -> str:
        return "in"

    return app


async def test_a_guarded_route(ec: TestIssuer) -> None:
    app = make_app(RequireUser(ec.async_ginnel))
    handle_refusals(app)
    token = ec.token(user_id="ada")
    assert (await get(app, "/me", token)).json() == {"userID": "ada"}
    assert (await get(app, "/sync", token)).json() == "in"

    missing = await get(app, "/me")
    assert (missing.status_code, missing.json()["code"]) == (401, "token_missing")
    assert missing.headers["www-authenticate"] == "Bearer"
    assert missing.headers["cache-control"] == "no-store"
    expired = await get(app, "/sync", ec.token(expires_in=-60))
    assert (expired.status_code, expired.json()["code"]) == (401, "token_expired")
    assert expired.json()["error"].startswith("The auth token has expired")
    assert expired.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_without_handle_refusals_the_framework_answers_401(ec: TestIssuer) -> None:
    answer = await get(make_app(RequireUser(ec.async_ginnel)), "/me")
    assert answer.status_code == 401
    assert answer.json()["detail"].endswith("sign in first.")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_an_answer_of_your_own(ec: TestIssuer) -> None:
    async def send_away(request: Request, error: GinnelError) -> RedirectResponse:
        return RedirectResponse(f"/?from={request.url.path}&reason={error.code}")

    app = make_app(RequireUser(ec.async_ginnel, on_refused=send_away))
    handle_refusals(app)
    answer = await get(app, "/me", "rubbish")
    assert (answer.status_code, answer.headers["location"]) == (307, "/?from=/me&reason=token_malformed")


async def test_a_hook_that_makes_no_answer_opens_no_door(ec: TestIssuer) -> None:
    told: list[str] = []

    async def only_log(request: Request, error: GinnelError) -> None:
        told.append(error.code)

    app = make_app(RequireUser(ec.async_ginnel, on_refused=only_log))
    handle_refusals(app)
    for path in ("/me", "/sync"):
        answer = await get(app, path)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
    assert told == ["token_missing"] * 2


async def test_starlette(ec: TestIssuer) -> None:
    require_user = RequireUser(ec.async_ginnel)

    async def me(request: Request) -> PlainTextResponse:
        return PlainTextResponse(await require_user(request))

    app = Starlette(routes=[Route("/me", me)])
    assert (await get(app, "/me", ec.token(user_id="ada"))).text == "ada"
    assert (await get(app, "/me")).status_code == 401
    handle_refusals(app)
    assert (await get(Starlette(routes=[Route("/me", me)]), "/me")).status_code == 401


async def test_keys_that_cannot_be_had_let_nobody_pass(ec: TestIssuer, server: KeyServer) -> None:
    async def never(request: Request, error: GinnelError) -> PlainTextResponse:
        pytest.fail("this is not the caller's fault")

    server.answer = send("no", 500)
    require_user = RequireUser(AsyncGinnel(ec.app_id, url=server.url), on_refused=never)
    app = make_app(require_user)
    handle_refusals(app)
    assert (await get(app, "/me", ec.token())).status_code == 500

    app = make_app(require_user)

    @app.exception_handler(GinnelError)
    async def handle(request: Request, error: GinnelError) -> PlainTextResponse:
        return PlainTextResponse(error.code, error.status)

    answer = await get(app, "/me", ec.token())
    assert (answer.status_code, answer.text) == (503, "keys_unavailable")
