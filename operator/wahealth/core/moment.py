"""Now, as data: whoever decides is told the time."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class AsOf(NamedTuple):
    """The second as of which clocks are read, and the latest there is: a clock that began after the one is read then.

    So what differs as of the last round differs only because time has passed, and not because it is new.
    """

    second: float
    latest: float

    def has_lasted(self, since: float, grace: float) -> bool:
        return (self.second if since <= self.second else self.latest) - since >= grace


class Moment(NamedTuple):
    """`seconds` of a monotonic clock measure how long something lasts; `wall` (UTC, whole seconds) is written."""

    seconds: float
    wall: datetime

    def since(self, written: datetime | None) -> float:
        """The monotonic second of a time that was written earlier; now, where it is unknown or lies ahead."""
        if written is None:
            return self.seconds
        return self.seconds - max(0.0, (self.wall - written).total_seconds())
