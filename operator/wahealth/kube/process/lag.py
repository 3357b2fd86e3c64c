"""Whether this process itself was late: a round in which it was says nothing about a client."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback

from wahealth.telemetry import logs, metrics

log = logging.getLogger(__name__)

MOST = 1.0  # seconds
_TICK = 0.2
_STANDS_STILL = 5.0  # seconds


class Lag:
    """Notices that the event loop did not get its turn, for whatever reason: a pause, a lack of CPU, a slow handler."""

    def __init__(self) -> None:
        self._last = float("inf")  # not watched yet
        self._late = float("-inf")

    async def watch(self) -> None:
        """Runs until cancelled."""
        loop = asyncio.get_running_loop()
        self._last = loop.time()
        while True:
            await asyncio.sleep(_TICK)
            now = loop.time()
            if now - self._last > _TICK + MOST:
                self._late = now
                metrics.late.inc()
            self._last = now

    def behind(self, now: float) -> float:
        """Seconds since the loop had its turn last, beyond what is usual."""
        return max(0.0, now - self._last - _TICK)

    def since(self, second: float, now: float) -> bool:
        """Whether the loop was late by over a second at any time from `second` on, or is now."""
        return self._late >= second or now - self._last > _TICK + MOST


def watchdog(lag: Lag) -> None:
    """Says where the loop's thread is when it stands still, from a thread of its own that lives as long as the
    process."""
    watched = threading.get_ident()

    def watch() -> None:
        told = False
        while True:
            time.sleep(MOST)
            still = lag.behind(time.monotonic()) >= _STANDS_STILL
            if still and not told:
                frame = sys._current_frames().get(watched)
                at = logs.place(traceback.extract_stack(frame))
                log.error("event loop is blocked", extra={"at": at})
            told = still

    threading.Thread(target=watch, name="watchdog", daemon=True).start()
