"""The server under test: a data folder and ports of its own, an app, and somebody who is signed in."""

import contextlib
import itertools
import json
import os
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("GINNEL_BINARY", ROOT / "target/debug/ginnel"))
ORIGIN = "http://localhost:8080"

# The token of the running server's user, for those who cannot ask for a fixture.
SIGNED_IN = {"token": ""}


@dataclass
class Server:
    """A running server."""

    url: str
    log: Path
    command: list[str]
    env: dict[str, str]
    app_id: str = ""
    token: str = ""

    @property
    def api(self) -> str:
        """The authentication API of the app."""
        return f"{self.url}/auth/v1/apps/{self.app_id}"

    def run(self, *words: str) -> str:
        """What a command of the server's prints."""
        done = subprocess.run([*self.command, *words], env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, method: str, path: str, body: object = None, token: str = "") -> dict:
        """An answer of the app's API, which must be a success."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else {}

    def sent_to(self, address: str, pattern: str) -> str:
        """What the newest message to an address asks for: the server prints it on loopback."""
        for _ in range(300):
            lines = self.log.read_text(errors="replace").splitlines()
            for line, asked in reversed(list(itertools.pairwise(lines))):
                if f" to {address} from " in line and (found := re.search(pattern, asked)):
                    return found[1]
            time.sleep(0.1)
        raise AssertionError(f"no message to {address} was printed")

    def secret_of(self, address: str) -> str:
        """The secret of the newest link."""
        return self.sent_to(address, r"psg_(?:magic|verify)_link=([\w-]+)")

    def code_of(self, address: str) -> str:
        """The newest code that came alone."""
        return self.sent_to(address, r"^  code (\d{6})")

    def sign_up(self, address: str) -> dict:
        """Signs somebody up by a link."""
        self.ask("POST", "/register/magic-link", {"identifier": address})
        secret = self.secret_of(address)
        return self.ask("PATCH", "/magic-link/activate", {"magic_link": secret})["auth_result"]

    def sign_in(self, address: str) -> dict:
        """Signs somebody in by a code."""
        asked = self.ask("POST", "/login/otp", {"identifier": address})
        code = self.code_of(address)
        return self.ask("POST", "/otp/activate", {"otp": code, **asked})["auth_result"]

    def wait_for_settings(self) -> None:
        """The server works from a copy of the app that is at most 2 seconds old."""
        time.sleep(2.1)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Starts a server whose limits nobody meets by asking often, and stops it at the end."""
    port, example_port = free_port(), free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("GINNEL_")}
    env = own | {
        "GINNEL_LISTEN": f"127.0.0.1:{port}",
        "GINNEL_EXAMPLE_LISTEN": f"127.0.0.1:{example_port}",
        "GINNEL_DATA_DIR": str(folder / "data"),
        "GINNEL_FLOOD_REQUESTS_PER_SECOND": "0",
        "GINNEL_MESSAGES_PER_CLIENT_PER_HOUR": "0",
    }
    log = folder / "ginnel.log"
    server = Server(f"http://localhost:{port}", log, [str(BINARY)], env)
    with log.open("w") as output:
        process = subprocess.Popen(
            [*server.command, "serve"], cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until_ready(server, process)
        made = server.run(
            *("app", "create", "--json", "--name", "Acme"),
            *("--auth-origin", ORIGIN, "--redirect-url", "/welcome"),
        )
        server.app_id = json.loads(made)["app"]["id"]
        server.run("app", "update", server.app_id, "--identifiers", "both")
        server.run(
            *("app", "fields", "add", server.app_id, "nickname", "--friendly-name", "Nickname"),
            *("--registration", "--profile"),
        )
        server.wait_for_settings()
        server.token = server.sign_up("ada@example.com")["auth_token"]
        SIGNED_IN["token"] = server.token
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    """Waits until the server answers, two minutes at most."""
    for _ in range(1200):
        assert process.poll() is None, server.log.read_text()
        with contextlib.suppress(OSError):
            urllib.request.urlopen(server.url + "/readyz", timeout=5).close()
            return
        time.sleep(0.1)
    raise AssertionError(server.log.read_text())
