"""How many questions may be under way at once, so that those which nobody answers never hold up the others."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator

FEWEST_SLOTS = 4
PATIENCE = 0.5  # seconds after which a question makes room for the next, and waits on beside the lanes
MOST_BESIDE = 1024  # that may wait so
MOST_KNOWN = 65_536  # hosts; whoever was asked longest ago is new again


class Bulkhead:
    """Half of the slots are for whoever answered last time, a quarter for whoever was never asked, and a quarter for
    whoever let the last question run out of time. Used within one event loop."""

    def __init__(self, slots: int) -> None:
        """`slots`: at least `FEWEST_SLOTS`."""
        quarter = slots // 4
        self._fast = asyncio.Semaphore(slots - 2 * quarter)
        self._new = asyncio.Semaphore(quarter)
        self._slow = asyncio.Semaphore(quarter)
        self._room_beside = MOST_BESIDE
        self._silent: OrderedDict[str, bool] = OrderedDict()  # by host: the last question to it ran out of time

    @contextlib.asynccontextmanager
    async def slot(self, host: str) -> AsyncIterator[None]:
        lane = {None: self._new, False: self._fast, True: self._slow}[self._silent.get(host)]
        await lane.acquire()
        beside = False

        def make_room() -> None:
            nonlocal beside
            if self._room_beside > 0:
                beside = True
                self._room_beside -= 1
                lane.release()

        # Whoever is known to be silent waits among its like, and has nobody to make room for.
        timer = None if lane is self._slow else asyncio.get_running_loop().call_later(PATIENCE, make_room)
        try:
            yield
        finally:
            if timer is not None:
                timer.cancel()
            if beside:
                self._room_beside += 1
            else:
                lane.release()

    def answered(self, host: str) -> None:
        self._know(host, False)

    def timed_out(self, host: str) -> None:
        self._know(host, True)

    def _know(self, host: str, silent: bool) -> None:
        self._silent[host] = silent
        self._silent.move_to_end(host)
        if len(self._silent) > MOST_KNOWN:
            self._silent.popitem(last=False)

    def drop(self, host: str) -> None:
        """Nobody asks there any more."""
        self._silent.pop(host, None)
