"""Now, as data: whoever decides is told the time."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

EARLY = 1.0  # seconds
LONG_AGO = float("-inf")  # a time before any other, in seconds of any clock


def has_lasted(seconds: float, grace: float) -> bool:
    """Whether something that has lasted for `seconds` has lasted for its grace, as far as rounds can tell.

    Graces are mostly a number of periods, and no round comes exactly on its tick: taken to the letter, the one at the
    end of a grace would come some milliseconds too soon as often as not, and all would be told a whole period later.
    """
    return seconds >= grace - min(EARLY, grace / 10)


class AsOf(NamedTuple):
    """Timers as they stood at `at`, an earlier second than `now` or the same (both monotonic).

    A timer that started after `at` is read at `now`: so an evaluation as of the last round differs from the present one
    only where time alone made the difference, and not because something is new.
    """

    at: float
    now: float

    def has_lasted(self, since: float, grace: float) -> bool:
        return has_lasted((self.at if since <= self.at else self.now) - since, grace)


class Instant(NamedTuple):
    """`monotonic` of a monotonic clock measure how long something lasts; `wall` (UTC, whole seconds) is written."""

    monotonic: float
    wall: datetime

    def since(self, written: datetime | None) -> float:
        """The monotonic second of a time that was written earlier; now, where it is unknown or lies ahead."""
        if written is None:
            return self.monotonic
        return self.monotonic - max(0.0, (self.wall - written).total_seconds())
