"""The site behind the gateway: it has no SDK and knows no token, only the header Ginnel-User-ID.

It listens on a socket in a folder that only its own user can open, so every request has come through the gateway.
"""

import json
import os
import sys
from html import escape
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from string import Template

PAGES = Path(__file__).parent / "pages"


def draw(page: str, title: str, **values: str) -> bytes:
    settings = {"app_id": os.environ["GINNEL_APP_ID"], "url": os.environ["GINNEL_URL"]}
    values = {name: escape(value) for name, value in (settings | values).items()}
    body = Template((PAGES / page).read_text()).substitute(values)
    return Template((PAGES / "layout.html").read_text()).substitute(title=title, body=body).encode()


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        user_id = self.headers.get("Ginnel-User-ID")
        match self.path.split("?")[0]:
            case "/":
                self.answer(200, draw("login.html", "Sign in"))
            case "/unauthorized":
                self.answer(401, draw("unauthorized.html", "Please sign in"))
            case "/unavailable":
                sentence = "Sign-ins cannot be checked at the moment. Please try again in a minute."
                self.answer(503, draw("error.html", "Sorry", sentence=sentence))
            # Without the header it is nobody, whatever way the request found past the gateway's rules.
            case "/dashboard" if user_id:
                self.answer(200, draw("dashboard.html", "Dashboard", user_id=user_id))
            case "/api/me" if user_id:
                self.answer(200, json.dumps({"userID": user_id}).encode(), "application/json")
            case _:
                self.answer(404, draw("error.html", "Sorry", sentence="There is no such page."))

    do_HEAD = do_GET

    def answer(self, status: int, body: bytes, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The gateway logs, if anything does."""


class Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


with Server(sys.argv[1], Site) as server:
    server.serve_forever()
