"""The door of the fast lane: rounds that repeat the last one, begun and ended without a task.

A round is an ordinary one unless its last one changed nothing and all that it rests on still stands (`Basis`). It ends
as an ordinary one would if every pod says again, byte for byte, what it said (`probe.repeat`). Else an ordinary round
takes over the connections with the questions that were sent and the bytes that came, so that nobody is asked twice.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from datetime import UTC, datetime
from typing import NamedTuple

from wahealth.core.instant import Instant
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.inventory.changes import Changes
from wahealth.kube.isolation import IsolationGuard
from wahealth.kube.lane.basis import Basis, Before, basis_of, before
from wahealth.kube.lane.door import Over, Way
from wahealth.kube.lane.questions import Asking, Questions
from wahealth.kube.lane.rereading import Rereading
from wahealth.kube.process.lag import Lag
from wahealth.kube.process.meter import Purse
from wahealth.probe.pool import Pool
from wahealth.telemetry import logs, metrics

log = logging.getLogger(__name__)

_SLOT = 0.1  # seconds: deadlines that lie closer share a timer


class Around(NamedTuple):
    """What a round depends on besides its resource."""

    changes: Changes
    guard: IsolationGuard
    lag: Lag
    rereading: Rereading


class Repeat(NamedTuple):
    """A round under way."""

    entry: ResourceEntry
    basis: Basis
    asking: Asking
    over: Over


class FastLane:
    """Used within one event loop."""

    def __init__(self, pool: Pool, around: Around) -> None:
        self._around = around
        self._questions = Questions(pool)
        self._before: dict[str, tuple[Before, Instant]] = {}  # by uid: how the ordinary round under way began, and when
        self._proved: dict[str, tuple[Before, Instant]] = {}  # by uid: of the last ordinary round, which ended well
        self._bases: dict[str, Basis] = {}  # by uid
        self._under_way: dict[str, Repeat] = {}  # by uid
        self._loop: asyncio.AbstractEventLoop | None = None
        self._deadlines: defaultdict[int, list[Repeat]] = defaultdict(list)  # by slot of time

    def is_under_way(self, uid: str) -> bool:
        return uid in self._under_way

    def begin(self, entry: ResourceEntry, now: float, purse: Purse, over: Over) -> Way:
        """Begin a round that repeats the last one, and call `over` once it is; else say what must be begun. `purse`: of
        its namespace."""
        basis = self._basis(entry, now)
        if basis is None or self._around.guard.detector.isolated(basis.vote.path):
            return Way.ORDINARY
        if self._around.rereading.is_due(entry, now):
            return Way.READ_FIRST
        return self._ask(entry, self._renewed(entry, basis), now, purse, over)

    async def reads_the_same(self, entry: ResourceEntry, now: float) -> bool:
        """Read again what the resource refers to: whether that says what it said, so that its round may `begin`."""
        basis = self._basis(entry, now)
        same = basis is not None and await self._around.rereading.says_the_same(entry, now)
        if basis is not None and same and entry.uid in self._bases:
            self._renewed(entry, basis)
        return same

    def round_begins(self, entry: ResourceEntry) -> None:
        """An ordinary round begins."""
        self._proved.pop(entry.uid, None)
        self._bases.pop(entry.uid, None)
        self._before[entry.uid] = before(entry, self._around.changes), _now()

    def round_ended(self, entry: ResourceEntry, well: bool) -> None:
        """`well`: without an exception, so that it was about all that it depends on."""
        begun = self._before.pop(entry.uid, None)
        if begun is not None and well and not entry.gone:
            self._proved[entry.uid] = begun

    def forget(self, uid: str) -> None:
        """The resource is gone, or another replica probes it now."""
        for table in (self._before, self._proved, self._bases):
            table.pop(uid, None)
        repeat = self._taken(uid)
        if repeat is not None:
            self._questions.drop(repeat.asking)

    def stop(self) -> None:
        """Nothing is under way any more."""
        for uid in tuple(self._under_way):
            self.forget(uid)

    def _basis(self, entry: ResourceEntry, now: float) -> Basis | None:
        basis = self._bases.get(entry.uid)
        if basis is None and (proved := self._proved.pop(entry.uid, None)) is not None:
            basis = basis_of(entry, *proved)
            if basis is not None:
                self._bases[entry.uid] = basis
        return basis if basis is not None and basis.holds(entry, self._around.changes, now) else None

    def _renewed(self, entry: ResourceEntry, basis: Basis) -> Basis:
        """What the round rests on, where Secret, CA or client certificate were confirmed since the last one."""
        if entry.probe.signin is not basis.signin or entry.probe.trust is not basis.trust:
            basis = self._bases[entry.uid] = basis.renewed(entry)
        return basis

    def _ask(self, entry: ResourceEntry, basis: Basis, now: float, purse: Purse, over: Over) -> Way:
        asking = self._questions.ask(basis.kept, purse, now, lambda _, same: self._over(entry.uid, same))
        if asking is None:
            return Way.ORDINARY
        repeat = self._under_way[entry.uid] = Repeat(entry, basis, asking, over)
        self._end_at(now + entry.timing.timeout, repeat)
        metrics.probes_in_flight.inc(len(basis.kept))
        return Way.REPEAT

    @property
    def _running(self) -> asyncio.AbstractEventLoop:
        """Held, because each question for it is a system call."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def _end_at(self, deadline: float, repeat: Repeat) -> None:
        slot = int(deadline / _SLOT) + 1
        if slot not in self._deadlines:
            self._running.call_at(slot * _SLOT, self._expire, slot)
        self._deadlines[slot].append(repeat)

    def _expire(self, slot: int) -> None:
        for repeat in self._deadlines.pop(slot):
            if self._under_way.get(repeat.entry.uid) is repeat:
                self._over(repeat.entry.uid, False)

    def _taken(self, uid: str) -> Repeat | None:
        repeat = self._under_way.pop(uid, None)
        if repeat is not None:
            metrics.probes_in_flight.dec(len(repeat.basis.kept))
        return repeat

    def _over(self, uid: str, same: bool) -> None:
        """All questions of a round are answered, or one of them cannot be answered in the lane."""
        repeat = self._taken(uid)
        if repeat is None:
            return
        try:
            done = self._ended(repeat, same)
        except Exception as error:  # noqa: BLE001 - as in `kube.scheduler`: a poison resource never stops another
            metrics.bugs.labels("round").inc()
            log.error("bug in a round", extra=logs.topic(f"bug {uid}", **repeat.entry.fields, **logs.bug(error)))
            done = False
        repeat.over(repeat.entry, done)

    def _ended(self, repeat: Repeat, same: bool) -> bool:
        entry, basis, asking, _ = repeat
        now = self._running.time()
        late = self._around.lag.since(asking.began, now)
        stands = basis.holds(entry, self._around.changes, now)
        is_meant = stands or basis.is_meant(entry)
        if same and (late or stands or not is_meant):
            self._questions.park(asking)
        elif is_meant and not late:
            self._questions.hand_over(asking)
        else:
            self._questions.drop(asking)  # what was asked is not what must be asked now, or we were late ourselves
        if same and late:
            return is_meant  # this process was late, so the round says nothing about the client
        if same and stands:
            self._count(repeat, now)
        return same and stands

    def _count(self, repeat: Repeat, now: float) -> None:
        entry, basis, asking, _ = repeat
        self._around.guard.detector.saw(entry.uid, basis.vote, True, asking.began, entry.timing.period)
        entry.history.repeated(now, float(int(time.time())))
        probes = metrics.of_probes(basis.result)
        for _ in basis.kept:
            probes.ended(now - asking.began)


def _now() -> Instant:
    """The same moment by both clocks; the wall clock's in whole seconds, as a round reads it."""
    wall = time.time()
    return Instant(asyncio.get_running_loop().time() - wall % 1.0, datetime.fromtimestamp(int(wall), UTC))
