"""What work costs, by namespace; and that no namespace's work keeps the event loop from everybody else.

A round is one coroutine, and some more for its questions. Each is driven step by step, from one wait to the next, and
the time of its steps is its cost. A namespace whose steps took their share of a turn of the loop waits for the next
turn. So answers that come all at once are read and judged in bits, and between these others have their turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Generator, Iterator, Set
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from wahealth.core.budget import Ledger

T = TypeVar("T")
_TIDY = 60.0  # seconds between two looks for namespaces without a resource
SHARE = 0.05  # seconds of a turn of the loop; a page of our own takes up to five turns: 0.25 s


class Purse:
    """Of one namespace. `spenders`: those of whom something is not in the ledger yet, this one among them then."""

    def __init__(self, namespace: str, spenders: list[Purse]) -> None:
        self.namespace = namespace
        self._spenders = spenders
        self.unsettled = 0.0  # seconds that are not in the ledger yet
        self._spent = 0.0  # seconds, since the share was used up last
        self.is_open = True  # else nothing more of it runs in this turn
        self.waiting = 0  # pieces of work

    def pay(self, seconds: float) -> None:
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
    """One round with all that it asks at once, or what comes of it."""

    def __init__(self, purse: Purse, clock: Callable[[], float]) -> None:
        self.purse = purse
        self.clock = clock
        self.cost = 0.0  # seconds
        self.held_up = False  # a deadline ended while a piece of it waited for its turn


_job: ContextVar[Job | None] = ContextVar("job", default=None)


def piece(work: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
    """Of the present job, for a task of its own."""
    job = _job.get()
    return work if job is None else _driven(work, job)


def was_held_up() -> bool:
    """Of the present job: an answer may have been there in time, and was not looked at."""
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
        """`clock` is read twice a step; `cpu`, the seconds that this thread has run, is dear to read."""
        self._ledger = ledger
        self._clock = clock
        self._cpu = cpu
        self._ran = cpu()
        self._purses: dict[str, Purse] = {}
        self._spenders: list[Purse] = []
        self._tidied = float("-inf")

    async def round(self, namespace: str, work: Coroutine[Any, Any, T]) -> T:
        """What comes of it. What it cost tells what the next one will."""
        job = Job(self._purse(namespace), self._clock)
        try:
            return await _driven(work, job)
        finally:
            self._ledger.of(namespace).round_ended(job.cost)

    async def act(self, namespace: str, work: Coroutine[Any, Any, T]) -> T:
        """What comes of work that follows from a round."""
        return await _driven(work, Job(self._purse(namespace), self._clock))

    @contextlib.contextmanager
    def charging(self, namespace: str) -> Iterator[None]:
        """For what is done for it at once."""
        began = self._clock()
        yield
        self._purse(namespace).pay(self._clock() - began)

    def waiting(self, namespace: str) -> int:
        """How many pieces of its work wait for their turn."""
        purse = self._purses.get(namespace)
        return 0 if purse is None else purse.waiting

    def settle(self, namespaces: Set[str], now: float) -> None:
        """Enters into the ledger what was spent since the last time. No more than this thread has run: where others
        keep the processor busy, each step takes long, and that is no namespace's fault. `namespaces`: all that have a
        resource."""
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

    def _purse(self, namespace: str) -> Purse:
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
    """A coroutine, step by step: each when its namespace has its turn, and paid for."""

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
        """The next one of the loop. No more can wait so than have a slot among the questions under way."""
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
