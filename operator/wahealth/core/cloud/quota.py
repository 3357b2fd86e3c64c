"""How often the numbers of one token may be asked: one budget for all of them, spread evenly, never as a burst.

Documented (page "Rate limits"): 200 requests an hour for an app and account, and 5,000 once the account is active. The
vendor counts refused requests, too, so asking on prolongs a throttle. This process takes seven tenths of its share of
the shards, so that others who use the app have the rest. It begins with 200 an hour and follows the usage headers: if a
tenth of the quota is used after 50 requests of ours, it is 500 an hour.

    numbers of one budget at 200 an hour    a request for each of them every
    1 to 11                                 300 s, the default period
    40                                      1,029 s
    200                                     5,143 s

The clock is monotonic seconds. State is kept by budget and resource; a resource that does not ask any more is
forgotten. A pause that the vendor asks for is the whole budget's.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from wahealth.core.cloud.errors import ErrorClass, GraphError, throttle

HOURLY = 200  # requests that the vendor admits for an app and account
MOST_HOURLY = 5_000  # the same, once the account is active
SHARE = 0.7  # of them, for this operator
AT_ONCE = 20  # requests of one budget when a process starts; the others follow at the pace of the budget
_HOUR = 3600.0  # seconds
_LEAST_CALLS = 10  # of this process within an hour, before a per cent of usage says anything
_LEAST_PART = 0.1  # of the first quota: what is asked at least, however much others use
_TIDY = 60.0  # seconds between two looks for what is gone
_FORGOTTEN = 2.0  # of its own period: a resource that has not asked for so long has gone


class BudgetKey(NamedTuple):
    """Whose budget it is. `app`: its ID where it is known, else a digest of the token, else the name of its Secret;
    `account`: its ID where the resource names it, else empty."""

    app: str
    account: str = ""


class Usage(NamedTuple):
    """What an answer says of the quota. `per_cent` of it that is used by everyone, 0 where it does not say; `regain`:
    seconds until the vendor answers again, 0 while it does."""

    per_cent: float = 0.0
    regain: float = 0.0


class Quota:
    def __init__(self, shards: int = 1, limited: bool = True) -> None:
        """`shards`: over which the resources are spread; each process has its share of the budget. `limited` False:
        whoever answers counts nothing, such as a simulator; pauses hold all the same."""
        self._limited = limited
        self._shards = shards
        self._budgets: dict[BudgetKey, _Budget] = {}
        self._key_of: dict[str, BudgetKey] = {}  # by resource: whose budget it takes from
        self._tidied = float("-inf")

    def wait(self, key: BudgetKey, uid: str, period: float, now: float, cost: float = 1.0) -> float:
        """Seconds until that resource may ask for the first time; 0 for one that has asked before. `cost`: requests
        of one of its rounds, on average."""
        if now - self._tidied >= _TIDY:
            self._tidied = now
            self._forget(now)
        if not self._limited:
            return 0.0
        self._move(uid, key)
        self._key_of[uid] = key
        return self._of(key, now).wait(uid, period, cost, now)

    def _move(self, uid: str, key: BudgetKey) -> None:
        """A token whose app has become known has the budget that it had, under one name more. Another account has
        another budget."""
        old = self._key_of.get(uid, key)
        budget = self._budgets.get(old)
        if budget is not None and old.account == key.account:
            self._budgets.setdefault(key, budget)
        if self._budgets.get(key) is not budget:
            self.drop(uid)

    def drop(self, uid: str) -> None:
        """That resource asks no more, or takes from another budget now: its share is for the others."""
        key = self._key_of.pop(uid, None)
        if key in self._budgets:
            self._budgets[key].drop(uid)

    def period(self, key: BudgetKey, period: float) -> float:
        """Seconds from one round of each resource to its next: the one it wants, or what the budget allows."""
        budget = self._budgets.get(key)
        return max(period, budget.period) if budget and self._limited else period

    def asked(self, key: BudgetKey, now: float) -> None:
        """A request was sent."""
        self._of(key, now).asked(now)

    def heard(self, key: BudgetKey, usage: Usage, said: object, now: float) -> None:
        """An answer has come with this usage; `said`: what it came to, which may ask for a pause."""
        self._of(key, now).learn(usage.per_cent, self._shards, now)
        if usage.regain > 0:
            self.pause(key, throttle(usage.regain), now)
        if isinstance(said, GraphError) and said.kind is ErrorClass.THROTTLE:
            self.pause(key, said, now)

    def pause(self, key: BudgetKey, said: GraphError, now: float) -> None:
        """Ask nothing for the seconds that the error wants. A shorter pause leaves a longer one as it is, for answers
        to requests sent at the same time come in any order."""
        budget, wanted = self._of(key, now), _Pause(said, now + said.retry_after)
        if budget.pause is None or wanted.until > budget.pause.until:
            budget.pause = wanted

    def paused(self, key: BudgetKey, now: float) -> GraphError | None:
        """What asked for a pause that still lasts, with the seconds that are left of it."""
        budget = self._budgets.get(key)
        if budget is None or budget.pause is None or now >= budget.pause.until:
            return None
        return budget.pause.said._replace(retry_after=budget.pause.until - now)

    def _of(self, key: BudgetKey, now: float) -> _Budget:
        budget = self._budgets.get(key)
        if budget is None:
            budget = self._budgets[key] = _Budget(HOURLY / self._shards, now)
        return budget

    def _forget(self, now: float) -> None:
        """Drop the resources that have not asked for long, and budgets that nobody uses. Linear, and seldom."""
        for key, budget in list(self._budgets.items()):
            budget.forget(now)
            if budget.is_idle(now):
                del self._budgets[key]
        self._key_of = {uid: key for uid, key in self._key_of.items() if key in self._budgets}


class _Pause(NamedTuple):
    said: GraphError
    until: float


class _Asker(NamedTuple):
    """A resource that asks: until when it counts, and what a round of it costs."""

    until: float
    cost: float


class _Budget:
    """The budget of one app and account, as far as this process has it."""

    def __init__(self, hourly: float, now: float) -> None:
        self.pause: _Pause | None = None
        self._askers: dict[str, _Asker] = {}  # by resource
        self._cost = 0.0  # of a round of all of them
        self._first: dict[str, float] = {}  # by resource that waits: when it may ask for the first time
        self._began = now
        self._begun_with = self._hourly = hourly  # requests that the vendor admits an hour
        self._next_free = now - AT_ONCE * self._interval
        self._calls: deque[float] = deque()  # when requests were sent, of the last hour

    @property
    def _interval(self) -> float:
        """Seconds from one request to the next."""
        return _HOUR / (self._hourly * SHARE)

    @property
    def period(self) -> float:
        """Seconds within which each resource has one round."""
        return self._cost * self._interval

    def wait(self, uid: str, period: float, cost: float, now: float) -> float:
        known = self._askers.get(uid)
        self._cost += cost - (known.cost if known else 0.0)
        self._askers[uid] = _Asker(now + _FORGOTTEN * max(period, self.period), cost)
        if known is None:
            self._first[uid] = max(self._next_free, now - self._interval * AT_ONCE)
            self._next_free = self._first[uid] + self._interval * cost
        left = self._first.get(uid, now) - now
        if left <= 0:
            self._first.pop(uid, None)
        return max(0.0, left)

    def drop(self, uid: str) -> None:
        asker = self._askers.pop(uid, None)
        self._cost -= asker.cost if asker else 0.0
        first = self._first.pop(uid, None)
        if asker is not None and first is not None and first + self._interval * asker.cost == self._next_free:
            self._next_free = first  # nobody has come after it

    def asked(self, now: float) -> None:
        self._calls.append(now)
        self._trim(now)

    def learn(self, per_cent: float, shards: int, now: float) -> None:
        """Learn the quota from the part of it that is used. What others use of it makes it smaller, but not within the
        first hour, in which this process does not know what the one before it has used."""
        self._trim(now)
        if per_cent < 1 or len(self._calls) < _LEAST_CALLS:
            return
        least = self._begun_with * (1 if now - self._began < _HOUR else _LEAST_PART)
        self._hourly = min(max(len(self._calls) * 100 / per_cent, least), MOST_HOURLY / shards)

    def forget(self, now: float) -> None:
        self._trim(now)
        self._askers = {uid: asker for uid, asker in self._askers.items() if now < asker.until}
        self._first = {uid: at for uid, at in self._first.items() if uid in self._askers}
        self._cost = sum(asker.cost for asker in self._askers.values())

    def is_idle(self, now: float) -> bool:
        return not self._askers and not self._calls and (self.pause is None or now >= self.pause.until)

    def _trim(self, now: float) -> None:
        while self._calls and self._calls[0] <= now - _HOUR:
            self._calls.popleft()
