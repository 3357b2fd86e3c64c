"""The present time as data: every decision receives it as an argument."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

EARLY = 1.0  # seconds
LONG_AGO = float("-inf")  # a timestamp before any other, of any clock


def has_lasted(seconds: float, grace: float) -> bool:
    """Whether something that has lasted for `seconds` has outlasted its `grace` (seconds), as far as rounds can tell.

    It may be up to `EARLY` seconds short, or a tenth of the grace if that is less. Most graces are a number of periods,
    and no round comes exactly on its tick: taken to the letter, the round at the end of a grace would come some
    milliseconds too soon as often as not, and everything would be reported a whole period later.
    """
    return seconds >= grace - min(EARLY, grace / 10)


class AsOf(NamedTuple):
    """A reading of timers as they stood at `at`, which is `now` or earlier (both monotonic seconds).

    A timer that started after `at` is read at `now`: so an evaluation as of the last round differs from the present one
    only where time alone made the difference, and not because something is new.
    """

    at: float
    now: float

    def has_lasted(self, since: float, grace: float) -> bool:
        """Whether a timer that started at `since` (monotonic seconds) has outlasted its `grace` (seconds)."""
        return has_lasted((self.at if since <= self.at else self.now) - since, grace)


class Instant(NamedTuple):
    """One point in time on two clocks.

    `monotonic` (monotonic seconds) measures how long something lasts; `wall` (UTC, whole seconds) is written down.
    """

    monotonic: float
    wall: datetime

    def since(self, written: datetime | None) -> float:
        """Convert a time that was written earlier to monotonic seconds; now, if it is unknown or lies ahead."""
        if written is None:
            return self.monotonic
        return self.monotonic - max(0.0, (self.wall - written).total_seconds())
