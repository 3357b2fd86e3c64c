"""How often the numbers of one token may be asked: one budget for all of them, spread evenly, never as a burst.

Documented (page "Rate limits"): 200 requests an hour for an app and account; the vendor counts refused ones, too, so
asking on prolongs a throttle. Numbers of one token share an app. This process takes seven tenths of its share of the
shards, so that others who use the app have the rest:

    numbers of one token    a request for each of them every
    1 to 11                 300 s, the default period
    40                      1,029 s
    200                     5,143 s

The clock is monotonic seconds. State is kept by token (a digest, or where the token is not known yet, the name of its
Secret) and resource; a resource that does not ask any more is forgotten.
"""

from __future__ import annotations

HOURLY = 200  # requests that the vendor admits for an app and account
SHARE = 0.7  # of them, for this operator
AT_ONCE = 20  # requests of one token when a process starts; the others follow at the pace of the budget
_TIDY = 60.0  # seconds between two looks for what is gone
_FORGOTTEN = 2.0  # of its own period: a resource that has not asked for so long has gone


class Quota:
    def __init__(self, shards: int = 1) -> None:
        """`shards`: over which the resources are spread; each process has its share of the budget."""
        self._interval = 3600 * shards / (HOURLY * SHARE)  # seconds from one request of a token to its next
        self._budgets: dict[str, _Budget] = {}
        self._tidied = float("-inf")

    def wait(self, token: str, uid: str, period: float, now: float) -> float:
        """Seconds until that resource may ask for the first time; 0 for one that has asked before."""
        if now - self._tidied >= _TIDY:
            self._tidied = now
            self._forget(now)
        budget = self._budgets.setdefault(token, _Budget(now - AT_ONCE * self._interval))
        return budget.wait(uid, period, self._interval, now)

    def period(self, token: str, period: float) -> float:
        """Seconds from one request of each resource to its next: the one it wants, or what the budget allows."""
        budget = self._budgets.get(token)
        return max(period, len(budget.seen) * self._interval) if budget else period

    def _forget(self, now: float) -> None:
        """Drop the resources that have not asked for long, and tokens without any. Linear, and seldom."""
        for token, budget in list(self._budgets.items()):
            budget.forget(now)
            if not budget.seen:
                del self._budgets[token]


class _Budget:
    """The budget of one token."""

    def __init__(self, next_free: float) -> None:
        self.seen: dict[str, float] = {}  # by resource: until when it counts
        self._first: dict[str, float] = {}  # by resource that waits: when it may ask for the first time
        self._next_free = next_free

    def wait(self, uid: str, period: float, interval: float, now: float) -> float:
        new = uid not in self.seen
        self.seen[uid] = now + _FORGOTTEN * max(period, (len(self.seen) + new) * interval)
        if new:
            self._first[uid] = max(self._next_free, now - interval * AT_ONCE)
            self._next_free = self._first[uid] + interval
        left = self._first.get(uid, now) - now
        if left <= 0:
            self._first.pop(uid, None)
        return max(0.0, left)

    def forget(self, now: float) -> None:
        self.seen = {uid: until for uid, until in self.seen.items() if now < until}
        self._first = {uid: at for uid, at in self._first.items() if uid in self.seen}
