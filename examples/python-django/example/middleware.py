"""What holds for every answer of the site."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ginnel.django import get_client


class SiteMiddleware:
    """Sets the headers of security."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        url = get_client().url
        # Scripts come from here and from Ginnel, and may talk to these two only.
        self.headers = {
            "Content-Security-Policy": (
                f"default-src 'self'; script-src 'self' {url}; connect-src 'self' {url}; "
                "style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
                "frame-ancestors 'none'"
            ),
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in self.headers.items():
            response.headers[name] = value
        return response
