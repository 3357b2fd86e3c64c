"""Flapping: the confirmed status of Available changes more often than a person could follow."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.facts import Thresholds

MOST_CHANGES = 6  # more changes than this within the window are flapping
PAUSE = 30.0  # seconds between two writes of the status while a client flaps


class Flaps(NamedTuple):
    """`changes`: when Available changed within the window that counts (monotonic seconds). `active`: it flaps."""

    changes: tuple[float, ...] = ()
    active: bool = False


def follow_flapping(before: Flaps, changed: bool, thresholds: Thresholds, now: float) -> Flaps:
    """The changes after a round. `changed`: it confirmed another status of Available. `now`: monotonic seconds.

    The window is 20 periods, and at least ten minutes.
    """
    if not (changed or before.changes):
        return before
    window = max(600.0, 20 * thresholds.period)
    recent = tuple(at for at in before.changes if now - at < window)
    changes = (*recent, now) if changed else recent
    return Flaps(changes, len(changes) > MOST_CHANGES)
