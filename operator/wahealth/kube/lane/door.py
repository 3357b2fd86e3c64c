"""What the scheduler knows of the fast lane; and a lane that takes no round, so that each is an ordinary one."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

from wahealth.kube.entry import ResourceEntry
from wahealth.kube.process.meter import Purse

Over = Callable[[ResourceEntry, bool], None]  # a round is over; False: an ordinary one must follow at once


class Way(Enum):
    """How a round goes."""

    REPEAT = auto()  # begun in the lane
    READ_FIRST = auto()  # what the resource refers to must be read, and may well say what it said
    ORDINARY = auto()


class Lane(Protocol):
    def is_under_way(self, uid: str) -> bool:
        """Whether a round of that resource is under way in the lane."""

    def begin(self, entry: ResourceEntry, now: float, purse: Purse, over: Over) -> Way:
        """Begin a round that repeats the last one, and call `over` once it is; else say what must be begun. `purse`: of
        its namespace."""

    async def reads_the_same(self, entry: ResourceEntry, now: float) -> bool:
        """Read again what the resource refers to: whether that says what it said, so that its round may `begin`."""

    def round_begins(self, entry: ResourceEntry) -> None:
        """An ordinary round begins."""

    def round_ended(self, entry: ResourceEntry, well: bool) -> None:
        """`well`: without an exception, so that it was about all that it depends on."""

    def forget(self, uid: str) -> None:
        """The resource is gone, or another replica probes it now."""

    def stop(self) -> None:
        """Nothing is under way any more."""


class _NoLane:
    def is_under_way(self, _: str) -> bool:
        return False

    def begin(self, *_: object) -> Way:
        return Way.ORDINARY

    async def reads_the_same(self, *_: object) -> bool:
        return False

    def round_begins(self, _: ResourceEntry) -> None: ...

    def round_ended(self, _: ResourceEntry, __: bool) -> None: ...

    def forget(self, _: str) -> None: ...

    def stop(self) -> None: ...


NO_LANE: Lane = _NoLane()
