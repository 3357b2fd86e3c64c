"""What the resources of one namespace may cost, so that nobody else waits for them.

A tenth of a core over the last minute; who used more comes last. And never more than a quarter of a second's work at
once, as the last rounds cost. Work is in seconds of a core; times are seconds of one monotonic clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Set
from typing import NamedTuple

WINDOW = 60.0
MOST_USED = WINDOW / 10  # within it, without coming last
AT_ONCE = 0.25  # of one namespace, begun and perhaps not done yet
LATE = 0.25  # a round that begins so late is late
_STEP = 5.0  # to which the window is exact
_FIRST = 0.002  # what a round costs, before one was seen
_WEIGHT = 1 / 8  # of the last round in what a round costs


class Account:
    """Of one namespace."""

    def __init__(self) -> None:
        self.cost = _FIRST  # of a round, as the last ones went
        self._used: deque[tuple[int, float]] = deque()  # by step of time, oldest first
        self._done_at = float("-inf")  # when all that was begun would be done, had it a core for itself

    def charge(self, work: float, now: float) -> None:
        step = int(now // _STEP)
        before = self._used.pop()[1] if self._used and self._used[-1][0] == step else 0.0
        self._used.append((step, before + work))
        self._forget(now)

    def used(self, now: float) -> float:
        """Over the last minute."""
        self._forget(now)
        return sum(work for _, work in self._used)

    def round_began(self, now: float) -> None:
        self._done_at = max(now, self._done_at) + self.cost

    def round_ended(self, work: float) -> None:
        self.cost += _WEIGHT * (work - self.cost)

    def has_room(self, waiting: int, now: float) -> bool:
        """For one more round; `waiting` pieces of work wait for their turn already."""
        begun = max(waiting * self.cost, self._done_at - now)
        return begun <= 0 or begun + self.cost <= AT_ONCE

    def _forget(self, now: float) -> None:
        oldest = int((now - WINDOW) // _STEP) + 1
        while self._used and self._used[0][0] < oldest:
            self._used.popleft()


class Ledger:
    """All accounts. One is kept until its minute is over, whatever was deleted and made anew meanwhile."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def of(self, namespace: str) -> Account:
        account = self._accounts.get(namespace)
        if account is None:
            account = self._accounts[namespace] = Account()
        return account

    def keep_only(self, namespaces: Set[str], now: float) -> None:
        gone = [name for name, one in self._accounts.items() if name not in namespaces and not one.used(now)]
        for name in gone:
            del self._accounts[name]


_ROUNDS = 3  # in a row, and for a whole minute: then it is told
_LASTING = 60.0
_OVER = 300.0  # without a postponed round: then it is told no more


class Postponed(NamedTuple):
    """Whether it is told that a resource's rounds are postponed: not of one that passes, for a status is quiet."""

    reported: bool = False
    rounds: int = 0  # in a row that were
    since: float = 0.0  # the first of them
    last: float | None = None  # None: not in this process

    def after(self, postponed: bool, now: float) -> Postponed:
        """One more round has begun."""
        if postponed:
            since = self.since if self.rounds else now
            lasts = self.rounds + 1 >= _ROUNDS and now - since >= _LASTING
            return Postponed(self.reported or lasts, self.rounds + 1, since, now)
        if not self.reported:
            return NEVER
        last = now if self.last is None else self.last
        return Postponed(reported=True, last=last) if now - last < _OVER else NEVER


NEVER = Postponed()
