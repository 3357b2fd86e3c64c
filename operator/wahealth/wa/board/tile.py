"""What is kept of a client: some hundred bytes, from which its tile on the map is made."""

from __future__ import annotations

import sys
from typing import NamedTuple

from wahealth.wa import document as read
from wahealth.wa.client import client_of
from wahealth.wa.document import Document
from wahealth.wa.freshness import NOBODY_LOOKS, Operators
from wahealth.wa.verdict import Word, believed


class Tile(NamedTuple):
    """What the page is told of a client. `since` in seconds of Unix time; `version` differs after each change."""

    namespace: str
    name: str
    verdict: str
    reason: str
    since: int | None
    connected: str
    mode: str
    version: str

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.name


class Kept(NamedTuple):
    """A client as its status has it, and what its shard is known by."""

    uid: str
    tile: Tile


def kept_of(document: Document) -> Kept:
    """What is kept of a document."""
    client = client_of(document)
    told = believed(client)
    return Kept(
        client.uid,
        Tile(
            sys.intern(client.namespace),
            client.name,
            told.word.value,
            sys.intern(told.reason),
            int(told.since.timestamp()) if told.since else None,
            sys.intern(client.connected),
            sys.intern(client.mode),
            read.text(document, "metadata", "resourceVersion"),
        ),
    )


def shown(kept: Kept, operators: Operators, now: float) -> Tile:
    """The tile: as the status has it, unless nobody looks after the client any more."""
    watch = operators.of(kept.uid)
    if watch is None or watch.is_kept or kept.tile.verdict == Word.SUSPENDED:
        return kept.tile
    return kept.tile._replace(verdict=Word.UNKNOWN.value, reason=NOBODY_LOOKS, since=int(now - watch.age))
