"""Base64url and JSON as tokens and key sets have them, read strictly: one text for one value."""

import base64
import json
import math
import re
from typing import Any, NoReturn, TypeGuard

_alphabet = re.compile(r"[A-Za-z0-9_-]*")

_escapes = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>u[dD][89a-fA-F])|.)")
"""Each escape of a JSON text: a whole surrogate pair, half of one, or any other."""


def decode_base64url(text: str) -> bytes | None:
    """The bytes, or ``None`` when the text is not base64url without padding (RFC 7515, section 2)
    in its canonical form: a last character whose unused bits are set would be a second way to
    write the same bytes."""
    if len(text) % 4 == 1 or not _alphabet.fullmatch(text):
        return None
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return data if encode_base64url(data) == text else None


def encode_base64url(data: bytes) -> str:
    """The text for the bytes, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def parse_json(data: bytes) -> Any:
    """The value of a JSON text in UTF-8 (RFC 8259). Raises ``ValueError`` for what only Python's
    reader allows (NaN, other encodings, half a surrogate pair), and for a text nested too deeply to be
    read."""
    text = data.decode("utf-8")
    try:
        value = _decoder.decode(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if "\\u" in text and any(escape["half"] for escape in _escapes.finditer(text)):
        raise ValueError("it has half a surrogate pair, which is no text")
    return value


def is_number(value: object) -> TypeGuard[float]:
    """Whether a parsed JSON value is a finite number; for Python, ``True`` would be one."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse_int(digits: str) -> int | float:
    # Python limits the digits of an int, and turning an int of over 308 into a float is an error.
    return int(digits) if len(digits) <= 300 else float(digits)


_decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_parse_int)
