"""Owns what runs: which resources there are, when each is asked next, and the rounds under way.

A heap of due times and one loop; no task sleeps for a resource. A resource's rounds never overlap, and those of
another replica's resources are not begun. An exception in a round is caught here, in one place: it ends that round,
that resource is left alone for longer and longer, and no other notices.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable

from wahealth.core.schedule import next_beat
from wahealth.kube.apiserver.api import ApiError, ApiUnavailable, Document
from wahealth.kube.cluster import Vanished
from wahealth.kube.cycle import Act
from wahealth.kube.process.leadership import NotLeading
from wahealth.kube.record import Record, Ref, record_of
from wahealth.probe.stage import ObserverFault
from wahealth.telemetry import logs, metrics

log = logging.getLogger(__name__)

Round = Callable[[Record], Awaitable[Act | None]]

_SLOT = 0.1  # seconds; due times within it share a wake-up, which costs more than a probe
_AT_ONCE = 100  # rounds begun in one turn of the event loop
_LOOK = 1.0  # seconds for which the loop waits at most
_STOOD_STILL = 3.0  # seconds without a turn: this process stood still, and what was due meanwhile is not caught up on
_LONGEST_REST = 300.0  # seconds for a resource whose rounds fail by a bug


class Supervisor:
    def __init__(
        self,
        round_: Round,
        luck: Callable[[], float] = random.random,
        forget: Callable[[Record], None] = lambda _: None,
        leads: Callable[[str], bool] = lambda _: True,
        shown: Callable[[Record], None] = lambda _: None,
    ) -> None:
        """`luck` gives 0 to 1: the phase of each new resource. `forget` is told of one that is gone, `shown` of one
        that the watch shows. `leads`: whether a resource, by its uid, is ours to ask for."""
        self._round = round_
        self._shown = shown
        self._forget = forget
        self._leads = leads
        self._luck = luck
        self._records: dict[str, Record] = {}  # by uid
        self._uids: defaultdict[str, set[str]] = defaultdict(set)  # by namespace
        self._phases: dict[str, float] = {}  # by uid, 0 to 1 of the period
        self._due: dict[str, float] = {}  # by uid, the one due time that holds; the heap may have older ones
        self._heap: list[tuple[float, str]] = []
        self._rounds: dict[str, asyncio.Task[None]] = {}  # under way, by uid
        self._acts: dict[str, asyncio.Task[None]] = {}  # what came of an earlier round is being done, by uid
        self._failures: dict[str, int] = {}  # by uid: rounds in a row that ended by a bug
        self._woken = asyncio.Event()

    def saw(self, document: Document) -> None:
        """A resource as the watch shows it: new, changed, or the echo of our own write."""
        uid = document["metadata"]["uid"]
        if "deletionTimestamp" in document["metadata"]:
            self.gone(uid)
        elif uid not in self._records:
            self._take_up(record_of(document))
        else:
            if self._records[uid].renew(document):
                self._ask_at(uid, self._now())
            self._shown(self._records[uid])

    def secret_changed(self, namespace: str, name: str) -> None:
        """Whoever signs in with it, or trusts it, is asked anew at once."""
        for uid in self._uids.get(namespace, ()):
            if self._records[uid].secret_changed(name):
                self._ask_at(uid, self._now())

    def gone(self, uid: str) -> None:
        record = self._records.get(uid)
        for table in (self._records, self._phases, self._due, self._failures):
            table.pop(uid, None)
        if record is not None:
            record.gone = True
            self._uids[record.ref.namespace].discard(uid)
            if not self._uids[record.ref.namespace]:
                del self._uids[record.ref.namespace]
            self._forget(record)

    def known(self) -> frozenset[Ref]:
        return frozenset(record.ref for record in self._records.values())

    def versions(self) -> dict[str, str]:
        """By uid: the resource version last seen or written."""
        return {uid: record.version for uid, record in self._records.items()}

    def led(self) -> list[Record]:
        """Those that are ours to ask for."""
        return [record for uid, record in self._records.items() if self._leads(uid)]

    def overdue(self) -> float:
        """By how many of its shortest periods the loop is behind; 0 where it is not."""
        if not self._heap:
            return 0.0
        shortest = min((record.timing.period for record in self._records.values()), default=1.0)
        return max(0.0, self._now() - self._heap[0][0]) / shortest

    def gained(self) -> None:
        """Some resources are ours now: what nobody has looked at yet is asked at once, all else on its own beat."""
        for uid, record in self._records.items():
            if self._leads(uid) and record.history is None and not _is_known(record):
                self._ask_at(uid, self._now())

    def lost(self) -> None:
        """Some resources are another's now: what runs for them ends, and nothing is remembered of their rounds."""
        for uid, record in self._records.items():
            if not self._leads(uid):
                record.forget_rounds()
                for running in (self._rounds.get(uid), self._acts.get(uid)):
                    if running is not None:
                        running.cancel()

    async def run(self) -> None:
        """Runs until cancelled, and takes the rounds under way with it."""
        async with asyncio.TaskGroup() as group:
            turned = self._now()
            while True:
                await self._until_due()
                now = self._now()
                if now - turned >= _STOOD_STILL:
                    self._skip(now)
                turned = now
                for uid in self._take_due(now):
                    record = self._records[uid]
                    self._rounds[uid] = group.create_task(self._turn(record, group), name=f"round {record.ref}")
                await asyncio.sleep(0)

    def _now(self) -> float:
        """Seconds of the loop's clock, which is monotonic."""
        return asyncio.get_running_loop().time()

    def _take_up(self, record: Record) -> None:
        self._records[record.uid] = record
        self._uids[record.ref.namespace].add(record.uid)
        self._phases[record.uid] = self._luck()
        self._shown(record)
        self._ask_at(record.uid, self._next(record) if _is_known(record) else self._now())

    def _next(self, record: Record) -> float:
        """Beyond the slot: what a shared wake-up takes a little early is not due again on its own beat."""
        period = record.timing.period
        return next_beat(self._now() + _SLOT, period, self._phases[record.uid] * period)

    def _ask_at(self, uid: str, due: float) -> None:
        self._due[uid] = due
        heapq.heappush(self._heap, (due, uid))
        self._woken.set()

    async def _until_due(self) -> None:
        """Or for a moment: so that the loop notices when it stood still."""
        self._woken.clear()
        wait = min(_LOOK, self._heap[0][0] - self._now()) if self._heap else _LOOK
        if wait > _SLOT:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()

    def _take_due(self, now: float) -> list[str]:
        """Some of the resources whose time has come, each with its next time set; one still busy waits for its next
        beat."""
        begun: list[str] = []
        while len(begun) < _AT_ONCE and (found := self._pop_due(now + _SLOT)) is not None:
            due, uid = found
            self._ask_at(uid, self._next(self._records[uid]))
            if uid not in self._rounds and self._leads(uid):
                metrics.probe_lateness.observe(max(0.0, now - due))
                begun.append(uid)
        return begun

    def _skip(self, now: float) -> None:
        """All that is due now waits for its next beat."""
        while (found := self._pop_due(now)) is not None:
            self._ask_at(found[1], self._next(self._records[found[1]]))

    def _pop_due(self, until: float) -> tuple[float, str] | None:
        """The next one that is due, by when and by its uid, which has no due time then."""
        while self._heap and self._heap[0][0] <= until:
            due, uid = heapq.heappop(self._heap)
            if self._due.get(uid) == due:  # else it is gone, taken, or due at another time by now
                del self._due[uid]
                return due, uid
        return None

    async def _turn(self, record: Record, group: asyncio.TaskGroup) -> None:
        """One round. What it says is to be done is begun, unless something is being done still: the next round says it
        again, for it compares what is wanted with what is."""
        before = record.generation, record.nudged
        try:
            async with self._guarded(record):
                act = await self._round(record)
                if act is None:
                    self._failures.pop(record.uid, None)
                elif record.uid not in self._acts:
                    self._acts[record.uid] = group.create_task(self._done(record, act), name=f"act {record.ref}")
        finally:
            self._rounds.pop(record.uid, None)
        if (record.generation, record.nudged) != before and record.uid in self._records:
            self._ask_at(record.uid, self._now())

    async def _done(self, record: Record, act: Act) -> None:
        before = record.generation
        try:
            async with self._guarded(record):
                await act()
                self._failures.pop(record.uid, None)
        finally:
            self._acts.pop(record.uid, None)
        if record.generation != before and record.uid in self._records and record.uid not in self._rounds:
            self._ask_at(record.uid, self._now())  # judged by an old spec

    @contextlib.asynccontextmanager
    async def _guarded(self, record: Record) -> AsyncIterator[None]:
        try:
            yield
        except Vanished:
            self.gone(record.uid)
        except (NotLeading, ApiUnavailable, ObserverFault) as error:
            log.debug("round ended early", extra={**record.fields, "error": type(error).__name__})
        except ApiError as error:
            about = logs.topic(f"round {record.uid} {error.status}", **record.fields, error=str(error))
            log.warning("round failed", extra=about)
        except Exception as error:  # noqa: BLE001 - the one place: a poison resource never stops another
            self._rest(record)
            metrics.bugs.labels("round").inc()
            log.error("bug in a round", extra=logs.topic(f"bug {record.uid}", **record.fields, **logs.bug(error)))

    def _rest(self, record: Record) -> None:
        """Its rounds fail by a bug of ours: one, two, four … periods until the next."""
        times = self._failures[record.uid] = self._failures.get(record.uid, 0) + 1
        if record.uid in self._records:
            wait = min(_LONGEST_REST, record.timing.period * 2.0 ** min(times, 16))
            self._ask_at(record.uid, self._now() + max(wait, record.timing.period))


def _is_known(record: Record) -> bool:
    """Somebody has looked at this generation."""
    return record.written.observed_generation == record.generation
