"""Lets only signed-in users pass in Django: a decorator for one view, sync or async, or a middleware for
all. Views find the user's id in ``request.ginnel_user_id``. The client's options come from the settings:

>>> GINNEL = {"app_id": os.environ["GINNEL_APP_ID"]}

Without keys (``keys_unavailable``) the answer is 503 with ``{"code", "error"}``, or that of the view named
``handler503`` in the root URLconf, beside Django's ``handler404`` and called like it with ``(request,
exception)``; the logger ``ginnel`` is told why. A wrong option (``configuration``) is raised as
``GinnelError`` and goes to Django's error handling: 500 and the log.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.core.signals import setting_changed
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import get_callable, get_resolver, get_urlconf

from ._client import AsyncGinnel, Ginnel
from ._errors import GinnelError
from ._refusals import log_unavailable, refusal_body, refusal_headers

OnRefused = Callable[[HttpRequest, GinnelError], HttpResponseBase | None]
"""Makes the answer to a request that is not a signed-in user's; ``None``: the usual 401."""

View = TypeVar("View", bound=Callable[..., Any])


class UserRequest(HttpRequest):
    """For annotations: a request behind ``require_user`` or ``RequireUserMiddleware``."""

    ginnel_user_id: str


@lru_cache(maxsize=1)
def _clients() -> tuple[Ginnel, AsyncGinnel]:
    options = getattr(settings, "GINNEL", None)
    if not isinstance(options, dict):
        raise GinnelError(
            "configuration", 'Put GINNEL = {"app_id": …} into the settings: the options of a client.'
        )
    ginnel = Ginnel(**options)
    # One key set for both, so that keys are fetched once.
    return ginnel, AsyncGinnel(**{**options, "key_set": ginnel.key_set})


def get_client() -> Ginnel:
    """The client that the settings describe; made at the first call and kept."""
    return _clients()[0]


def get_async_client() -> AsyncGinnel:
    """The same for async views."""
    return _clients()[1]


def _forget_clients(*, setting: str, **_: object) -> None:
    if setting == "GINNEL":
        _clients.cache_clear()


# Sent by Django's override_settings.
setting_changed.connect(_forget_clients)


def answer_unauthorized(request: HttpRequest, error: GinnelError) -> HttpResponseBase:
    """401 with ``{"code", "error"}``: the answer unless ``on_refused`` makes another."""
    return _answer_json(error)


def _answer_json(error: GinnelError) -> HttpResponseBase:
    return JsonResponse(refusal_body(error), status=error.status, headers=refusal_headers(error))


# Async views call it in a thread, as Django calls its own handlers: a hook may ask the database.
def _refuse(request: HttpRequest, error: GinnelError, on_refused: OnRefused) -> HttpResponseBase:
    if error.code == "keys_unavailable":
        log_unavailable(error)
        return _answer_unavailable(request, error)
    if error.status != 401:
        raise error
    answer = on_refused(request, error)
    # To Django, None from a middleware means: go on to the view. A hook that only logs opens no door.
    return answer_unauthorized(request, error) if answer is None else answer


def _answer_unavailable(request: HttpRequest, error: GinnelError) -> HttpResponseBase:
    # Found as Django finds handler404. An import path is allowed, too.
    handler = getattr(get_resolver(get_urlconf()).urlconf_module, "handler503", None)
    if handler is None:
        return _answer_json(error)
    answer: HttpResponseBase | None = get_callable(handler)(request, exception=error)
    return _answer_json(error) if answer is None else answer


def require_user(*, on_refused: OnRefused = answer_unauthorized) -> Callable[[View], View]:
    """A decorator for a view of signed-in users.

    >>> @require_user()
    ... def show_me(request: UserRequest) -> HttpResponse:
    ...     return JsonResponse({"userID": request.ginnel_user_id})
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: UserRequest, *arguments: Any, **keywords: Any) -> Any:
            try:
                request.ginnel_user_id = get_client().authenticate_request(request)
            except GinnelError as error:
                return _refuse(request, error, on_refused)
            return view(request, *arguments, **keywords)

        @wraps(view)
        async def guarded_async(request: UserRequest, *arguments: Any, **keywords: Any) -> Any:
            try:
                request.ginnel_user_id = await get_async_client().authenticate_request(request)
            except GinnelError as error:
                return await sync_to_async(_refuse)(request, error, on_refused)
            return await view(request, *arguments, **keywords)

        return guarded_async if iscoroutinefunction(view) else guarded  # type: ignore[return-value]

    return decorate


def allow_anonymous(view: View) -> View:
    """A decorator for a view that ``RequireUserMiddleware`` lets everybody see."""
    view.ginnel_allow_anonymous = True  # type: ignore[attr-defined]
    return view


class RequireUserMiddleware:
    """Guards all views but those with ``@allow_anonymous``; what answers without a view (static files of
    another middleware, a path that leads nowhere) is not touched. A subclass may have its own
    ``on_refused``."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        _clients()  # Wrong settings are said at the start, not at the first visit.
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)
            self.process_view: Callable[..., Any] = self._process_view_async
        else:
            self.process_view = self._process_view

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def on_refused(self, request: HttpRequest, error: GinnelError) -> HttpResponseBase | None:
        """Makes the answer to a request that is not a signed-in user's; ``None``: the usual 401."""
        return answer_unauthorized(request, error)

    def _process_view(
        self, request: UserRequest, view: Any, arguments: Any, keywords: Any
    ) -> HttpResponseBase | None:
        if getattr(view, "ginnel_allow_anonymous", False):
            return None
        try:
            request.ginnel_user_id = get_client().authenticate_request(request)
        except GinnelError as error:
            return _refuse(request, error, self.on_refused)
        return None

    async def _process_view_async(
        self, request: UserRequest, view: Any, arguments: Any, keywords: Any
    ) -> HttpResponseBase | None:
        if getattr(view, "ginnel_allow_anonymous", False):
            return None
        try:
            request.ginnel_user_id = await get_async_client().authenticate_request(request)
        except GinnelError as error:
            return await sync_to_async(_refuse)(request, error, self.on_refused)
        return None
