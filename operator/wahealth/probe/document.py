"""Bytes from somebody else → a JSON document, by the standard library: what the sidecar holds must be small.

Stricter than that library is by itself: UTF-8 without a byte order mark, no NaN, no half characters; whatever is wrong
is a `ValueError`.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn


def document_of(body: bytes) -> Any:
    """Of duplicate keys the last one counts."""
    try:
        document = _DECODER.decode(body.decode())
        if b"\\ud" in body or b"\\uD" in body:
            json.dumps(document, ensure_ascii=False).encode()  # half a character cannot be encoded
    except RecursionError:
        raise ValueError("too deep") from None
    return document


def _no_number(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)
