"""Flapping: Available was confirmed anew more often than a person could follow."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.facts import Thresholds

MOST_CHANGES = 6
PAUSE = 30.0  # seconds between two writes of the status while it lasts


class Flaps(NamedTuple):
    """`changes`: when Available changed, in monotonic seconds, within the window that counts."""

    changes: tuple[float, ...] = ()
    active: bool = False


def follow_flapping(before: Flaps, changed: bool, thresholds: Thresholds, now: float) -> Flaps:
    """`changed`: this round confirmed another status of Available."""
    if not (changed or before.changes):
        return before
    window = max(600.0, 20 * thresholds.period)
    recent = tuple(at for at in before.changes if now - at < window)
    changes = (*recent, now) if changed else recent
    return Flaps(changes, len(changes) > MOST_CHANGES)
