"""Whether this process itself was late: a round in which it was says nothing about a client."""

from __future__ import annotations

import asyncio

MOST = 1.0  # seconds
_BEAT = 0.2


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
            await asyncio.sleep(_BEAT)
            now = loop.time()
            if now - self._last > _BEAT + MOST:
                self._late = now
            self._last = now

    def since(self, second: float, now: float) -> bool:
        """Whether the loop was late by over a second at any time from `second` on, or is now."""
        return self._late >= second or now - self._last > _BEAT + MOST
