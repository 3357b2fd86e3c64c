"""`kubectl wa top`: all clients, the worst first."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, TextIO

from wahealth.wa.client import Client, client_of
from wahealth.wa.cluster import Cluster
from wahealth.wa.freshness import Operators, Where, operators
from wahealth.wa.screen import Column, Line, Piece, Style, capital, line, sentence, table
from wahealth.wa.times import since
from wahealth.wa.verdict import LOOKS, Verdict, Word, verdict

_PATIENCE = 2.0  # seconds without a word
_REASONS = 3  # that are counted at the top
_WORST_FIRST = list(Word)
_COLUMNS = (
    Column("NAMESPACE", 8),
    Column("NAME", 10),
    Column("VERDICT", 9),
    Column("FOR", 6),
    Column("REASON", 7),
    Column("CONNECTED", 5),
    Column("MODE", 2),
    Column("ON NODES", 1),
)


class Row(NamedTuple):
    """What is kept of a client: a tenth of its document."""

    namespace: str
    name: str
    uid: str
    mode: str
    connected: str
    machines: tuple[str, ...]
    verdict: Verdict


class Fleet(NamedTuple):
    """All rows, the worst first; `now` by the API server's clock. An empty `namespace` stands for all of them."""

    namespace: str
    rows: tuple[Row, ...]
    operators: Operators
    now: datetime


async def fleet(cluster: Cluster, namespace: str, where: Where, progress: Callable[[int], None]) -> Fleet:
    """Reads all clients of a namespace (empty: of all), page by page; `progress` is told how many there are so far.
    Raises `Unusable`."""
    leases = await operators(cluster, where)
    rows: list[Row] = []
    async for page in cluster.clients(namespace):
        rows += (row_of(client_of(document), leases, cluster.now) for document in page)
        progress(len(rows))
    return Fleet(namespace, tuple(sorted(rows, key=_badness)), leases, cluster.now)


def row_of(client: Client, leases: Operators, now: datetime) -> Row:
    """The row of a client."""
    machines = tuple(dict.fromkeys(node.machine for node in client.nodes if node.machine))
    told = verdict(client, leases.of(client.uid), now)
    return Row(client.namespace, client.name, client.uid, client.mode, client.connected, machines, told)


def _badness(row: Row) -> tuple[int, float, str, str]:
    """By the word, then what failed last: that is what somebody looks for."""
    begun = row.verdict.since.timestamp() if row.verdict.since else 0.0
    return _WORST_FIRST.index(row.verdict.word), -begun, row.namespace, row.name


class Progress:
    """A line on a terminal that says how far a long list has come, and goes when it is there."""

    def __init__(self, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._now, self._begun = stream, now, now()
        self._shown = False

    def __call__(self, count: int) -> None:
        if self._stream.isatty() and self._now() - self._begun > _PATIENCE:
            self._shown = True
            self._stream.write(f"\r{count} clients read …")
            self._stream.flush()

    def end(self) -> None:
        """Takes the line away."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def lines(found: Fleet, width: int, only_bad: bool = False) -> Iterator[Line]:
    """How many of each verdict, the most frequent reasons, then a line for each client."""
    if not found.rows:
        where = f"in {found.namespace}; -A looks at all namespaces" if found.namespace else "in any namespace"
        yield from sentence(f"There is no WhatsAppClient {where}.", width)
        return
    yield _counted(found.rows)
    bad = [row for row in found.rows if row.verdict.word not in {Word.UP, Word.SUSPENDED}]
    if reasons := Counter(row.verdict.reason for row in bad).most_common(_REASONS):
        yield line(Piece("  ".join(f"{reason} {count}" for reason, count in reasons), Style.FAINT))
    if found.operators.missing:
        says = f"whether an operator still looks is not known, because {found.operators.missing}."
        yield from sentence(capital(says), width, style=Style.DOUBTFUL)
    rows = bad if only_bad else found.rows
    if rows:
        yield ()
        yield from table(_COLUMNS, [_cells(row, found.now) for row in rows], width)


def _counted(rows: Iterable[Row]) -> Line:
    counts = Counter(row.verdict.word for row in rows)
    total = sum(counts.values())
    shown = [Piece(f"   {counts[word]} {word.value}", LOOKS[word]) for word in Word if counts[word]]
    return line(f"{total} client{'' if total == 1 else 's'}", *shown)


def _cells(row: Row, now: datetime) -> list[Piece]:
    told = row.verdict
    return [
        Piece(row.namespace),
        Piece(row.name),
        Piece(told.word.value, LOOKS[told.word]),
        Piece(since(told.since, now)),
        Piece(told.reason),
        Piece(row.connected),
        Piece(row.mode),
        Piece(", ".join(row.machines[:3]) + (" …" if len(row.machines) > 3 else "")),
    ]


def document(found: Fleet) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "namespace": row.namespace,
            "name": row.name,
            "verdict": row.verdict.word.value,
            "sinceTime": row.verdict.since.isoformat() if row.verdict.since else None,
            "reason": row.verdict.reason,
            "why": row.verdict.means,
            "next": row.verdict.step or None,
            "mode": row.mode or None,
            "connected": row.connected or None,
            "nodes": list(row.machines),
        }
        for row in found.rows
    ]
