"""How the middleware answers requests that do not pass: 401 to whoever is not signed in, and 503 while there
are no keys to check a sign-in with."""

import logging

from ._errors import GinnelError

logger = logging.getLogger("ginnel")

unavailable_sentence = "Sign-ins cannot be checked at the moment; try again in a minute."
"""What callers are told without keys. The error's own message names addresses of this server: for the log."""


def refusal_headers(error: GinnelError) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if error.status == 401:
        # RFC 6750, section 3.1: no error code when the request had no token at all.
        missing = error.code == "token_missing"
        headers["WWW-Authenticate"] = "Bearer" if missing else 'Bearer error="invalid_token"'
    return headers


def refusal_body(error: GinnelError) -> dict[str, str]:
    sentence = error.message if error.status == 401 else unavailable_sentence
    return {"code": error.code, "error": sentence}


def log_unavailable(error: GinnelError) -> None:
    """Tells the log why there are no keys. The one place that does, so that each request logs it once."""
    cause = f" ({error.__cause__!r})" if error.__cause__ else ""
    logger.error("%s: %s%s", error.code, error.message, cause)
