"""The whole fleet: when most of it becomes unreachable at once, the fault is on our side of the path.

The one part of the core that keeps state of its own: it is asked by every round of every resource.
"""

from __future__ import annotations

from collections.abc import Set
from itertools import takewhile
from typing import NamedTuple

FEWEST = 10  # resources that must be lost at once
MOST_OF = 0.8  # of those that were reachable before
BACK = 0.5  # of the lost ones, and it is over


class Loss(NamedTuple):
    at: float
    period: float


class Fleet:
    """Times are monotonic seconds; a resource is named by its uid."""

    def __init__(self) -> None:
        self._reached: dict[str, bool] = {}
        self._up = 0
        self._lost: dict[str, Loss] = {}  # oldest first
        self._longest = 0.0  # period of the lost ones
        self._awaited: set[str] = set()  # while isolated: the lost ones that do not answer yet
        self._frozen = 0  # how many they were

    @property
    def isolated(self) -> bool:
        """Verdicts are frozen: nothing is written to any resource."""
        return self._frozen > 0

    def knows(self, uid: str) -> bool:
        return uid in self._reached

    def saw(self, uid: str, reached: bool, asked: float, period: float) -> None:
        """A round that asked somebody has ended; `asked` is when it began."""
        was = self._reached.get(uid, False)
        self._reached[uid] = reached
        self._up += reached - was
        if reached:
            self._lost.pop(uid, None)
            self._answered(uid)
        elif was:
            self._lost[uid] = Loss(asked, period)
            self._longest = max(self._longest, period)
        if not self.isolated:
            self._look(asked)

    def forget(self, uid: str) -> None:
        """The resource is gone, or nobody asks for it any more."""
        self._up -= self._reached.pop(uid, False)
        self._lost.pop(uid, None)
        self._answered(uid)

    def keep_only(self, uids: Set[str]) -> None:
        """All others are another's to ask now."""
        for uid in self._reached.keys() - uids:
            self.forget(uid)

    def _look(self, now: float) -> None:
        for uid in [*takewhile(lambda uid: now - self._lost[uid].at > self._longest, self._lost)]:
            del self._lost[uid]
        lost = len(self._lost)
        if lost >= FEWEST and lost >= MOST_OF * (lost + self._up):
            self._awaited, self._frozen = set(self._lost), lost
        if not lost:
            self._longest = 0.0

    def _answered(self, uid: str) -> None:
        self._awaited.discard(uid)
        if self.isolated and len(self._awaited) <= self._frozen * (1 - BACK):
            self._awaited, self._frozen = set(), 0
            self._lost.clear()
