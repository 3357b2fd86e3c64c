"""A history that stands in a status: taken as it is found, as far as this operator can have written it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from wahealth.core.history.believed import HistoryEntry

MOST = 20
MOST_AHEAD = timedelta(minutes=5)  # how much another replica's clock may be ahead of ours


def mended(found: Sequence[HistoryEntry], now: datetime) -> tuple[HistoryEntry, ...]:
    """The entries without any that lies ahead, stands out of order or stands there twice; the newest `MOST`."""
    past = [entry for entry in found if entry.time <= now + MOST_AHEAD]
    once = {(entry.time, entry.believed): entry for entry in reversed(_in_order(past))}
    return tuple(reversed(once.values()))[:MOST]


def _in_order(entries: Sequence[HistoryEntry]) -> Sequence[HistoryEntry]:
    """The most entries of which none is newer than the one before it."""
    if all(newer.time >= older.time for newer, older in pairwise(entries)):
        return entries
    runs: list[tuple[HistoryEntry, ...]] = []  # by entry: the longest run that ends with it
    for entry in entries:
        before = max((run for run in runs if run[-1].time >= entry.time), key=len, default=())
        runs.append((*before, entry))
    return max(runs, key=len)


def added(entries: tuple[HistoryEntry, ...], new: HistoryEntry) -> tuple[HistoryEntry, ...]:
    """The entries and one that is newer, which begins no earlier than the others."""
    newest = entries[0].time if entries else new.time
    return (new._replace(time=max(new.time, newest)), *entries)[:MOST]


def joined(ours: tuple[HistoryEntry, ...], found: tuple[HistoryEntry, ...], now: datetime) -> tuple[HistoryEntry, ...]:
    """Our entries, and those that another leader wrote after the newest that both have.

    A state that both have found stands there once, as of the earlier time. The newest is what we believe, since `now`
    if the other leader believed something else in the end.
    """
    here, there = _common(ours, found)
    entries = (*found[:there], *ours[here:])[:MOST]
    for entry in reversed(ours[:here]):
        entries = entries if _is_newest(entry, entries) else added(entries, entry)
    return entries if not ours or _is_newest(ours[0], entries) else added(entries, ours[0]._replace(time=now))


def _is_newest(entry: HistoryEntry, entries: tuple[HistoryEntry, ...]) -> bool:
    return bool(entries) and entries[0][1:] == entry[1:]


def _common(ours: Sequence[HistoryEntry], found: Sequence[HistoryEntry]) -> tuple[int, int]:
    """Where the newest entry stands that both have; behind the last where there is none."""
    return next(
        ((here, there) for here, mine in enumerate(ours) for there, one in enumerate(found) if _same(mine, one)),
        (len(ours), len(found)),
    )


def _same(mine: HistoryEntry, one: HistoryEntry) -> bool:
    """Whether they are one entry. That of a client that flaps is amended, and stays the same by its time."""
    return mine.time == one.time and (mine.believed == one.believed or bool(mine.note and one.note))
