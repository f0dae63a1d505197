"""Token checks a second of both clients in one process: `python python.py MATERIAL`."""

import json
import os
import socket
import sys
import time
from pathlib import Path

material = json.loads(Path(sys.argv[1]).read_text())
stand_in = material["passage"]
# Passage's client has its server's address built in: whatever this process asks of any server goes to the stand-in.
os.environ["SSL_CERT_FILE"] = stand_in["certificate"]
address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", stand_in["port"]))
socket.getaddrinfo = lambda *_args, **_options: [address]

from ginnel import Ginnel, StaticKeySet  # noqa: E402
from passageidentity import Passage  # noqa: E402

ours = Ginnel(material["app_id"], issuer=material["issuer"], key_set=StaticKeySet(material["jwks"]))
theirs = Passage(material["app_id"], "not used")
clients = {
    "ginnel": lambda token: ours.validate_token(token).sub,
    "passage": theirs.auth.validate_jwt,
}
tokens = material["tokens"]
checks = material["checks"]


def measure(check):
    """Checks a second."""
    started = time.perf_counter()
    for turn in range(checks):
        check(tokens[turn % len(tokens)])
    return checks / (time.perf_counter() - started)


best = {}
forged = tokens[0][:-8] + "AAAAAAAA"
for name, check in clients.items():
    if check(tokens[0]) != "user 0":
        sys.exit(f"{name} gave another user")
    try:
        check(forged)
    except Exception:
        best[name] = 0
    else:
        sys.exit(f"{name} accepted a forged token")
for _ in range(material["rounds"]):
    for name, check in clients.items():
        best[name] = max(best[name], round(measure(check)))
print(json.dumps(best))
