"""``ginnel.django``: who passes, and how everybody else is answered, in sync and async views."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from ginnel import GinnelError
from ginnel.django import (
    RequireUserMiddleware,
    UserRequest,
    allow_anonymous,
    get_client,
    require_user,
)
from ginnel.testing import TestIssuer

from .support import KeyServer, check_log, check_unavailable, refused, send, wrong_key_set


def send_away(request: HttpRequest, error: GinnelError) -> HttpResponse:
    return HttpResponseRedirect(f"/?from={request.path}&reason={error.code}")


@require_user()
def me(request: UserRequest) -> HttpResponse:
    return HttpResponse(request.ginnel_user_id)


@require_user()
async def me_async(request: UserRequest) -> HttpResponse:
    return HttpResponse(request.ginnel_user_id)


@require_user(on_refused=send_away)
def page(request: UserRequest, number: int) -> HttpResponse:
    return HttpResponse(f"{request.ginnel_user_id} {number}")


def only_log(request: HttpRequest, exception: Exception) -> None:
    """A hook that makes no answer."""


@require_user(on_refused=only_log)
def logged(request: UserRequest) -> HttpResponse:
    return HttpResponse(request.ginnel_user_id)


@require_user(on_refused=only_log)
async def logged_async(request: UserRequest) -> HttpResponse:
    return HttpResponse(request.ginnel_user_id)


def plain(request: UserRequest) -> HttpResponse:
    return HttpResponse(getattr(request, "ginnel_user_id", "nobody"))


@allow_anonymous
def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("everybody")


def lost(request: HttpRequest) -> HttpResponse:
    raise Http404


urlpatterns = [
    path("me", me),
    path("me-async", me_async),
    path("page/<int:number>", page),
    path("logged", logged),
    path("logged-async", logged_async),
    path("plain", plain),
    path("", home),
    path("lost", lost),
]


class SendAway(RequireUserMiddleware):
    def on_refused(self, request: HttpRequest, error: GinnelError) -> HttpResponse:
        return send_away(request, error)


class OnlyLog(RequireUserMiddleware):
    def on_refused(self, request: HttpRequest, error: GinnelError) -> None:
        return only_log(request, error)


class OwnHandler:
    """A URLconf with an answer of its own."""

    urlpatterns = urlpatterns

    def __init__(self, handler503: Any) -> None:
        self.handler503 = handler503


def show_unavailable(request: HttpRequest, exception: Exception) -> HttpResponse:
    # As Django's own handlers it may block, in async views as well.
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    assert isinstance(exception, GinnelError)
    return HttpResponse(f"own page for {exception.code}", status=exception.status)


@pytest.fixture(autouse=True)
def _settings(ec: TestIssuer) -> Iterator[None]:
    options = {"app_id": ec.app_id, "key_set": ec.key_set}
    with override_settings(GINNEL=options, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"]):
        yield


def get_sync(path: str, token: str | None = None) -> Any:
    client = Client(raise_request_exception=False)
    if token:
        client.cookies["psg_auth_token"] = token
    return client.get(path)


def get_async(path: str, token: str | None = None) -> Any:
    async def get() -> Any:
        client = AsyncClient(raise_request_exception=False)
        if token:
            client.cookies["psg_auth_token"] = token
        return await client.get(path)

    return asyncio.run(get())


get_both = pytest.mark.parametrize("get", [get_sync, get_async])


@get_both
@pytest.mark.parametrize("path", ["/me", "/me-async"])
def test_a_guarded_view(path: str, get: Any, ec: TestIssuer) -> None:
    assert get(path, ec.token(user_id="ada")).content == b"ada"
    missing = get(path)
    assert (missing.status_code, missing.json()["code"]) == (401, "token_missing")
    assert missing.headers["WWW-Authenticate"] == "Bearer"
    assert missing.headers["Cache-Control"] == "no-store"
    expired = get(path, ec.token(expires_in=-60))
    assert (expired.status_code, expired.json()["code"]) == (401, "token_expired")
    assert expired.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_an_answer_of_your_own(ec: TestIssuer) -> None:
    answer = get_sync("/page/7", "rubbish")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/?from=/page/7&reason=token_malformed")
    assert get_sync("/page/7", ec.token(user_id="ada")).content == b"ada 7"


@get_both
def test_the_middleware_guards_all_but_what_is_marked(get: Any, ec: TestIssuer) -> None:
    assert get("/plain").content == b"nobody"
    with override_settings(MIDDLEWARE=["ginnel.django.RequireUserMiddleware"]):
        assert get("/plain", ec.token(user_id="ada")).content == b"ada"
        assert get("/plain").json()["code"] == "token_missing"
        assert get("/lost").status_code == 401
        assert get("/lost", ec.token()).status_code == 404
        assert get("/nothing").status_code == 404
        assert get("/").content == b"everybody"
    with override_settings(MIDDLEWARE=[f"{__name__}.SendAway"]):
        assert get("/plain").headers["Location"] == "/?from=/plain&reason=token_missing"


@get_both
@pytest.mark.parametrize("path", ["/logged", "/logged-async", "/plain"])
def test_a_hook_that_makes_no_answer_opens_no_door(path: str, get: Any, ec: TestIssuer) -> None:
    guard = [f"{__name__}.OnlyLog"] if path == "/plain" else []
    with override_settings(MIDDLEWARE=guard):
        answer = get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
        assert get(path, ec.token(user_id="ada")).content == b"ada"


guarded_paths = pytest.mark.parametrize("path", ["/me", "/me-async", "/page/7", "/plain"])


def guard(path: str, **options: Any) -> Any:
    middleware = ["ginnel.django.RequireUserMiddleware"] if path == "/plain" else []
    return override_settings(MIDDLEWARE=middleware, **options)


@get_both
@guarded_paths
def test_without_keys_the_answer_is_503(
    path: str, get: Any, ec: TestIssuer, server: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer = send("no", 500)
    with guard(path, GINNEL={"app_id": ec.app_id, "url": server.url}):
        answer = get(path, ec.token())
        check_unavailable(answer.status_code, answer.headers, answer.json(), caplog)
        for handler in (show_unavailable, f"{__name__}.show_unavailable"):
            with override_settings(ROOT_URLCONF=OwnHandler(handler)):
                answer = get(path, ec.token())
            assert (answer.status_code, answer.content) == (503, b"own page for keys_unavailable")
            check_log(caplog)
        with override_settings(ROOT_URLCONF=OwnHandler(only_log)):
            answer = get(path, ec.token())
        check_unavailable(answer.status_code, answer.headers, answer.json(), caplog)
    assert len(server.requests) == 1, "both clients have the same keys"


@get_both
@guarded_paths
def test_a_wrong_option_is_500(path: str, get: Any, ec: TestIssuer) -> None:
    with guard(path, GINNEL={"app_id": ec.app_id, "key_set": wrong_key_set}):
        assert get(path, ec.token()).status_code == 500


def test_both_clients_fetch_keys_once(ec: TestIssuer, server: KeyServer) -> None:
    with override_settings(GINNEL={"app_id": ec.app_id, "url": server.url, "issuer": ec.issuer}):
        assert get_sync("/me", ec.token()).status_code == 200
        assert get_sync("/me-async", ec.token()).status_code == 200
    assert len(server.requests) == 1


def test_wrong_settings(ec: TestIssuer) -> None:
    for options in (None, {"app_id": "x"}):
        with override_settings(GINNEL=options):
            with refused("configuration"):
                get_client()
            with refused("configuration"):
                RequireUserMiddleware(plain)  # type: ignore[arg-type]
    with override_settings(GINNEL={"app_id": ec.app_id, "leeway": 9}):
        assert get_client().app_id == ec.app_id
