"""How the middleware answers a request that is not a signed-in user's."""

from ._errors import GinnelError


def refusal_headers(error: GinnelError) -> dict[str, str]:
    # RFC 6750, section 3.1: no error code when the request had no token at all.
    challenge = "Bearer" if error.code == "token_missing" else 'Bearer error="invalid_token"'
    return {"Cache-Control": "no-store", "WWW-Authenticate": challenge}


def refusal_body(error: GinnelError) -> dict[str, str]:
    return {"code": error.code, "error": error.message}
