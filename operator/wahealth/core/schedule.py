"""When a resource is asked: on the beats of its own phase, so that a fleet is spread evenly over its period."""

from __future__ import annotations

from math import floor


def next_beat(now: float, period: float, phase: float) -> float:
    """The first beat after `now`, in seconds of the same clock. Missed beats are skipped, never caught up on."""
    beats = floor((now - phase) / period) + 1
    return phase + beats * period
