"""``ginnel.fastapi``: who passes, and how everybody else is answered, in FastAPI and in Starlette."""

import pickle
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ginnel import AsyncGinnel, GinnelError
from ginnel.fastapi import RequireUser, UnavailableError, handle_refusals
from ginnel.testing import TestIssuer

from .support import KeyServer, check_log, check_unavailable, send, wrong_key_set


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


def make_down(ec: TestIssuer, server: KeyServer) -> RequireUser:
    async def never(request: Request, error: GinnelError) -> PlainTextResponse:
        pytest.fail("this is not the caller's fault")

    server.answer = send("no", 500)
    return RequireUser(AsyncGinnel(ec.app_id, url=server.url), on_refused=never)


async def test_without_keys_the_answer_is_503(
    ec: TestIssuer, server: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(make_down(ec, server))
    handle_refusals(app)
    for path in ("/me", "/sync"):
        answer = await get(app, path, ec.token())
        check_unavailable(answer.status_code, answer.headers, answer.json(), caplog)


async def test_without_keys_and_handle_refusals_the_framework_answers_503(
    ec: TestIssuer, server: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    require_user = make_down(ec, server)

    async def me(request: Request) -> PlainTextResponse:
        return PlainTextResponse(await require_user(request))

    for app in (make_app(require_user), Starlette(routes=[Route("/me", me)])):
        answer = await get(app, "/me", ec.token())
        assert answer.status_code == 503
        assert "Sign-ins cannot be checked" in answer.text
        assert server.url not in answer.text
        check_log(caplog)


@pytest.mark.parametrize("kind", [GinnelError, 503])
@pytest.mark.parametrize("first", [True, False])
async def test_without_keys_the_app_may_answer(
    kind: Any, first: bool, ec: TestIssuer, server: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def handle(request: Request, error: Exception) -> PlainTextResponse:
        assert isinstance(error, GinnelError)
        return PlainTextResponse(error.code, error.status)

    app = make_app(make_down(ec, server))
    if first:
        handle_refusals(app)
    app.add_exception_handler(kind, handle)
    if not first:
        handle_refusals(app)
    answer = await get(app, "/me", ec.token())
    assert (answer.status_code, answer.text) == (503, "keys_unavailable")
    check_log(caplog)


async def test_a_wrong_option_is_500(ec: TestIssuer) -> None:
    app = make_app(RequireUser(AsyncGinnel(ec.app_id, key_set=wrong_key_set)))
    assert (await get(app, "/me", ec.token())).status_code == 500
    app = make_app(RequireUser(AsyncGinnel(ec.app_id, key_set=wrong_key_set)))
    handle_refusals(app)
    assert (await get(app, "/me", ec.token())).status_code == 500


async def test_the_error_travels_between_processes() -> None:
    error = pickle.loads(pickle.dumps(UnavailableError("keys_unavailable", "Start it.")))
    assert (error.code, error.message, error.status_code) == ("keys_unavailable", "Start it.", 503)


async def visit(app: Any, token: str | None = None) -> list[Any]:
    """All that is said to a visitor who opens the WebSocket."""
    headers = [(b"cookie", f"psg_auth_token={token}".encode())] if token else []
    scope = {"type": "websocket", "path": "/socket", "query_string": b"", "headers": headers}
    said: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    return said


def make_socket_app(require_user: RequireUser) -> FastAPI:
    app = FastAPI()

    @app.websocket("/socket")
    async def greet(socket: WebSocket, user_id: Annotated[str, Depends(require_user)]) -> None:
        await socket.accept()
        await socket.send_text(f"hello {user_id}")
        await socket.close()

    return app


def make_starlette_socket_app(require_user: RequireUser) -> Starlette:
    async def greet(socket: WebSocket) -> None:
        user_id = await require_user(socket)
        await socket.accept()
        await socket.send_text(f"hello {user_id}")
        await socket.close()

    return Starlette(routes=[WebSocketRoute("/socket", greet)])


@pytest.mark.parametrize("make", [make_socket_app, make_starlette_socket_app])
@pytest.mark.parametrize("handled", [True, False])
async def test_a_guarded_websocket(
    make: Any, handled: bool, ec: TestIssuer, server: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    app = make(RequireUser(ec.async_ginnel))
    down = make(make_down(ec, server))
    if handled:
        handle_refusals(app)
        handle_refusals(down)
    accepted, greeting, _ = await visit(app, ec.token(user_id="ada"))
    assert (accepted["type"], greeting["text"]) == ("websocket.accept", "hello ada")
    for token, reason in [(None, "token_missing"), (ec.token(expires_in=-60), "token_expired")]:
        assert await visit(app, token) == [{"type": "websocket.close", "code": 1008, "reason": reason}]
    assert not [entry for entry in caplog.records if entry.name == "ginnel"]
    closed = {"type": "websocket.close", "code": 1013, "reason": "keys_unavailable"}
    assert await visit(down, ec.token()) == [closed]
    check_log(caplog)
