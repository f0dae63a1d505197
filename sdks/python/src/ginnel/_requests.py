"""Finds the token in a request, whichever framework's it is."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

from ._errors import GinnelError

cookie_name = "psg_auth_token"
"""The cookie in which the browser keeps the auth token."""

whitespace = " \t"
"""What HTTP has (RFC 9110, section 5.6.3). Every other byte belongs to what it stands beside."""


@runtime_checkable
class _HasItems(Protocol):
    def items(self) -> Iterable[tuple[Any, Any]]: ...


class HasHeaders(Protocol):
    """A request of Flask, Werkzeug, Django, Starlette, FastAPI, aiohttp, ``http.server`` …"""

    @property
    def headers(self) -> _HasItems: ...


RequestLike = HasHeaders | Mapping[str, Any]
"""A request with its headers, the headers alone as a mapping, or a WSGI environment."""


def read_token(request: RequestLike) -> str:
    """The token of a request: from ``Authorization: Bearer …`` when the request has it, else from the
    cookie. Other schemes (a site behind Basic authentication) are none of our business. A Bearer
    header that is broken is refused; the cookie is then not looked at."""
    headers = _list_headers(request)
    authorization = ", ".join(_values(headers, "authorization"))
    if re.match(r"bearer([ \t]|\Z)", authorization, re.IGNORECASE):
        bearer = re.fullmatch(r"bearer +([^ \t,]+) *", authorization, re.IGNORECASE)
        if bearer:
            return bearer[1]
        raise GinnelError(
            "token_malformed",
            'The Authorization header must be "Bearer", a space and the auth token.',
        )
    token = _read_cookie("; ".join(_values(headers, "cookie")))
    if token:
        return token
    raise GinnelError(
        "token_missing",
        "The request has neither an Authorization header with a Bearer token nor the cookie "
        f"{cookie_name}; sign in first.",
    )


def _list_headers(request: RequestLike) -> list[tuple[Any, Any]]:
    # Looked for first: Starlette's request is a mapping, too, of something else.
    headers = getattr(request, "headers", None)
    if isinstance(headers, _HasItems):
        return list(headers.items())
    if not isinstance(request, Mapping):
        raise GinnelError("configuration", "authenticate_request takes the request itself, with its headers.")
    if "wsgi.version" not in request:
        return list(request.items())
    # PEP 3333: the headers are variables, among others that are not.
    names = {"HTTP_AUTHORIZATION": "authorization", "HTTP_COOKIE": "cookie"}
    return [(names[key], value) for key, value in request.items() if key in names]


def _values(headers: list[tuple[Any, Any]], name: str) -> list[str]:
    """The header's values: all of them, since a framework may give repeated ones singly."""
    values: list[str] = []
    for key, value in headers:
        if isinstance(key, str) and key.lower() == name:
            values += [value] if isinstance(value, str) else value
    return values


def _read_cookie(header: str) -> str | None:
    """The first cookie of our name that has a value, without the quotes it may stand in (RFC 6265,
    section 4.1.1)."""
    for pair in header.split(";"):
        name, _, value = pair.partition("=")
        if name.strip(whitespace) != cookie_name:
            continue
        value = value.strip(whitespace)
        if len(value) >= 2 and value[0] == value[-1] == '"':
            value = value[1:-1]
        if value:
            return value
    return None
