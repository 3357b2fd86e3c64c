"""Which rounds are due, and which of them begin now: the most overdue first, and those of the costliest namespace last.

A round whose time has come is in one queue with those of all namespaces. If its namespace has no room for it, or is
over its budget, the round is held apart: it begins after the queue, and for a namespace over its budget not at all
while a round of the queue is late. Times are monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import chain
from typing import NamedTuple

from wahealth.core.control.budget import LATE, MOST_USED, Account, Ledger


class Entry(NamedTuple):
    """A round that is due `at` a time (monotonic seconds), of the resource with this uid."""

    at: float
    uid: str
    namespace: str


class Begun(NamedTuple):
    """A round that begins now. `postponed`: it is late, because its namespace costs more than its share."""

    uid: str
    late: float  # seconds
    postponed: bool = False


class Due:
    """The due times of all resources: one round of each, in the future, in the queue or held apart."""

    def __init__(self, ledger: Ledger, waiting: Callable[[str], int]) -> None:
        """`waiting`: returns how many pieces of a namespace's work wait for their turn."""
        self._ledger = ledger
        self._waiting = waiting
        self._at: dict[str, float] = {}  # by uid: the time that holds; the heaps may have older ones
        self._to_come: list[Entry] = []  # a heap of rounds in the future
        self._queue: list[Entry] = []  # a heap of rounds whose time has come
        self._held: dict[str, list[Entry]] = {}  # by namespace: a heap of the rounds that are held apart
        self._denied: dict[str, float] = {}  # by namespace: when it was last over its budget with rounds held apart

    def put(self, uid: str, namespace: str, at: float) -> None:
        """Make a resource due at this time, in place of any other."""
        self._at[uid] = at
        heappush(self._to_come, Entry(at, uid, namespace))

    def drop(self, uid: str) -> None:
        """Make a resource not due at all."""
        self._at.pop(uid, None)

    def behind(self, now: float) -> float:
        """Seconds for which the oldest round has been due without being considered; one that is held apart was."""
        return max([0.0, *(now - entries[0].at for entries in (self._to_come, self._queue) if entries)])

    def pause(self, now: float, held: float) -> float:
        """Seconds until a round may begin; `held`: the most, if rounds are held apart."""
        if self._queue:
            return 0.0
        soonest = self._to_come[0].at - now if self._to_come else float("inf")
        return min(soonest, held) if self._held else soonest

    def collect(self, until: float) -> list[str]:
        """Move the rounds that are due by then into the queue; returns the uids of their resources."""
        collected: list[str] = []
        while self._to_come and self._to_come[0].at <= until:
            entry = heappop(self._to_come)
            if self._holds(entry):
                heappush(self._queue, entry)
                collected.append(entry.uid)
        return collected

    def skip(self, until: float) -> list[str]:
        """Drop all rounds that are due by then; returns the uids of their resources."""
        self.collect(until)
        skipped = [entry.uid for entry in chain(self._queue, *self._held.values()) if self._holds(entry)]
        self._queue, self._held, self._denied = [], {}, {}
        for uid in skipped:
            self.drop(uid)
        return skipped

    def take(self, now: float, most: int, alone: bool) -> list[Begun]:
        """Take out the rounds that begin now, at most so many.

        `alone`: there is only one namespace, and it may use the whole core.
        """
        begun: list[Begun] = []
        is_late = self._take_queued(begun, now, most, alone)
        used = {name: 0.0 if alone else self._ledger.of(name).used(now) for name in self._held}
        for name in sorted(used, key=lambda name: (max(MOST_USED, used[name]), name)):
            over = used[name] > MOST_USED
            if not (over and is_late):
                self._take_held(begun, name, now, most)
            if over and name in self._held:
                self._denied[name] = now
        return begun

    def _take_queued(self, begun: list[Begun], now: float, most: int, alone: bool) -> bool:
        """Take rounds from the queue. Returns whether one of them is late, or one that is left in the queue."""
        is_late = False
        while self._queue and len(begun) < most:
            entry = heappop(self._queue)
            if not self._holds(entry):
                continue
            account = self._ledger.of(entry.namespace)
            over = not alone and account.used(now) > MOST_USED
            if over or entry.namespace in self._held or not self._has_room(account, entry.namespace, now):
                heappush(self._held.setdefault(entry.namespace, []), entry)
                continue
            is_late = is_late or now - entry.at > LATE
            begun.append(self._begun(entry, account, now))
        return is_late or (bool(self._queue) and now - self._queue[0].at > LATE)

    def _take_held(self, begun: list[Begun], namespace: str, now: float, most: int) -> None:
        """Take as many of a namespace's held rounds as there is room for."""
        entries, account = self._held[namespace], self._ledger.of(namespace)
        while entries and len(begun) < most:
            if not self._holds(entries[0]):
                heappop(entries)
            elif self._has_room(account, namespace, now):
                begun.append(self._begun(heappop(entries), account, now))
            else:
                return
        if not entries:
            del self._held[namespace]
            self._denied.pop(namespace, None)

    def _begun(self, entry: Entry, account: Account, now: float) -> Begun:
        self.drop(entry.uid)
        account.round_began(now)
        denied = self._denied.get(entry.namespace)
        return Begun(entry.uid, now - entry.at, denied is not None and denied >= entry.at and now - entry.at > LATE)

    def _has_room(self, account: Account, namespace: str, now: float) -> bool:
        return account.has_room(self._waiting(namespace), now)

    def _holds(self, entry: Entry) -> bool:
        """Whether an entry still holds: otherwise its resource is gone, its round begun, or due at another time."""
        return self._at.get(entry.uid) == entry.at
