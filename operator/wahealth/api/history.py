"""Conversion of `status.history` to its packed form and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from operator import attrgetter
from typing import Any

from pydantic import ValidationError

from wahealth.api import v1alpha1 as api
from wahealth.core.history.believed import Believed, HistoryEntry, believed_of
from wahealth.core.history.packed import pack, unpack

_WORDS = attrgetter(*Believed._fields)
_MOST_READ = 100  # entries of a list that the schema of another version has let pass


def history_entries(packed: bytes) -> list[api.HistoryEntry]:
    """The entries as `.status.history` lists them, newest first."""
    return [_shaped(entry) for entry in unpack(packed)]


def written_history(document: Mapping[str, Any]) -> bytes:
    """The history of a WhatsAppClient as the API server returns it, packed; without the entries that do not parse."""
    found = (document.get("status") or {}).get("history")
    return pack(_parsed(found)) if isinstance(found, list) else pack(())


def _shaped(entry: HistoryEntry) -> api.HistoryEntry:
    named = {**entry.believed._asdict(), "connected_coreapps": entry.believed.connected_coreapps or None}
    return api.HistoryEntry.model_validate({**named, "time": entry.time, "note": entry.note or None})


def _parsed(found: list[object]) -> Iterator[HistoryEntry]:
    for document in islice(found, _MOST_READ):
        try:
            yield _entry(api.HistoryEntry.model_validate(document))
        except ValidationError:
            continue


def _entry(read: api.HistoryEntry) -> HistoryEntry:
    return HistoryEntry(read.time, believed_of(_WORDS(read)), read.note or "")
