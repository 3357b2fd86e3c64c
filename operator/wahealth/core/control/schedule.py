"""When a resource is probed: on the ticks of its own phase, so that a fleet is spread evenly over its period."""

from __future__ import annotations

from math import floor


def next_tick(now: float, period: float, phase: float) -> float:
    """The first tick after `now`, on the same clock. Missed ticks are skipped, never caught up on.

    Ticks are at `phase`, and every `period` before and after it; all three are in seconds.
    """
    ticks = floor((now - phase) / period) + 1
    return phase + ticks * period
