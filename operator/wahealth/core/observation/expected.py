"""How many coreapps are to be connected: 1, the shards, or the most that were connected for a while.

Documented (page "Multiconnect"): a client has 1, 2, 4, 8, 16 or 32 shards.
"""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.facts import ALLOWED_SHARDS, Facts
from wahealth.core.instant import has_lasted
from wahealth.core.status import Mode


class HighWaterMark(NamedTuple):
    """What is expected so far (None: start afresh), of which generation and mode, and how long more were connected."""

    expected: int | None = None
    generation: int = 0
    mode: Mode | None = None
    sustained: tuple[tuple[int, float], ...] = ()  # (count, since when at least so many in every round), rising


def raise_high_water_mark(
    before: HighWaterMark, count: int, mode: Mode | None, facts: Facts, now: float
) -> HighWaterMark:
    """`now` in seconds. Only Multiconnect without shards learns; another generation or mode starts afresh."""
    if mode is None:
        return before  # a shape that cannot be judged is no change of mode
    expected, generation = facts.desired, facts.generation
    if mode is not Mode.MULTICONNECT or expected.shards:
        return HighWaterMark(expected.shards if mode is Mode.MULTICONNECT else 1, generation, mode)
    if (before.generation, before.mode) != (generation, mode) or before.expected is None:
        return HighWaterMark(allowed_at_least(count), generation, mode)
    levels = _sustained(before.sustained, min(count, ALLOWED_SHARDS[-1]), now)
    lasted = [level for level, since in levels if has_lasted(now - since, expected.thresholds.failover_grace)]
    most = max(before.expected, allowed_at_least(max(lasted, default=0)))
    return before._replace(expected=most, sustained=tuple(entry for entry in levels if entry[0] > most))


def _sustained(levels: tuple[tuple[int, float], ...], count: int, now: float) -> tuple[tuple[int, float], ...]:
    kept = [entry for entry in levels if entry[0] <= count]
    if kept and kept[-1][0] == count:
        return tuple(kept)
    higher = [since for level, since in levels if level > count]
    return (*kept, (count, min(higher, default=now)))


def allowed_at_least(count: int) -> int:
    return next((n for n in ALLOWED_SHARDS if n >= count), ALLOWED_SHARDS[-1])
