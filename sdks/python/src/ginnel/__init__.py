"""Checks Ginnel's sign-ins in a Python back end: is this request a signed-in user's, and whose?

Middleware is in ``ginnel.flask``, ``ginnel.fastapi`` and ``ginnel.django``, tokens for an application's
own tests in ``ginnel.testing``.
"""

from ._client import AsyncGinnel, Ginnel
from ._errors import ErrorCode, GinnelError
from ._fetch import Fetch, HTTPAnswer
from ._key_sets import AsyncKeySet, KeySet, RemoteKeySet, StaticKeySet
from ._keys import Algorithm, VerificationKey
from ._requests import HasHeaders, RequestLike
from ._tokens import Claims

__all__ = [
    "Algorithm",
    "AsyncGinnel",
    "AsyncKeySet",
    "Claims",
    "ErrorCode",
    "Fetch",
    "Ginnel",
    "GinnelError",
    "HTTPAnswer",
    "HasHeaders",
    "KeySet",
    "RemoteKeySet",
    "RequestLike",
    "StaticKeySet",
    "VerificationKey",
]
