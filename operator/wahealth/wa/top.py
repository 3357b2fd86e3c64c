"""`kubectl wa top` as a list: all clients, the worst first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, TextIO

from wahealth.wa.client import client_of
from wahealth.wa.cluster import Cluster
from wahealth.wa.fleet import COLUMNS, Row, cells, counted, frequent, ranked, row_of
from wahealth.wa.freshness import Operators, Where, operators
from wahealth.wa.screen import Line, Style, capital, sentence, table

_PATIENCE = 2.0  # seconds without a word


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
        rows += (row_of(client_of(document)) for document in page.objects)
        progress(len(rows))
    return Fleet(namespace, tuple(ranked(rows, leases, cluster.now)), leases, cluster.now)


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
        yield from sentence(none_there(found.namespace), width)
        return
    yield counted(found.rows)
    if reasons := frequent(found.rows):
        yield reasons
    if found.operators.missing:
        yield from sentence(unwatched(found.operators), width, style=Style.DOUBTFUL)
    rows = [row for row in found.rows if row.is_bad or not only_bad]
    if rows:
        yield ()
        yield from table(COLUMNS, [cells(row, found.now) for row in rows], width)


def none_there(namespace: str) -> str:
    """That there is no client, as a sentence."""
    where = f"in {namespace}; -A looks at all namespaces" if namespace else "in any namespace"
    return f"There is no WhatsAppClient {where}."


def unwatched(leases: Operators) -> str:
    """That nobody can tell whether an operator still looks, as a sentence."""
    return capital(f"whether an operator still looks is not known, because {leases.missing}.")


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
