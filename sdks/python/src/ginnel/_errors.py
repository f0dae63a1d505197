"""The one error of this package, with a code to branch on and a status to answer with."""

from typing import Literal

ErrorCode = Literal[
    "token_missing",
    "token_malformed",
    "token_oversize",
    "algorithm_not_allowed",
    "key_unknown",
    "signature_invalid",
    "token_expired",
    "token_not_yet_valid",
    "issuer_mismatch",
    "audience_mismatch",
    "claim_missing",
    "keys_unavailable",
    "configuration",
]
"""Why a request was not authenticated. The list is closed."""


class GinnelError(Exception):
    """Raised by everything in this package; there are no subclasses. The tree is one of codes:

    * 401, the caller has to sign in

      - the token is not there or not one of Ginnel's: ``token_missing``, ``token_malformed``,
        ``token_oversize``
      - this application's keys did not sign it: ``algorithm_not_allowed``, ``key_unknown``,
        ``signature_invalid``
      - it is not good now: ``token_expired``, ``token_not_yet_valid``
      - it is for somebody else: ``issuer_mismatch``, ``audience_mismatch``, ``claim_missing``

    * 503, ``keys_unavailable``: the keys to check the token with could not be fetched
    * 500, ``configuration``: this server is set up wrongly

    What was underneath, if anything, is in ``__cause__``.
    """

    code: ErrorCode
    """Why, as a name for programs."""

    status: Literal[401, 500, 503]
    """The HTTP status that fits."""

    message: str
    """A sentence that says what to do next. It may name addresses of this server: for the log."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        if code == "keys_unavailable":
            self.status = 503
        elif code == "configuration":
            self.status = 500
        else:
            self.status = 401

    def __reduce__(self) -> tuple[type["GinnelError"], tuple[ErrorCode, str]]:
        # Exceptions travel between processes (task queues), where the default passes the message alone.
        return type(self), (self.code, self.message)
