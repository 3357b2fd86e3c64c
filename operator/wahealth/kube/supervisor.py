"""Owns what runs: which resources there are, when each is asked next, and the rounds under way.

A heap of due times and one loop; no task sleeps for a resource. A resource's rounds never overlap. An exception in a
round is caught here, in one place: it ends that round, and no other resource notices.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import random
from collections.abc import Awaitable, Callable

from wahealth.core.schedule import next_beat
from wahealth.kube.api import ApiError, ApiUnavailable, Document
from wahealth.kube.cluster import Vanished
from wahealth.kube.record import Record, Ref, record_of
from wahealth.probe.stage import ObserverFault
from wahealth.telemetry import logs

log = logging.getLogger(__name__)

Round = Callable[[Record], Awaitable[None]]

_SLOT = 0.05  # due times within it share a wake-up


class Supervisor:
    def __init__(
        self,
        round_: Round,
        luck: Callable[[], float] = random.random,
        forget: Callable[[Record], None] = lambda _: None,
    ) -> None:
        """`luck` gives 0 to 1: the phase of each new resource. `forget` is told of one that is gone."""
        self._round = round_
        self._forget = forget
        self._luck = luck
        self._records: dict[str, Record] = {}  # by uid
        self._phases: dict[str, float] = {}  # by uid, 0 to 1 of the period
        self._due: dict[str, float] = {}  # by uid, the one due time that holds; the heap may have older ones
        self._heap: list[tuple[float, str]] = []
        self._busy: set[str] = set()
        self._woken = asyncio.Event()

    def saw(self, document: Document) -> None:
        """A resource as the watch shows it: new, changed, or the echo of our own write."""
        uid = document["metadata"]["uid"]
        if "deletionTimestamp" in document["metadata"]:
            self.gone(uid)
        elif uid not in self._records:
            self._take_up(record_of(document))
        elif self._records[uid].renew(document):
            self._ask_at(uid, self._now())

    def secret_changed(self, namespace: str, name: str) -> None:
        """Whoever signs in with it, or trusts it, is asked anew at once."""
        for uid, record in self._records.items():
            if record.ref.namespace == namespace and record.secret_changed(name):
                self._ask_at(uid, self._now())

    def gone(self, uid: str) -> None:
        record = self._records.get(uid)
        for table in (self._records, self._phases, self._due):
            table.pop(uid, None)
        if record is not None:
            record.gone = True
            self._forget(record)

    def known(self) -> frozenset[Ref]:
        return frozenset(record.ref for record in self._records.values())

    async def run(self) -> None:
        """Runs until cancelled, and takes the rounds under way with it."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._until_due()
                for uid in self._take_due(self._now() + _SLOT):
                    self._busy.add(uid)
                    group.create_task(self._turn(self._records[uid]), name=f"round {self._records[uid].ref}")

    def _now(self) -> float:
        """Seconds of the loop's clock, which is monotonic."""
        return asyncio.get_running_loop().time()

    def _take_up(self, record: Record) -> None:
        self._records[record.uid] = record
        self._phases[record.uid] = self._luck()
        known = record.written.observed_generation == record.generation
        self._ask_at(record.uid, self._next(record) if known else self._now())

    def _next(self, record: Record) -> float:
        """Beyond the slot: what a shared wake-up takes a little early is not due again on its own beat."""
        period = record.timing.period
        return next_beat(self._now() + _SLOT, period, self._phases[record.uid] * period)

    def _ask_at(self, uid: str, due: float) -> None:
        self._due[uid] = due
        heapq.heappush(self._heap, (due, uid))
        self._woken.set()

    async def _until_due(self) -> None:
        while True:
            self._woken.clear()
            wait = self._heap[0][0] - self._now() if self._heap else None
            if wait is not None and wait <= _SLOT:
                return
            try:
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            except TimeoutError:
                return

    def _take_due(self, until: float) -> list[str]:
        """Resources whose time has come, each with its next time set; one still busy waits for its next beat."""
        taken: list[str] = []
        while self._heap and self._heap[0][0] <= until:
            due, uid = heapq.heappop(self._heap)
            if self._due.get(uid) == due:  # else it is gone, taken, or due at another time by now
                del self._due[uid]
                taken.append(uid)
        for uid in taken:
            self._ask_at(uid, self._next(self._records[uid]))
        return [uid for uid in taken if uid not in self._busy]

    async def _turn(self, record: Record) -> None:
        before = record.generation, record.nudged
        try:
            await self._round(record)
        except Vanished:
            self.gone(record.uid)
        except (ApiError, ApiUnavailable, ObserverFault) as error:
            log.warning("round failed", extra={"ref": str(record.ref), "error": _safe(error)})
        except Exception as error:  # noqa: BLE001 - the one place: a poison resource never stops another
            log.error("bug in a round", extra={"ref": str(record.ref), **logs.bug(error)})
        finally:
            self._busy.discard(record.uid)
        if (record.generation, record.nudged) != before and record.uid in self._records:
            self._ask_at(record.uid, self._now())


def _safe(error: Exception) -> str:
    return str(error) if isinstance(error, ApiError | ApiUnavailable) else type(error).__name__
