"""Measures what work costs by namespace, and keeps one namespace's work from blocking the event loop for the others.

A round is one coroutine, with some more for its probes. Each is driven step by step, from one await to the next, and
the time of its steps is its cost. A namespace whose steps have used their share of a turn of the loop waits for the
next turn. So answers that come all at once are handled in pieces, with the work of others in between.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Generator, Set
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from wahealth.core.control.budget import Ledger

T = TypeVar("T")
_TIDY = 60.0  # seconds between two looks for namespaces without a resource
SHARE = 0.05  # seconds a turn of the loop; answering our own endpoints takes up to five turns: 0.25 s


class Purse:
    """What one namespace spends. `spenders`: the list of purses with unsettled costs, to which this one adds itself."""

    def __init__(self, namespace: str, spenders: list[Purse]) -> None:
        self.namespace = namespace
        self._spenders = spenders
        self.unsettled = 0.0  # seconds that are not in the ledger yet
        self._spent = 0.0  # seconds since the purse was opened last
        self.is_open = True  # False: nothing more of the namespace runs in this turn of the loop
        self.waiting = 0  # pieces of work that wait for their turn

    def pay(self, seconds: float) -> None:
        """Add a cost; the purse closes for the rest of the turn once the share is used up."""
        if seconds > 0 and not self.unsettled:
            self._spenders.append(self)
        self.unsettled += seconds
        self._spent += seconds
        if self._spent >= SHARE and self.is_open:
            self.is_open = False
            asyncio.get_running_loop().call_soon(self._open)

    def _open(self) -> None:
        self._spent, self.is_open = 0.0, True


class Job:
    """One round with all its probes, or one action after it."""

    def __init__(self, purse: Purse, clock: Callable[[], float]) -> None:
        self.purse = purse
        self.clock = clock
        self.cost = 0.0  # seconds
        self.held_up = False  # a piece of it was cancelled, as by a deadline, while it waited for its turn


class Charge:
    """What is done within it is charged to a purse."""

    __slots__ = ("_began", "_clock", "purse")

    def __init__(self, purse: Purse, clock: Callable[[], float]) -> None:
        self.purse = purse
        self._clock = clock

    def __enter__(self) -> Purse:
        self._began = self._clock()
        return self.purse

    def __exit__(self, *_: object) -> None:
        self.purse.pay(self._clock() - self._began)


_job: ContextVar[Job | None] = ContextVar("job", default=None)


def piece(work: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
    """Make `work` a part of the current job, so that it may run in a task of its own. Without a job: `work` itself."""
    job = _job.get()
    return work if job is None else _driven(work, job)


def was_held_up() -> bool:
    """Whether an answer to the current job may have come in time without being read."""
    job = _job.get()
    return job is not None and job.held_up


class Meter:
    """Used within one event loop."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], float] = time.perf_counter,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        """`clock`, in seconds, is read twice a step. `cpu`: seconds that this thread has run, which costs more to
        read."""
        self._ledger = ledger
        self._clock = clock
        self._cpu = cpu
        self._ran = cpu()
        self._purses: dict[str, Purse] = {}
        self._spenders: list[Purse] = []
        self._tidied = float("-inf")

    async def round(self, namespace: str, work: Coroutine[Any, Any, T]) -> T:
        """Run a round: its result. Its cost is the estimate for the namespace's next round."""
        job = Job(self.purse(namespace), self._clock)
        try:
            return await _driven(work, job)
        finally:
            self._ledger.of(namespace).round_ended(job.cost)

    async def act(self, namespace: str, work: Coroutine[Any, Any, T]) -> T:
        """Run what follows from a round: its result."""
        return await _driven(work, Job(self.purse(namespace), self._clock))

    def charging(self, namespace: str) -> Charge:
        """Charge synchronous work to the namespace."""
        return Charge(self.purse(namespace), self._clock)

    def repeated(self, namespace: str) -> None:
        """A round has ended that cost next to nothing."""
        self._ledger.of(namespace).round_ended(0.0)

    def waiting(self, namespace: str) -> int:
        """How many pieces of the namespace's work wait for their turn."""
        purse = self._purses.get(namespace)
        return 0 if purse is None else purse.waiting

    def settle(self, namespaces: Set[str], now: float) -> None:
        """Enter into the ledger what was spent since the last call.

        The sum is at most what this thread has run: when other processes keep the CPU busy every step takes long, and
        no namespace is charged for that. `namespaces`: all that have a resource. `now`: monotonic timestamp.
        """
        before, self._ran = self._ran, self._cpu()
        spent = sum(purse.unsettled for purse in self._spenders)
        part = min(1.0, (self._ran - before) / spent) if spent else 0.0
        for purse in self._spenders:
            self._ledger.of(purse.namespace).charge(part * purse.unsettled, now)
            purse.unsettled = 0.0
        self._spenders.clear()
        if now - self._tidied >= _TIDY:
            self._tidied = now
            self._purses = {name: purse for name, purse in self._purses.items() if name in namespaces}
            self._ledger.keep_only(namespaces, now)

    def purse(self, namespace: str) -> Purse:
        """The one of the namespace."""
        purse = self._purses.get(namespace)
        if purse is None:
            purse = self._purses[namespace] = Purse(namespace, self._spenders)
        return purse


async def _driven(work: Coroutine[Any, Any, T], job: Job) -> T:
    token = _job.set(job)
    try:
        return await _Steps(work, job)
    finally:
        _job.reset(token)


class _Steps(Generic[T]):
    """Drives a coroutine step by step: each step waits for its namespace's turn, and is charged to it."""

    def __init__(self, work: Coroutine[Any, Any, T], job: Job) -> None:
        self._work = work
        self._job = job

    def __await__(self) -> Generator[Any, None, T]:
        work, job = self._work, self._job
        purse, clock = job.purse, job.clock
        step: Callable[[Any], Any] = work.send
        given: Any = None
        while True:
            if not purse.is_open:
                try:
                    yield from self._turn()
                except BaseException as error:  # noqa: BLE001 - it is the work's own: cancelled meanwhile, or closed
                    step, given = work.throw, error
            began = clock()
            try:
                awaited = step(given)
            except StopIteration as done:
                result: T = done.value
                return result
            finally:
                cost = clock() - began
                job.cost += cost
                purse.pay(cost)
            try:
                yield awaited
            except BaseException as error:  # noqa: BLE001 - it is the work's own, as above
                step, given = work.throw, error
            else:
                step, given = work.send, None

    def _turn(self) -> Generator[None, None, None]:
        """Wait for the next turn of the loop in which the purse is open. Only as many wait as have a probe slot."""
        purse = self._job.purse
        purse.waiting += 1
        try:
            while not purse.is_open:
                yield
        except asyncio.CancelledError:
            self._job.held_up = True
            raise
        finally:
            purse.waiting -= 1
