"""The budget of a namespace: what its resources may cost, so that nobody else waits for them.

It is a tenth of a core over the last minute; a namespace that used more comes last. And never more than a quarter of a
second of work at once, estimated by what its last rounds cost. Work is in core seconds; times are monotonic seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Set
from typing import NamedTuple

WINDOW = 60.0  # seconds
MOST_USED = WINDOW / 10  # core seconds within the window; a namespace that used more comes last
AT_ONCE = 0.25  # core seconds of one namespace's work that is begun and perhaps not done yet
LATE = 0.25  # seconds after its time from which a round is late
_STEP = 5.0  # seconds to which the window is exact
_FIRST = 0.002  # core seconds that a round is taken to cost before one was measured
_WEIGHT = 1 / 8  # of the last round in the moving average of what a round costs


class Account:
    """The account of one namespace."""

    def __init__(self) -> None:
        self.cost = _FIRST  # core seconds that a round costs, as a moving average
        self._used: deque[tuple[int, float]] = deque()  # pairs of a step of time and its work, oldest first
        self._done_at = float("-inf")  # when all work that was begun would be done on a core of its own

    def charge(self, work: float, now: float) -> None:
        """Add work that was done."""
        step = int(now // _STEP)
        before = self._used.pop()[1] if self._used and self._used[-1][0] == step else 0.0
        self._used.append((step, before + work))
        self._forget(now)

    def used(self, now: float) -> float:
        """The work of the last minute."""
        self._forget(now)
        return sum(work for _, work in self._used)

    def round_began(self, now: float) -> None:
        """Count a round as begun, at what the last rounds cost."""
        self._done_at = max(now, self._done_at) + self.cost

    def round_ended(self, work: float) -> None:
        """Learn from a round what rounds cost. `work`: of the whole round."""
        self.cost += _WEIGHT * (work - self.cost)

    def has_room(self, waiting: int, now: float) -> bool:
        """Whether one more round may begin; `waiting`: how many pieces of work already wait for their turn."""
        begun = max(waiting * self.cost, self._done_at - now)
        return begun <= 0 or begun + self.cost <= AT_ONCE

    def _forget(self, now: float) -> None:
        oldest = int((now - WINDOW) // _STEP) + 1
        while self._used and self._used[0][0] < oldest:
            self._used.popleft()


class Ledger:
    """The accounts of all namespaces.

    An account is kept until its minute is over, even if its resources are deleted and created again meanwhile.
    """

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def of(self, namespace: str) -> Account:
        """The account of a namespace; a new one if it has none yet."""
        account = self._accounts.get(namespace)
        if account is None:
            account = self._accounts[namespace] = Account()
        return account

    def keep_only(self, namespaces: Set[str], now: float) -> None:
        """Drop the accounts of all other namespaces that used nothing in the last minute."""
        gone = [name for name, one in self._accounts.items() if name not in namespaces and not one.used(now)]
        for name in gone:
            del self._accounts[name]


_ROUNDS = 3  # postponed rounds in a row before that is reported
_LASTING = 60.0  # seconds that they must last before that is reported
_OVER = 300.0  # seconds without a postponed round after which it is no longer reported


class Postponed(NamedTuple):
    """Whether the status reports that a resource's rounds are postponed; not if that passes, because a status is quiet.

    Times are monotonic seconds.
    """

    reported: bool = False
    rounds: int = 0  # postponed rounds in a row
    since: float = 0.0  # the first of them
    last: float | None = None  # the last postponed round; None: none in this process

    def after(self, postponed: bool, now: float) -> Postponed:
        """The state after one more round has begun."""
        if postponed:
            since = self.since if self.rounds else now
            lasts = self.rounds + 1 >= _ROUNDS and now - since >= _LASTING
            return Postponed(self.reported or lasts, self.rounds + 1, since, now)
        if not self.reported:
            return NEVER
        last = now if self.last is None else self.last
        return Postponed(reported=True, last=last) if now - last < _OVER else NEVER


NEVER = Postponed()
