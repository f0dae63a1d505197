"""The clients: which application's tokens to accept, and from which server."""

from collections.abc import Sequence
from typing import Generic, TypeVar, cast

from ._fetch import Fetch, http_get
from ._key_sets import AsyncKeySet, KeySet, RemoteKeySet
from ._keys import Algorithm, known_algorithms
from ._options import (
    check_algorithms,
    check_app_id,
    check_issuer,
    check_leeway,
    configuration,
    find_url,
)
from ._requests import RequestLike, read_token
from ._tokens import Claims, Expectations, check_token, parse_token

AnyKeySet = TypeVar("AnyKeySet", KeySet, AsyncKeySet)


class _Client(Generic[AnyKeySet]):
    """What both clients share: everything but the waiting."""

    _find = "find"

    app_id: str
    url: str
    """Where Ginnel runs, without a slash at the end."""
    issuer: str
    """The issuer that tokens must name."""
    key_set: AnyKeySet
    """Where keys come from; another client of the same application may use it too."""

    def __init__(
        self,
        app_id: str,
        *,
        url: str | None = None,
        issuer: str | None = None,
        key_set: AnyKeySet | None = None,
        fetch: Fetch = http_get,
        leeway: float = 5,
        algorithms: Sequence[Algorithm] = known_algorithms,
    ) -> None:
        """Raises ``configuration`` when an option is wrong. Makes no request.

        :param app_id: the application's id, 24 letters and digits, as ``ginnel app create`` prints it
        :param url: where Ginnel runs; default: the variable ``GINNEL_URL``, else
            ``http://localhost:8400``
        :param issuer: the issuer that tokens must name; default: ``{url}/auth/v1/apps/{app_id}``.
            Needed when this server reaches Ginnel by another address than browsers do.
        :param key_set: where keys come from; default: the application's ``RemoteKeySet``
        :param fetch: the HTTP client of that key set; has no effect beside ``key_set``
        :param leeway: seconds by which this server's clock may differ from Ginnel's, 0 to 300
        :param algorithms: the signature algorithms to accept
        """
        self.app_id = check_app_id(app_id)
        self.url = find_url(url)
        api = f"{self.url}/auth/v1/apps/{self.app_id}"
        self.issuer = api if issuer is None else check_issuer(issuer)
        if key_set is None:
            remote = RemoteKeySet(f"{api}/.well-known/jwks.json", fetch=fetch)
            key_set = cast(AnyKeySet, remote)
        if not callable(getattr(key_set, self._find, None)):
            raise configuration(
                f"key_set must be a StaticKeySet or RemoteKeySet, or have their method `{self._find}`."
            )
        self.key_set = key_set
        self._expected = Expectations(
            app_id=self.app_id,
            issuer=self.issuer,
            algorithms=check_algorithms(algorithms),
            leeway=check_leeway(leeway),
        )


class Ginnel(_Client[KeySet]):
    """Checks the sign-ins of one application. Make one and keep it: it holds the keys. It may be
    shared by all threads.

    >>> ginnel = Ginnel(os.environ["GINNEL_APP_ID"])
    >>> user_id = ginnel.authenticate_request(request)
    """

    def authenticate_request(self, request: RequestLike) -> str:
        """The id of the user who sent this request: one of Flask, Werkzeug, Django or Starlette, its
        headers as a mapping, or a WSGI environment. The token is taken from ``Authorization: Bearer
        …`` when the request has it, else from the cookie ``psg_auth_token``. Raises
        ``GinnelError`` when the request is not a signed-in user's."""
        return self.validate_token(read_token(request)).sub

    def validate_token(self, token: str) -> Claims:
        """The claims of a valid auth token; raises ``GinnelError`` for every other."""
        unverified = parse_token(token, self._expected)
        return check_token(unverified, self.key_set.find(unverified.kid), self._expected)


class AsyncGinnel(_Client[AsyncKeySet]):
    """``Ginnel`` for ``asyncio``: the same, and waiting for keys does not block the event loop."""

    _find = "find_async"

    async def authenticate_request(self, request: RequestLike) -> str:
        """As ``Ginnel.authenticate_request``."""
        return (await self.validate_token(read_token(request))).sub

    async def validate_token(self, token: str) -> Claims:
        """As ``Ginnel.validate_token``."""
        unverified = parse_token(token, self._expected)
        key = await self.key_set.find_async(unverified.kid)
        return check_token(unverified, key, self._expected)
