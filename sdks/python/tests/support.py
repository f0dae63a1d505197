"""What several tests need: a server of keys, a clock that stands still, and the check of a refusal."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ginnel import ErrorCode, GinnelError

DAY = 86_400

Answer = Callable[[BaseHTTPRequestHandler], None]


def send(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with this body: bytes, text, or a value to be sent as JSON."""
    data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


class _WrongKeySet:
    """A key set of the app's own that finds out late that it is set up wrongly."""

    def find(self, kid: str) -> None:
        raise GinnelError("configuration", "Set the address of the key set.")

    async def find_async(self, kid: str) -> None:
        self.find(kid)


wrong_key_set = _WrongKeySet()


class KeyServer:
    """A real HTTP server that gives ``answer`` to each request and keeps the paths asked for."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.requests: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append(self.path)
                try:
                    server.answer(self)
                except OSError:
                    self.close_connection = True  # The client hung up, as some tests want it to.

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.port = self._http.server_port
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=[0.01])
        self._thread.start()

    def publish(self, *issuers: Any) -> None:
        self.answer = send({"keys": [key for issuer in issuers for key in issuer.jwks["keys"]]})

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def check_unavailable(
    status: int, headers: Mapping[str, str], body: Any, log: pytest.LogCaptureFixture
) -> None:
    """Expects the middleware's own answer without keys: the address is for the log, and there once."""
    assert (status, body["code"]) == (503, "keys_unavailable")
    assert body["error"] == "Sign-ins cannot be checked at the moment; try again in a minute."
    assert headers["Cache-Control"] == "no-store"
    assert "WWW-Authenticate" not in headers
    check_log(log)


def check_log(log: pytest.LogCaptureFixture) -> None:
    """Expects one entry that says why there are no keys, and forgets it."""
    [entry] = [entry for entry in log.records if entry.name == "ginnel"]
    assert entry.levelname == "ERROR"
    assert entry.getMessage().startswith("keys_unavailable: The keys at http://127.0.0.1:")
    log.clear()


class Clock:
    """Stands still until it is told to move."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time

    def tick(self, seconds: float) -> None:
        self.time += seconds


def settle() -> None:
    """Waits for fetches in the background."""
    for thread in threading.enumerate():
        if thread.name == "ginnel-key-set":
            thread.join()


@contextmanager
def refused(code: ErrorCode) -> Iterator[pytest.ExceptionInfo[GinnelError]]:
    """Expects a ``GinnelError`` with this code, and the status that belongs to it."""
    with pytest.raises(GinnelError) as caught:
        yield caught
    assert caught.value.code == code
    assert caught.value.status == {"keys_unavailable": 503, "configuration": 500}.get(code, 401)
    assert str(caught.value) == caught.value.message
    assert caught.value.message.endswith(".")
