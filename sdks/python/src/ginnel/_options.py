"""The options of a client, checked before any request is made."""

import os
import re
from collections.abc import Sequence
from ipaddress import IPv6Address

from ._encoding import is_number
from ._errors import GinnelError
from ._keys import Algorithm, known_algorithms

longest_age = 10 * 365 * 86_400
longest_timeout = 300


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


def check_age(value: float, name: str) -> float:
    if not is_number(value) or not 0 <= value <= longest_age:
        raise configuration(f"{name} must be a number of seconds from 0 to {longest_age} (ten years).")
    return value


def check_timeout(value: float) -> float:
    # Far more than that a thread cannot wait for at all.
    if not is_number(value) or not 0 < value <= longest_timeout:
        raise configuration(f"timeout must be a number of seconds above 0, at most {longest_timeout}.")
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
    """The address as the server writes it into tokens: scheme and host in lower case, without a port
    that the scheme implies, and without a slash at the end, so that paths can be put behind it."""
    parts = _address.fullmatch(url) if isinstance(url, str) else None
    plain = parts and not _dots.search(parts["path"]) and _is_host(parts["host"])
    if not parts or not plain or int(parts["port"] or 0) > 65_535:
        raise configuration(f"{name} must be an address such as https://login.example.com, and is {url!r}.")
    scheme, host, port = parts["scheme"].lower(), parts["host"].lower(), parts["port"]
    if port and port != {"http": "80", "https": "443"}[scheme]:
        host += f":{port}"
    return f"{scheme}://{host}{parts['path']}"


_octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_address = re.compile(
    r"(?P<scheme>[hH][tT][tT][pP][sS]?)://"
    # Its last part begins with a letter, so that it is no other way to write an IPv4 address.
    r"(?P<host>(?:[A-Za-z0-9_-]+\.)*[A-Za-z][A-Za-z0-9_-]*"
    rf"|{_octet}(?:\.{_octet}){{3}}|\[[0-9A-Fa-f:]+\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+)*)/*"
)
"""How an address is written in every SDK, parser of URLs or none; ASCII only."""

_dots = re.compile(r"/(?:\.|%2[eE]){1,2}(?:/|\Z)")
"""A segment of a path that leads elsewhere (RFC 3986, section 5.2.4)."""


def _is_host(host: str) -> bool:
    """Finds what the form lets through between brackets and is no IPv6 address."""
    if not host.startswith("["):
        return True
    try:
        IPv6Address(host[1:-1])
    except ValueError:
        return False
    return True


def configuration(message: str) -> GinnelError:
    return GinnelError("configuration", message)
