"""A history packed into bytes, because twenty entries as objects would take 16 KB for each resource.

It is JSON, deflated: some 400 bytes. The same entries always give the same bytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from wahealth.core.history.believed import HistoryEntry, believed_of

NOTHING = b""  # a history without entries


def pack(entries: Iterable[HistoryEntry]) -> bytes:
    """The entries as bytes. A time is kept in whole seconds."""
    rows = [[int(entry.time.timestamp()), entry.note, *entry.believed] for entry in entries]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode()) if rows else NOTHING


def unpack(packed: bytes) -> tuple[HistoryEntry, ...]:
    """The entries of bytes that `pack` made."""
    return tuple(map(_entry, json.loads(zlib.decompress(packed)))) if packed else ()


def _entry(row: list[Any]) -> HistoryEntry:
    seconds, note, *words = row
    return HistoryEntry(datetime.fromtimestamp(seconds, UTC), believed_of(words), note)
