"""Bytes from somebody else → a JSON document, by the standard library: what the sidecar holds must be small.

Stricter than that library is by itself: UTF-8 without a byte order mark, no NaN, no half characters, and no more values
than anybody has use for; whatever is wrong is a `ValueError`. What it costs is in proportion to the body's length.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

MOST_BYTES = 1024 * 1024  # of a body
TOO_LARGE = "more than 1 MiB"
MOST_VALUES = 20_000  # of a thousand nodes, each with a role, a status and an error of five entries: twelve thousand
TOO_MANY_VALUES = f"the body holds more than {MOST_VALUES:,} JSON values, and was not read"
_BEFORE_A_VALUE = (b"{", b"[", b",")


class TooManyValues(ValueError):
    """There may be more of them than `MOST_VALUES`; none was read."""


def document_of(body: bytes) -> Any:
    """Of duplicate keys the last one counts. Every number is a float: a whole one of any length is read at once."""
    if sum(map(body.count, _BEFORE_A_VALUE)) > MOST_VALUES:  # of UTF-8, where no other character has these bytes
        raise TooManyValues(TOO_MANY_VALUES)
    try:
        text = body.decode()
        if b"\\ud" in body or b"\\uD" in body:
            json.dumps(_WITHOUT_NUMBERS.decode(text), ensure_ascii=False).encode()  # half a character cannot be encoded
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("too deep") from None


def _no_number(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


_DECODER = json.JSONDecoder(parse_int=float, parse_constant=_no_number)
_WITHOUT_NUMBERS = json.JSONDecoder(
    parse_int=str, parse_float=str, parse_constant=_no_number
)  # which are dear to write
