"""kubectl's table in the columns that a terminal has room for. Columns give way by weight, and no cell is cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

# The most important first. What a person asks at once stays longest: who, whether it is ready, and since when.
WEIGHTS = (
    *("NAME", "READY", "SINCE", "NAMESPACE", "GATEWAY", "CONNECTED", "MODE", "REASON"),
    *("PRIMARY", "AGE", "SPARES", "VERSION"),
)
_GAP = 2


class Column(NamedTuple):
    name: str
    cells: tuple[str, ...]

    @property
    def width(self) -> int:
        return max(map(len, (self.name, *self.cells)))


def fitting(table: str, width: int) -> list[str]:
    """The lines of the table, the header first, with as many columns as fit, in kubectl's order.

    `table`: as `kubectl get -o wide` prints it. A column that has no weight, such as a whole sentence, is left out.
    """
    columns = _columns(table)
    kept = [column for column in columns if column.name in WEIGHTS]
    while len(kept) > 1 and _length(kept) > width:
        kept.remove(max(kept, key=lambda column: WEIGHTS.index(column.name)))
    return [line[:width] for line in _lines(kept)]


def _columns(table: str) -> list[Column]:
    header, *rows = table.splitlines() or [""]
    starts = [(found.start(), found.group()) for found in re.finditer(r"\S+", header)]
    ends = [*(start for start, _ in starts), None][1:]
    return [
        Column(name, tuple(row[start:end].strip() for row in rows))
        for (start, name), end in zip(starts, ends, strict=True)
    ]


def _length(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + _GAP * (len(columns) - 1)


def _lines(columns: Sequence[Column]) -> list[str]:
    padded = [[cell.ljust(column.width + _GAP) for cell in (column.name, *column.cells)] for column in columns]
    return ["".join(cells).rstrip() for cells in zip(*padded, strict=True)]
