"""Readings that many want at the same time: whoever asks while one is under way shares the next.

Many resources that are created together want the same, and so do all that refer to a Secret when it changes. What is
given was always read after it was asked for, and never before a change that was the reason to ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, TypeVar

from wahealth.kube.process.meter import piece

T = TypeVar("T")
_PATIENCE = 3.0  # seconds for which the next reading waits for the one under way, which may never be answered
Read = Callable[[], Coroutine[Any, Any, T]]


class Joined:
    """Used within one event loop."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._next: dict[Hashable, asyncio.Task[Any]] = {}  # not begun yet

    async def value(self, name: Hashable, read: Read[T]) -> T:
        """What `read` gives. It begins after this call, and once for all who ask for that name until then; it goes on
        when one of them is cancelled. All are given what it raises."""
        task: asyncio.Task[T] | None = self._next.get(name)
        if task is None:
            task = self._next[name] = asyncio.create_task(self._begun(name, read))
            task.add_done_callback(_seen)
        return await asyncio.shield(task)

    async def _begun(self, name: Hashable, read: Read[T]) -> T:
        if before := self._under_way.get(name):
            await asyncio.wait([before], timeout=_PATIENCE)
        this = self._under_way[name] = self._next.pop(name)
        try:
            return await piece(read())
        finally:
            if self._under_way.get(name) is this:
                del self._under_way[name]


def _seen(task: asyncio.Task[Any]) -> None:
    """Nobody may be left who would look at its exception."""
    if not task.cancelled():
        task.exception()
