"""Lets only signed-in users pass in FastAPI and Starlette.

In FastAPI ``RequireUser`` is a dependency whose value is the user's id; in Starlette it is awaited with the
request. It raises ``Refused``, an ``HTTPException`` with status 401; after ``handle_refusals(app)`` it is
answered as every SDK of Ginnel does, or as ``on_refused`` says.

What is not the caller's fault (``keys_unavailable``, ``configuration``) is raised as ``GinnelError`` and
goes to the app's exception handler for it; without one the answer is 500 and it is logged.
"""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ._client import AsyncGinnel
from ._errors import GinnelError
from ._refusals import refusal_body, refusal_headers

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


class RequireUser:
    """Gives the id of the user who sent a request, or raises ``Refused``.

    >>> UserID = Annotated[str, Depends(RequireUser(ginnel))]
    >>> @app.get("/api/me")
    ... async def show_me(user_id: UserID):
    ...     return {"userID": user_id}
    """

    def __init__(self, ginnel: AsyncGinnel, *, on_refused: OnRefused = answer_unauthorized) -> None:
        self._ginnel = ginnel
        self._on_refused = on_refused

    async def __call__(self, request: Request) -> str:
        try:
            return await self._ginnel.authenticate_request(request)
        except GinnelError as error:
            if error.status != 401:
                raise
            raise Refused(error, self._on_refused) from error


def handle_refusals(app: Starlette) -> None:
    """Makes this app answer ``Refused`` as its ``on_refused`` says. Without this call the answer is the
    framework's own for an ``HTTPException``: 401, too, but with another body."""

    async def answer(request: Request, refused: Exception) -> Response:
        assert isinstance(refused, Refused)
        response = await refused.on_refused(request, refused.error)
        return await answer_unauthorized(request, refused.error) if response is None else response

    app.add_exception_handler(Refused, answer)
