"""Lets only signed-in users pass in Flask: a decorator for one view, or a function for
``before_request`` of an app or a blueprint. Views find the user's id in ``g.ginnel_user_id``.

What is not the caller's fault (``keys_unavailable``, ``configuration``) is raised as ``GinnelError`` and
goes to the app's error handler for it; without one Flask answers 500 and logs it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import current_app, g, jsonify, request
from flask.typing import ResponseReturnValue

from ._client import Ginnel
from ._errors import GinnelError
from ._refusals import refusal_body, refusal_headers

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
            if error.status != 401:
                raise
            answer = on_refused(error)
            # To Flask, None means: go on to the view. A hook that only logs opens no door.
            return answer_unauthorized(error) if answer is None else answer
        return None

    return check


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
