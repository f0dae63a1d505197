"""Where verification keys come from: a list in memory, or the server's key set over HTTP, kept and
refreshed. No thread lives longer than one fetch; a refresh is started by use. So a process that
forks after its start (gunicorn, uWSGI) has all it needs in each child."""

import asyncio
import contextlib
import os
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from . import _clock
from ._errors import GinnelError
from ._fetch import Fetch, Keys, Refusal, fetch_key_set, http_get, refuse
from ._keys import VerificationKey, read_key_set
from ._options import check_age, check_timeout, read_url


class KeySet(Protocol):
    """A source of verification keys for ``Ginnel``."""

    def find(self, kid: str) -> VerificationKey | None:
        """The key with this id, or ``None``. Raises ``keys_unavailable`` when that cannot be known."""


class AsyncKeySet(Protocol):
    """A source of verification keys for ``AsyncGinnel``."""

    async def find_async(self, kid: str) -> VerificationKey | None:
        """As ``KeySet.find``, without blocking the event loop."""


class StaticKeySet:
    """A fixed list of keys, for work without a network."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Takes a parsed key set document. Raises ``configuration`` when it is none."""
        try:
            self._keys = read_key_set(document)
        except ValueError as cause:
            message = (
                f"The key set {cause}; pass the JSON found at "
                "{url}/auth/v1/apps/{app_id}/.well-known/jwks.json."
            )
            raise GinnelError("configuration", message) from cause

    def find(self, kid: str) -> VerificationKey | None:
        return self._keys.get(kid)

    async def find_async(self, kid: str) -> VerificationKey | None:
        return self._keys.get(kid)


class RemoteKeySet:
    """The key set at an address, fetched at the first use, once for all who wait. Safe under threads,
    and one may serve a ``Ginnel`` and an ``AsyncGinnel``."""

    def __init__(
        self,
        url: str,
        *,
        refresh_after: float = 600,
        max_age: float = 86_400,
        cooldown: float = 30,
        timeout: float = 5,
        fetch: Fetch = http_get,
        on_error: Callable[[GinnelError], None] | None = None,
    ) -> None:
        """All times are in seconds, from 0 to ten years. Raises ``configuration`` when an option is wrong.

        :param refresh_after: age at which the keys are fetched again in the background, while the
            old ones stay in use
        :param max_age: age at which keys are no longer used, even if the server cannot be reached
        :param cooldown: shortest time between two fetches while there are keys to work with
        :param timeout: longest time that one fetch may take: above 0, at most 300
        :param fetch: called in place of the standard library's HTTP client
        :param on_error: told about each fetch that failed, those in the background included: the
            place to log it. Called in the thread of the fetch.
        """
        read_url(url, "The address of a key set")
        self._url = url
        self._refresh_after = check_age(refresh_after, "refresh_after")
        self._max_age = check_age(max_age, "max_age")
        self._cooldown = check_age(cooldown, "cooldown")
        self._timeout = check_timeout(timeout)
        self._fetch = fetch
        self._on_error = on_error
        self._keys: Keys | None = None
        self._loaded_at = 0.0
        self._attempted_at = 0.0
        self._failure: Refusal | None = None
        self._failed_at = 0.0
        self._forget_threads()
        _all.add(self)

    def _forget_threads(self) -> None:
        """Also called in the child after a fork, where the parent's threads do not exist."""
        self._lock = threading.Lock()
        self._pending: Future[Keys | Refusal] | None = None

    def find(self, kid: str) -> VerificationKey | None:
        """The key with this id, or ``None``. Raises ``keys_unavailable`` when that cannot be known."""
        found = self._look_up(kid)
        return _pick(found.result(), kid) if isinstance(found, Future) else found

    async def find_async(self, kid: str) -> VerificationKey | None:
        """As ``find``, without blocking the event loop (``asyncio``)."""
        found = self._look_up(kid)
        if isinstance(found, Future):
            return _pick(await asyncio.wrap_future(found), kid)
        return found

    def _look_up(self, kid: str) -> VerificationKey | Future[Keys | Refusal] | None:
        """The key, or the fetch to wait for. Everything that is decided here never waits."""
        now = _clock.now()
        with self._lock:
            failure = self._failure
            waits = failure and not _clock.is_due(self._failed_at, failure.wait, now)
            if self._keys is None or now - self._loaded_at >= self._max_age:
                if failure and waits:
                    raise failure.error()
                return self._load(now)
            may_fetch = not waits and _clock.is_due(self._attempted_at, self._cooldown, now)
            key = self._keys.get(kid)
            if key:
                if may_fetch and _clock.is_due(self._loaded_at, self._refresh_after, now):
                    # This request has its key, also when not even a thread can be had.
                    with contextlib.suppress(GinnelError):
                        self._load(now)
                return key
            if may_fetch or self._pending:
                return self._load(now)
            # The key may be a new one that could not be fetched: that is not the caller's fault.
            if failure:
                raise failure.error()
            return None

    def _load(self, now: float) -> Future[Keys | Refusal]:
        """Starts a fetch, or joins the one that is under way. Called with the lock held."""
        if self._pending:
            return self._pending
        future: Future[Keys | Refusal] = Future()
        # Running from the start, so that one waiting task that is cancelled does not cancel it for all.
        future.set_running_or_notify_cancel()
        thread = threading.Thread(target=self._run, args=[future], name="ginnel-key-set", daemon=True)
        try:
            thread.start()
        except RuntimeError as cause:
            message = "No thread could be started to fetch keys; check the limits of this process."
            self._failure, self._failed_at = Refusal(message, cause), now
            raise self._failure.error() from cause
        self._attempted_at = now
        self._pending = future
        return future

    def _run(self, future: Future[Keys | Refusal]) -> None:
        try:
            result = fetch_key_set(self._url, self._fetch, self._timeout)
        except BaseException as cause:
            # Whatever it was: callers wait for this thread, and must not wait for ever.
            result = refuse(self._url, "the fetch broke off", cause)
        now = _clock.now()
        with self._lock:
            self._pending = None
            if isinstance(result, Refusal):
                self._failure, self._failed_at = result, now
            else:
                self._failure = None
                self._keys, self._loaded_at = result, now
        try:
            if isinstance(result, Refusal) and self._on_error:
                self._on_error(result.error())
        finally:
            future.set_result(result)


def _pick(result: Keys | Refusal, kid: str) -> VerificationKey | None:
    if isinstance(result, Refusal):
        raise result.error()
    return result.get(kid)


_all: "weakref.WeakSet[RemoteKeySet]" = weakref.WeakSet()


def _after_fork() -> None:
    for key_set in _all:
        key_set._forget_threads()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_after_fork)
