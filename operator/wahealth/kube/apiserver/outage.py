"""Whether the API server answers, as all requests of this process find: a log line a minute while it does not, and one
when it does again.

Shared by two threads (kopf's and ours), which needs no lock: each field is written in one step.
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
        """Seconds for which the API server has not answered; 0: it answers."""
        since = self._since
        return 0.0 if since is None else self._now() - since

    @property
    def pause(self) -> float:
        """Seconds for which it asks to be sent no requests; 0: none."""
        return max(0.0, self._paused_until - self._now())

    def failed(self, why: str) -> None:
        """A request failed. `why`: the type of an exception or an HTTP status, never a library's text."""
        if self._since is None:
            self._since = self._now()
        log.warning("the API server does not answer", extra=topic("outage", error=why, seconds=round(self.seconds)))

    def paused(self, seconds: float) -> None:
        """It answered 429, and asks to be sent no requests for so long."""
        self._paused_until = max(self._paused_until, self._now() + seconds)
        log.warning("the API server asks for fewer requests", extra=topic("pause", pause_seconds=round(seconds, 1)))

    def over(self) -> None:
        """It answered."""
        since, self._since = self._since, None
        if since is not None:
            log.info("the API server answers again", extra=topic("outage over", seconds=round(self._now() - since)))
