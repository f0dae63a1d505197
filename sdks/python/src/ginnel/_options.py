"""The options of a client, checked before any request is made."""

import os
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from ._encoding import is_number
from ._errors import GinnelError
from ._keys import Algorithm, known_algorithms


def check_app_id(app_id: object) -> str:
    if not isinstance(app_id, str) or not re.fullmatch("[A-Za-z0-9]{24}", app_id):
        raise configuration(
            "app_id must be the application's id: 24 letters and digits, as `ginnel app create` prints it."
        )
    return app_id


def check_leeway(leeway: float) -> float:
    if not is_number(leeway) or not 0 <= leeway <= 300:
        raise configuration("leeway must be a number of seconds from 0 to 300.")
    return leeway


def check_seconds(value: float, name: str) -> float:
    if not is_number(value) or value < 0:
        raise configuration(f"{name} must be a number of seconds.")
    return value


def check_algorithms(algorithms: Sequence[Algorithm]) -> tuple[Algorithm, ...]:
    names = tuple(algorithms) if isinstance(algorithms, list | tuple) else ()
    if not names or any(name not in known_algorithms for name in names):
        raise configuration(f"algorithms must be a list of one or more of {', '.join(known_algorithms)}.")
    return names


def check_issuer(issuer: str) -> str:
    if not isinstance(issuer, str) or not issuer:
        raise configuration("issuer must be the `iss` of the tokens: {public url}/auth/v1/apps/{app_id}.")
    return issuer


def find_url(url: str | None) -> str:
    """Where Ginnel runs: the option, else ``GINNEL_URL`` (empty counts as unset), else this machine."""
    if url is None:
        url = os.environ.get("GINNEL_URL") or "http://localhost:8400"
    return read_url(url, "url (or GINNEL_URL)")


def read_url(url: str, name: str) -> str:
    """The address in its usual form, without a slash at the end, so that paths can be put behind it."""
    wrong = configuration(f'{name} must be an address such as https://login.example.com, and is "{url}".')
    # What urlsplit would drop silently, and what browsers read as a slash.
    if not isinstance(url, str) or re.search(r"[\x00-\x20\x7f\\]", url):
        raise wrong
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    default_port = {"http": 80, "https": 443}.get(parts.scheme)
    plain = "@" not in parts.netloc and "?" not in url and "#" not in url
    if not host or not plain or default_port is None:
        raise wrong
    address = f"[{host}]" if ":" in host else host
    if port not in (None, default_port):
        address += f":{port}"
    return f"{parts.scheme}://{address}{parts.path.rstrip('/')}"


def configuration(message: str) -> GinnelError:
    return GinnelError("configuration", message)
