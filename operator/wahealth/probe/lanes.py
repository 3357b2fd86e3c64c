"""How many questions may be under way at once, so that those which nobody answers never hold up the others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

FEWEST_SLOTS = 2


class Lanes:
    """Half of the slots are for whoever answered last time, whatever the others do. Used within one event loop."""

    def __init__(self, slots: int) -> None:
        """`slots`: at least `FEWEST_SLOTS`."""
        self._slow = asyncio.Semaphore(slots // 2)
        self._fast = asyncio.Semaphore(slots - slots // 2)
        self._silent: set[str] = set()  # hosts that let their last question run out of time

    @contextlib.asynccontextmanager
    async def slot(self, host: str) -> AsyncIterator[None]:
        async with self._slow if host in self._silent else self._fast:
            yield

    def answered(self, host: str) -> None:
        self._silent.discard(host)

    def was_silent(self, host: str) -> None:
        self._silent.add(host)

    def drop(self, host: str) -> None:
        """Nobody asks there any more."""
        self._silent.discard(host)
