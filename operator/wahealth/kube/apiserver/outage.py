"""Whether the API server can be asked, as all who ask it find: one line a minute while it cannot, one when it can
again.

Shared by two threads (kopf's and ours); each field is written in one step.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)


class Outage:
    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._since: float | None = None
        self._paused_until = float("-inf")

    @property
    def seconds(self) -> float:
        """For how long the API server could not be asked; 0: it can."""
        since = self._since
        return 0.0 if since is None else self._now() - since

    @property
    def pause(self) -> float:
        """Seconds for which it wants to be left alone."""
        return max(0.0, self._paused_until - self._now())

    def failed(self, why: str) -> None:
        """`why` in our own words: a type of exception or a status code."""
        if self._since is None:
            self._since = self._now()
        log.warning("the API server does not answer", extra=topic("outage", error=why, seconds=round(self.seconds)))

    def paused(self, seconds: float) -> None:
        """A 429: it is there, and wants to be left alone for so long."""
        self._paused_until = max(self._paused_until, self._now() + seconds)
        log.warning("the API server asks for fewer requests", extra=topic("pause", pause_seconds=round(seconds, 1)))

    def over(self) -> None:
        since, self._since = self._since, None
        if since is not None:
            log.info("the API server answers again", extra=topic("outage over", seconds=round(self._now() - since)))
