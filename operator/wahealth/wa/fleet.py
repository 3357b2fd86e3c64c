"""Many clients as rows: what is kept of each, which comes first, and its cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from wahealth.wa.client import Client
from wahealth.wa.freshness import Operators
from wahealth.wa.screen import Column, Line, Piece, Style, line
from wahealth.wa.times import since
from wahealth.wa.verdict import LOOKS, Verdict, Word, as_watched, believed

_REASONS = 3  # that are counted at the top
_WORST_FIRST = list(Word)
_WELL = frozenset({Word.UP, Word.SUSPENDED})
COLUMNS = (
    Column("NAMESPACE", 8, shortens=True),
    Column("NAME", 10, shortens=True),
    Column("VERDICT", 9),
    Column("FOR", 6),
    Column("REASON", 7),
    Column("CONNECTED", 5),
    Column("MODE", 2),
    Column("ON NODES", 1, shortens=True),
    Column("WHY", 0, shortens=True),
)


class Row(NamedTuple):
    """What is kept of a client: a tenth of its document. `verdict`: what its status shows, or what is told now."""

    namespace: str
    name: str
    uid: str
    mode: str
    connected: str
    machines: tuple[str, ...]
    verdict: Verdict

    @property
    def is_bad(self) -> bool:
        return self.verdict.word not in _WELL


def row_of(client: Client) -> Row:
    """The row of a client, with the verdict that its status shows."""
    machines = tuple(dict.fromkeys(node.machine for node in client.nodes if node.machine))
    return Row(client.namespace, client.name, client.uid, client.mode, client.connected, machines, believed(client))


def ranked(rows: Iterable[Row], leases: Operators, now: datetime) -> list[Row]:
    """The rows as far as somebody still looks, the worst first."""
    if any(not watch.is_kept for watch in leases.watches):
        rows = (row._replace(verdict=as_watched(row.verdict, leases.of(row.uid), now)) for row in rows)
    return sorted(rows, key=_badness)


def _badness(row: Row) -> tuple[int, float, str, str]:
    """By the word, then what failed last: that is what somebody looks for."""
    begun = row.verdict.since.timestamp() if row.verdict.since else 0.0
    return _WORST_FIRST.index(row.verdict.word), -begun, row.namespace, row.name


def counted(rows: Iterable[Row], what: Piece | None = None) -> Line:
    """How many of each verdict; `what` instead of their sum."""
    counts = Counter(row.verdict.word for row in rows)
    total = sum(counts.values())
    shown = [Piece(f"   {counts[word]} {word.value}", LOOKS[word]) for word in Word if counts[word]]
    return line(what or f"{total} client{'' if total == 1 else 's'}", *shown)


def frequent(rows: Iterable[Row]) -> Line:
    """The most frequent reasons of what is not well."""
    reasons = Counter(row.verdict.reason for row in rows if row.is_bad).most_common(_REASONS)
    return line(Piece("  ".join(f"{reason} {count}" for reason, count in reasons), Style.FAINT)) if reasons else ()


def cells(row: Row, now: datetime) -> Sequence[Piece]:
    """The cells of a row, in the order of `COLUMNS`."""
    told = row.verdict
    return (
        Piece(row.namespace),
        Piece(row.name),
        Piece(told.word.value, LOOKS[told.word]),
        Piece(since(told.since, now)),
        Piece(told.reason),
        Piece(row.connected),
        Piece(row.mode),
        Piece(", ".join(row.machines[:3]) + (" …" if len(row.machines) > 3 else "")),
        Piece(told.means if row.is_bad else ""),
    )
