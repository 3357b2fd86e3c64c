"""Whether this process itself was late: such a round says nothing about a client."""

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
    """Notices when the event loop was late, for whatever reason: a pause, a lack of CPU, a slow handler."""

    def __init__(self) -> None:
        self._last = float("inf")  # monotonic: the last tick; inf: `watch` does not run yet
        self._late = float("-inf")  # monotonic: the end of the last delay

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
        """Seconds by which the next tick is late; `now`: monotonic timestamp."""
        return max(0.0, now - self._last - _TICK)

    def since(self, second: float, now: float) -> bool:
        """Whether the loop was late by over `MOST` seconds between `second` and `now`, both monotonic timestamps."""
        return self._late >= second or now - self._last > _TICK + MOST


def watchdog(lag: Lag) -> None:
    """Log where the calling thread's loop is blocked, from a thread that lives as long as the process."""
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
