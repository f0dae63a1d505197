"""The views: a login page, a dashboard for signed-in users, and the page for everybody who is not."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_control

from ginnel import Ginnel, GinnelError
from ginnel.django import UserRequest, get_client, require_user

no_store = cache_control(no_store=True)


def add_ginnel(request: HttpRequest) -> dict[str, Ginnel]:
    """A context processor: templates need the application's id and the server's address."""
    return {"ginnel": get_client()}


def show_login(request: HttpRequest) -> HttpResponse:
    return render(request, "login.html")


# [quickstart]
# A page: who is not signed in goes to the unauthorized page, which refreshes the token and comes back.
def send_to_unauthorized(request: HttpRequest, error: GinnelError) -> HttpResponse:
    query = urlencode({"return": request.get_full_path(), "reason": error.code})
    return HttpResponseRedirect(f"/unauthorized?{query}")


@no_store
@require_user(on_refused=send_to_unauthorized)
def show_dashboard(request: UserRequest) -> HttpResponse:
    return render(request, "dashboard.html", {"user_id": request.ginnel_user_id})


# A call by a script: 401 says it all.
@no_store
@require_user()
def show_me(request: UserRequest) -> HttpResponse:
    return JsonResponse({"userID": request.ginnel_user_id})


# [/quickstart]


@no_store
def show_unauthorized(request: HttpRequest) -> HttpResponse:
    return render(request, "unauthorized.html", status=401)


def show_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "error.html", {"sentence": "There is no such page."}, status=404)


def show_unavailable(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = "Sign-ins cannot be checked at the moment. Please try again in a minute."
    return answer_error(request, sentence, 503)


def show_failure(request: HttpRequest) -> HttpResponse:
    return answer_error(request, "Something went wrong on this server.", 500)


def answer_error(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse({"error": sentence}, status=status)
    else:
        response = render(request, "error.html", {"sentence": sentence}, status=status)
    patch_cache_control(response, no_store=True)
    return response
