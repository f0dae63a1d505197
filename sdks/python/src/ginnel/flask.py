"""Lets only signed-in users pass in Flask: a decorator for one view, or a function for
``before_request`` of an app or a blueprint. Views find the user's id in ``g.ginnel_user_id``.

Without keys (``keys_unavailable``) the answer is 503 with ``{"code", "error"}``, or that of the app's error
handler for ``GinnelError`` or for 503; the logger ``ginnel`` is told why. A wrong option (``configuration``)
is raised as ``GinnelError``: 500, unless the app handles it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable

from ._client import Ginnel
from ._errors import GinnelError
from ._refusals import log_unavailable, refusal_body, refusal_headers, unavailable_sentence

OnRefused = Callable[[GinnelError], ResponseReturnValue | None]
"""Makes the answer to a request that is not a signed-in user's; ``None``: the usual 401."""

View = TypeVar("View", bound=Callable[..., Any])


def answer_unauthorized(error: GinnelError) -> ResponseReturnValue:
    """401 with ``{"code", "error"}``: the answer unless ``on_refused`` makes another."""
    return jsonify(refusal_body(error)), error.status, refusal_headers(error)


def check_user(
    ginnel: Ginnel, *, on_refused: OnRefused = answer_unauthorized
) -> Callable[[], ResponseReturnValue | None]:
    """A function for ``before_request``: all views behind it are for signed-in users.

    >>> blueprint.before_request(check_user(ginnel))
    """

    def check() -> ResponseReturnValue | None:
        try:
            g.ginnel_user_id = ginnel.authenticate_request(request)
        except GinnelError as error:
            if error.code == "keys_unavailable":
                log_unavailable(error)
                if not _has_handler():
                    raise _unavailable(error) from error
            if error.status != 401:
                raise
            answer = on_refused(error)
            # To Flask, None means: go on to the view. A hook that only logs opens no door.
            return answer_unauthorized(error) if answer is None else answer
        return None

    return check


def _has_handler() -> bool:
    """Whether the app, or the blueprint of this request, has an error handler for ``GinnelError``."""
    handlers = current_app.error_handler_spec
    return any(GinnelError in handlers[scope][None] for scope in (*request.blueprints, None))


def _unavailable(error: GinnelError) -> ServiceUnavailable:
    """An exception that the app may handle like every 503, and that is else an answer by itself."""
    response = jsonify(refusal_body(error))
    response.status_code = error.status
    response.headers.update(refusal_headers(error))
    return ServiceUnavailable(unavailable_sentence, response)


def require_user(ginnel: Ginnel, *, on_refused: OnRefused = answer_unauthorized) -> Callable[[View], View]:
    """A decorator for a view of signed-in users, below the one with the route.

    >>> @app.get("/api/me")
    ... @require_user(ginnel)
    ... def show_me():
    ...     return {"userID": g.ginnel_user_id}
    """
    check = check_user(ginnel, on_refused=on_refused)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*arguments: Any, **keywords: Any) -> Any:
            refusal = check()
            if refusal is not None:
                return refusal
            return current_app.ensure_sync(view)(*arguments, **keywords)

        return guarded  # type: ignore[return-value]  # it has the view's parameters

    return decorate
