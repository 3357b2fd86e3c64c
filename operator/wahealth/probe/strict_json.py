"""Bytes from somebody else → a JSON document, by the standard library: what the sidecar holds must be small.

Stricter than that library is by itself: UTF-8 without a byte order mark, no NaN, no half characters, and no more values
than anybody has use for; whatever is wrong is a `ValueError`. What it costs is in proportion to the body's length.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

MOST_BYTES = 1024 * 1024  # of a body
TOO_LARGE = "more than 1 MiB"
MOST_VALUES = 20_000  # of a thousand nodes, each with a role, a status and an error of five entries: twelve thousand
TOO_MANY_VALUES = f"the body may hold more than {MOST_VALUES:,} JSON values, and was not read"
TOO_DEEP = "the body is nested too deep, and was not read"
LONGEST_NUMBER = 32  # characters: a code has four, the end of a token ten
_BEFORE_A_VALUE = (b"{", b"[", b",")
_opens = re.compile(rb"[ \t\r\n]*[{\[]").match


class NotRead(ValueError):
    """It may be JSON, and more of it than anybody has use for. `problem` is one of our own phrases."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def document_of(body: bytes) -> Any:
    """Of duplicate keys the last one counts. Every number is a float, and one longer than `LONGEST_NUMBER` infinite."""
    if sum(map(body.count, _BEFORE_A_VALUE)) > MOST_VALUES:  # of UTF-8, where no other character has these bytes
        raise NotRead(TOO_MANY_VALUES) if _opens(body) else ValueError("no JSON")  # but a page with much in it
    try:
        text = body.decode()
        if b"\\ud" in body or b"\\uD" in body:
            json.dumps(_WITHOUT_NUMBERS.decode(text), ensure_ascii=False).encode()  # half a character cannot be encoded
        return _DECODER.decode(text)
    except RecursionError:
        raise NotRead(TOO_DEEP) from None


def _no_number(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _number(written: str) -> float:
    """One of 700 digits that lies between two floats is a hundred times as dear to read as one of 20."""
    return float(written) if len(written) <= LONGEST_NUMBER else math.inf


_DECODER = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_no_number)
_WITHOUT_NUMBERS = json.JSONDecoder(
    parse_int=str, parse_float=str, parse_constant=_no_number
)  # which are dear to write
