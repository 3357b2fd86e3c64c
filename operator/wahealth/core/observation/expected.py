"""How many coreapps should be connected: 1, the number of shards, or the most that have been connected for a while.

Documented (page "Multiconnect"): a client has 1, 2, 4, 8, 16 or 32 shards.
"""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.facts import ALLOWED_SHARDS, Facts
from wahealth.core.instant import has_lasted
from wahealth.core.status import Mode


class HighWaterMark(NamedTuple):
    """How many coreapps are expected so far (None: nothing is known), and for which generation and mode.

    `sustained`: pairs of a larger count and since when at least so many were connected in every round (monotonic
    seconds), in rising order.
    """

    expected: int | None = None
    generation: int = 0
    mode: Mode | None = None
    sustained: tuple[tuple[int, float], ...] = ()


def raise_high_water_mark(
    before: HighWaterMark, count: int, mode: Mode | None, facts: Facts, now: float
) -> HighWaterMark:
    """The mark after an answer with `count` connected coreapps. `mode`: the one to judge by. `now`: monotonic seconds.

    Only in Multiconnect without `shards` in the spec is the number learnt: a larger one counts once it has lasted for
    failoverSeconds. Another generation or mode starts again.
    """
    if mode is None:
        return before  # an answer that fits no mode does not change the mode
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
    """The smallest number of shards that a client may have and that is not less than `count`; 32 at most."""
    return next((n for n in ALLOWED_SHARDS if n >= count), ALLOWED_SHARDS[-1])
