"""One fetch of a key set, with limits on time and size. Whatever goes wrong (no connection, a redirect,
429, 500, HTML where JSON belongs) becomes one refusal, so that no failure can let a request through."""

import contextlib
import http.client
import queue
import re
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from ._encoding import parse_json
from ._errors import GinnelError
from ._keys import VerificationKey, read_key_set

largest_body = 64 * 1024
longest_retry_after = 60
wait_after_failure = 1
"""Seconds for which a failed fetch is remembered, so that not every request asks a server that is down."""


class HTTPAnswer(NamedTuple):
    """What is used of a server's answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Fetch = Callable[[str, float], HTTPAnswer]
"""Makes a GET request to an address, within so many seconds, without following redirects. It is
called in a thread of its own; what it raises counts as a failed fetch."""


@dataclass(frozen=True)
class Refusal:
    """Why there are no keys. An exception is made from it for each caller: one that is raised
    twice would collect the frames of both."""

    message: str
    cause: BaseException | None = None
    wait: float = wait_after_failure
    """Seconds until the server may be asked again."""

    def error(self) -> GinnelError:
        error = GinnelError("keys_unavailable", self.message)
        error.__cause__ = self.cause
        return error


Keys = dict[str, VerificationKey]


def fetch_key_set(url: str, fetch: Fetch, timeout: float) -> Keys | Refusal:
    """Fetches and reads a key set; ``timeout`` in seconds covers the whole of it."""
    results: queue.SimpleQueue[Keys | Refusal] = queue.SimpleQueue()

    def work() -> None:
        try:
            results.put(_read_answer(url, fetch(url, timeout)))
        except BaseException as cause:  # A fetch of the app's own may raise SystemExit.
            results.put(refuse(url, "no answer came", cause))

    # In a thread, because nothing in the standard library can stop a look-up of a host's name.
    try:
        threading.Thread(target=work, name="ginnel-fetch", daemon=True).start()
        return results.get(timeout=timeout)
    except queue.Empty:
        return refuse(url, f"no answer came within {timeout:g} seconds")
    except RuntimeError as cause:
        return refuse(url, "no thread could be started", cause)


def http_get(url: str, timeout: float) -> HTTPAnswer:
    """The ``Fetch`` of the standard library: a new connection each time, no redirects, no proxy."""
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    connection_class = http.client.HTTPSConnection if tls else http.client.HTTPConnection
    connection = connection_class(parts.hostname or "", parts.port, timeout=timeout)
    connection.connect()
    # A server that sends one byte now and then never meets the time limit of a socket.
    end = threading.Timer(timeout, _shut_down, [connection.sock])
    end.daemon = True
    end.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"Accept": "application/json"})
        with connection.getresponse() as response:
            body = response.read(largest_body + 1) if response.status == 200 else b""
            if response.status == 200 and len(body) <= largest_body and response.length:
                raise http.client.IncompleteRead(body, response.length)
            return HTTPAnswer(response.status, dict(response.getheaders()), body)
    finally:
        end.cancel()
        connection.close()


def _shut_down(connection: socket.socket) -> None:
    # An error says that it is closed already. The method is the plain socket's, because that of TLS sockets
    # is not made for another thread.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _read_answer(url: str, answer: HTTPAnswer) -> Keys | Refusal:
    if answer.status != 200:
        wait = _retry_after(answer.headers)
        return refuse(url, f"the answer was {answer.status}", wait=wait)
    if len(answer.body) > largest_body:
        return refuse(url, f"the answer was larger than {largest_body} bytes")
    try:
        document = parse_json(answer.body)
    except ValueError as cause:
        return refuse(url, "the answer was not JSON", cause)
    try:
        return read_key_set(document)
    except ValueError as cause:
        return refuse(url, f"the answer {cause}", cause)


def _retry_after(headers: Mapping[str, str]) -> float:
    """The wait that the server asks for, in seconds; only the number form, and at most a minute."""
    for name, value in headers.items():
        digits = value.strip(" \t")
        if name.lower() == "retry-after" and re.fullmatch("[0-9]+", digits):
            # Python refuses to read a number of thousands of digits.
            return min(float(digits), longest_retry_after)
    return wait_after_failure


def refuse(
    url: str, reason: str, cause: BaseException | None = None, wait: float = wait_after_failure
) -> Refusal:
    """The refusal that names the address and the reason."""
    message = (
        f"The keys at {url} could not be fetched: {reason}. Check that Ginnel runs there "
        "and that the application exists, or set GINNEL_URL."
    )
    return Refusal(message, cause, wait)
