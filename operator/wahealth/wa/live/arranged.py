"""Rows as they are listed: filtered, and under the headings of groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from wahealth.core.strenum import FastStrEnum
from wahealth.wa.fleet import Row, counted
from wahealth.wa.screen import Line, Piece, Style


class Grouping(FastStrEnum):
    """What rows are grouped by; the value is the word in the line of keys."""

    NONE = "none"
    NAMESPACE = "namespace"
    REASON = "reason"
    NODE = "node"

    @property
    def following(self) -> Grouping:
        """The next one, and the first after the last."""
        every = list(Grouping)
        return every[(every.index(self) + 1) % len(every)]


class Entry(NamedTuple):
    """A line of the list: a row, or the heading of a group."""

    group: str
    row: Row | None = None
    heading: Line = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is, wherever it is listed."""
        return (self.group, self.row.namespace, self.row.name) if self.row else (self.group, "", "")


def wanted(rows: Iterable[Row], words: str, only_bad: bool) -> list[Row]:
    """The rows that contain all words, in whatever case."""
    parts = words.lower().split()
    return [row for row in rows if (row.is_bad or not only_bad) and _has(row, parts)]


def _has(row: Row, parts: Sequence[str]) -> bool:
    if not parts:
        return True
    told = row.verdict
    text = " ".join((row.namespace, row.name, told.word, told.reason, row.mode, row.connected, *row.machines)).lower()
    return all(part in text for part in parts)


def arranged(rows: Sequence[Row], grouping: Grouping) -> list[Entry]:
    """The lines of rows that come worst first: so do the groups, and the rows of each."""
    if grouping is Grouping.NONE:
        return [Entry("", row) for row in rows]
    groups: dict[str, list[Row]] = {}
    for row in rows:
        for group in _groups(row, grouping):
            groups.setdefault(group, []).append(row)
    return [entry for name, members in groups.items() for entry in _listed(name, members)]


def _groups(row: Row, grouping: Grouping) -> Iterable[str]:
    match grouping:
        case Grouping.NAMESPACE:
            return (row.namespace,)
        case Grouping.REASON:
            return (row.verdict.reason,)
        case _:
            return row.machines or ("no node known",)


def _listed(name: str, members: Sequence[Row]) -> Iterator[Entry]:
    yield Entry(name, heading=counted(members, Piece(name, Style.STRONG)))
    yield from (Entry(name, row) for row in members)
