"""Now, as data: whoever decides is told the time."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Moment(NamedTuple):
    """`seconds` of a monotonic clock measure how long something lasts; `wall` (UTC, whole seconds) is written."""

    seconds: float
    wall: datetime

    def since(self, written: datetime | None) -> float:
        """The monotonic second of a time that was written earlier; now, where it is unknown or lies ahead."""
        if written is None:
            return self.seconds
        return self.seconds - max(0.0, (self.wall - written).total_seconds())
