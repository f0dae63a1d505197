"""Lets only signed-in users pass in FastAPI and Starlette.

In FastAPI ``RequireUser`` is a dependency whose value is the user's id; in Starlette it is awaited with the
request or the WebSocket. It raises ``Refused``, an ``HTTPException`` with status 401; after
``handle_refusals(app)`` it is answered as every SDK of Ginnel does, or as ``on_refused`` says.

Without keys (``keys_unavailable``) it raises ``UnavailableError``, status 503, and tells the logger
``ginnel`` why; the app may have an exception handler for ``GinnelError`` or for 503. A wrong option
(``configuration``) is raised as ``GinnelError``: 500, unless the app handles it.

A WebSocket is closed instead, with code 1008 for 401 and 1013 ("try again later") for 503. Before it was
accepted, the browser sees a handshake that failed.
"""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException, WebSocketException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.status import WS_1008_POLICY_VIOLATION, WS_1013_TRY_AGAIN_LATER

from ._client import AsyncGinnel
from ._errors import ErrorCode, GinnelError
from ._refusals import log_unavailable, refusal_body, refusal_headers, unavailable_sentence

OnRefused = Callable[[Request, GinnelError], Awaitable[Response | None]]
"""Makes the answer to a request that is not a signed-in user's; ``None``: the usual 401."""


async def answer_unauthorized(request: Request, error: GinnelError) -> Response:
    """401 with ``{"code", "error"}``: the answer unless ``on_refused`` makes another."""
    return JSONResponse(refusal_body(error), error.status, refusal_headers(error))


class Refused(HTTPException):
    """This request is not a signed-in user's; ``error`` says why."""

    def __init__(self, error: GinnelError, on_refused: OnRefused) -> None:
        super().__init__(error.status, error.message, refusal_headers(error))
        self.error = error
        self.on_refused = on_refused


class UnavailableError(GinnelError, HTTPException):
    """There are no keys to check this request's token with."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        GinnelError.__init__(self, code, message)
        HTTPException.__init__(self, self.status, unavailable_sentence, refusal_headers(self))


class RequireUser:
    """Gives the id of the user who sent a request or opens a WebSocket, or raises ``Refused``.

    >>> UserID = Annotated[str, Depends(RequireUser(ginnel))]
    >>> @app.get("/api/me")
    ... async def show_me(user_id: UserID):
    ...     return {"userID": user_id}
    """

    def __init__(self, ginnel: AsyncGinnel, *, on_refused: OnRefused = answer_unauthorized) -> None:
        self._ginnel = ginnel
        self._on_refused = on_refused

    async def __call__(self, request: HTTPConnection) -> str:
        try:
            return await self._ginnel.authenticate_request(request)
        except GinnelError as error:
            if error.code == "keys_unavailable":
                log_unavailable(error)
            raise self._refuse(request, error) from error

    def _refuse(self, request: HTTPConnection, error: GinnelError) -> Exception:
        if error.code == "configuration":
            return error
        if request.scope["type"] == "websocket":
            passing = error.code == "keys_unavailable"
            return WebSocketException(
                WS_1013_TRY_AGAIN_LATER if passing else WS_1008_POLICY_VIOLATION, error.code
            )
        if error.code == "keys_unavailable":
            return UnavailableError(error.code, error.message)
        return Refused(error, self._on_refused)


def handle_refusals(app: Starlette) -> None:
    """Makes this app answer ``Refused`` as its ``on_refused`` says, and ``UnavailableError`` with ``{"code",
    "error"}`` unless the app has a handler for ``GinnelError`` or for 503, set before or after. Without this
    call the answers are the framework's own for an ``HTTPException``: 401 and 503, too, but with another
    body."""

    async def answer(request: Request, refused: Exception) -> Response:
        assert isinstance(refused, Refused)
        response = await refused.on_refused(request, refused.error)
        return await answer_unauthorized(request, refused.error) if response is None else response

    async def answer_unavailable(request: Request, error: Exception) -> Response:
        if not isinstance(error, UnavailableError):
            raise error
        return JSONResponse(refusal_body(error), error.status, refusal_headers(error))

    app.add_exception_handler(Refused, answer)
    # For the class of which the app's own handler may be, so that there is one of the two.
    app.exception_handlers.setdefault(GinnelError, answer_unavailable)
