"""Reads fields of documents that nobody has checked: whatever is missing or has another type is empty."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from wahealth.probe.printable import harmless

Document = Mapping[str, Any]
_LONGEST = 512  # characters of a field that is shown
_NOTHING: Document = {}


def at(document: object, *keys: str) -> object:
    """What stands below the keys; None if nothing does."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def text(document: object, *keys: str, longest: int = _LONGEST) -> str:
    """A text that may be shown in a terminal; empty if there is none."""
    found = at(document, *keys)
    return harmless(found, longest) if isinstance(found, str) else ""


def whole(document: object, *keys: str) -> int | None:
    """A whole number."""
    found = at(document, *keys)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def truth(document: object, *keys: str) -> bool | None:
    """True or false."""
    found = at(document, *keys)
    return found if isinstance(found, bool) else None


def inner(document: object, *keys: str) -> Document:
    """An object; an empty one if there is none."""
    found = at(document, *keys)
    return found if isinstance(found, dict) else _NOTHING


def objects(document: object, *keys: str) -> list[Document]:
    """The objects of a list."""
    found = at(document, *keys)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def texts(document: object, *keys: str) -> tuple[str, ...]:
    """The texts of a list, as `text` gives one."""
    found = at(document, *keys)
    return tuple(harmless(each, _LONGEST) for each in found if isinstance(each, str)) if isinstance(found, list) else ()


def time(document: object, *keys: str) -> datetime | None:
    """A time of RFC 3339."""
    found = at(document, *keys)
    try:
        read = datetime.fromisoformat(found) if isinstance(found, str) else None
        return read.astimezone(UTC) if read is not None and read.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
