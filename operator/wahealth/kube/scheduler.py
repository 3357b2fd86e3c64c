"""Owns the resources, the times at which each is probed next, and the rounds under way.

One loop works through due times; no task sleeps for a resource. A resource's rounds never overlap, and rounds of
another replica's resources are not begun. The cost of each namespace is measured, and the dearest comes last. Only here
is an exception in a round caught: it ends that round and backs off that resource, and no other resource notices.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any, NamedTuple

from wahealth.api.convert import NO_FLOORS, Floors
from wahealth.core.control.budget import Ledger
from wahealth.core.control.due import Begun, Due
from wahealth.core.control.schedule import next_tick
from wahealth.kube.apiserver.api import ApiError, ApiUnavailable, Document
from wahealth.kube.cluster import Gone
from wahealth.kube.entry import Ref, ResourceEntry, entry_of
from wahealth.kube.lane.door import NO_LANE, Lane, Way
from wahealth.kube.process.leader_election import NotLeading
from wahealth.kube.process.meter import Meter
from wahealth.kube.reconciler import Action
from wahealth.probe.errors import ObserverFault, ProxyFault
from wahealth.telemetry import logs, metrics

log = logging.getLogger(__name__)

Round = Callable[[ResourceEntry], Coroutine[Any, Any, Action | None]]

_SLOT = 0.1  # seconds; due times that lie closer share a wake-up, which costs more than a probe
_AT_ONCE = 100  # rounds begun in one turn of the event loop
_LOOK = 1.0  # seconds for which the loop waits at most
_STOOD_STILL = 3.0  # seconds without a turn after which this process stood still: rounds due meanwhile are skipped
_LONGEST_REST = 300.0  # seconds of back-off for a resource whose rounds fail by a bug


class Outside(NamedTuple):
    """Chance, clocks and what others allow. `random_phase`: 0 to 1, for each new resource. `meter` reads the clocks.

    `cloud_floors`: the shortest periods of numbers of the Cloud API. `lane`: where rounds go that repeat the last one;
    without one each round is an ordinary one. `not_found` is called for each resource that a write did not find.
    """

    random_phase: Callable[[], float] = random.random
    meter: Callable[[Ledger], Meter] = Meter
    cloud_floors: Floors = NO_FLOORS
    lane: Lane = NO_LANE
    not_found: Callable[[Ref], None] = lambda _: None


class Scheduler:
    def __init__(
        self,
        round_: Round,
        outside: Outside = Outside(),  # noqa: B008 - a value
        forget: Callable[[ResourceEntry], None] = lambda _: None,
        leads: Callable[[str], bool] = lambda _: True,
        shown: Callable[[ResourceEntry], None] = lambda _: None,
    ) -> None:
        """`forget` is called for a deleted resource, `shown` for each that the watch shows. `leads`: whether this
        replica probes the resource with that uid."""
        ledger = Ledger()
        self._meter = outside.meter(ledger)
        self._due = Due(ledger, self._meter.waiting)
        self._round = round_
        self._shown = shown
        self._forget = forget
        self._not_found = outside.not_found
        self._leads = leads
        self._lane = outside.lane
        self._random_phase, self._cloud_floors = outside.random_phase, outside.cloud_floors
        self._entries: dict[str, ResourceEntry] = {}  # by uid
        self._uids: defaultdict[str, set[str]] = defaultdict(set)  # by namespace
        self._phases: dict[str, float] = {}  # by uid, 0 to 1 of the period
        self._rounds: dict[str, asyncio.Task[None]] = {}  # under way, by uid
        self._actions: dict[str, asyncio.Task[None]] = {}  # under way after a round, by uid
        self._failures: dict[str, int] = {}  # by uid: consecutive rounds that ended by a bug
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def upsert(self, document: Document) -> None:
        """Take over a resource as the watch shows it: new, changed, being deleted, or the echo of our own write."""
        metadata = document["metadata"]
        with self._meter.charging(metadata["namespace"]):
            if "deletionTimestamp" in metadata:
                self.remove(metadata["uid"])
            elif metadata["uid"] not in self._entries:
                self._take_up(entry_of(document, self._cloud_floors))
            else:
                self._renew(self._entries[metadata["uid"]], document)

    def secret_changed(self, namespace: str, name: str) -> None:
        """Probe every resource that refers to this Secret at once."""
        for uid in self._uids.get(namespace, ()):
            if self._entries[uid].secret_changed(name):
                self._ask_at(uid, self._now())

    def remove(self, uid: str) -> None:
        """The resource was deleted. Nothing happens when it is not known."""
        entry = self._entries.get(uid)
        for table in (self._entries, self._phases, self._failures):
            table.pop(uid, None)
        self._due.drop(uid)
        self._lane.forget(uid)
        if entry is not None:
            entry.gone = True
            self._uids[entry.ref.namespace].discard(uid)
            if not self._uids[entry.ref.namespace]:
                del self._uids[entry.ref.namespace]
            self._forget(entry)

    def known(self) -> frozenset[Ref]:
        return frozenset(entry.ref for entry in self._entries.values())

    def versions(self) -> dict[str, str]:
        """The resourceVersion last seen or written, by uid."""
        return {uid: entry.version for uid, entry in self._entries.items()}

    def places(self) -> dict[str, str]:
        """The namespace of each resource, by uid."""
        return {uid: entry.ref.namespace for uid, entry in self._entries.items()}

    def owned(self) -> list[ResourceEntry]:
        """The resources that this replica probes."""
        return [entry for uid, entry in self._entries.items() if self._leads(uid)]

    def overdue(self) -> float:
        """By how many periods the loop is behind, counted in the shortest period of all resources; 0 when it is not."""
        shortest = min((entry.timing.period for entry in self._entries.values()), default=1.0)
        return self._due.behind(self._now()) / shortest

    def on_started_leading(self) -> None:
        """This replica probes more resources now: new ones at once, the others on their own tick."""
        for uid, entry in self._entries.items():
            if self._leads(uid) and entry.state is None and not _is_known(entry):
                self._ask_at(uid, self._now())

    def on_stopped_leading(self) -> None:
        """Another replica probes some resources now: cancel what runs for them, and forget their rounds."""
        for uid, entry in self._entries.items():
            if not self._leads(uid):
                entry.forget_rounds()
                self._lane.forget(uid)
                self._ask_at(uid, self._next(entry))  # also of one that is due now
                for running in (self._rounds.get(uid), self._actions.get(uid)):
                    if running is not None:
                        running.cancel()

    async def run(self) -> None:
        """Runs until cancelled, which cancels the rounds under way too."""
        async with asyncio.TaskGroup() as group:
            try:
                await self._work(group)
            finally:
                self._lane.stop()

    async def _work(self, group: asyncio.TaskGroup) -> None:
        turned = self._now()
        while True:
            await self._until_due()
            now = self._now()
            if now - turned >= _STOOD_STILL:
                self._skip(now)
            turned = now
            self._meter.settle(self._uids.keys(), now)
            for entry in self._take_due(now):
                match self._in_lane(entry, now, group):
                    case Way.ORDINARY:
                        self._begin(entry, group)
                    case Way.READ_FIRST:
                        self._begin_reading(entry, group)
                    case Way.REPEAT:
                        pass
            await asyncio.sleep(0)

    def _in_lane(self, entry: ResourceEntry, now: float, group: asyncio.TaskGroup) -> Way:
        """Begin the round in the fast lane, if it can be."""
        if entry.uid in self._actions:
            return Way.ORDINARY
        with self._meter.charging(entry.ref.namespace) as purse:
            return self._lane.begin(entry, now, purse, partial(self._repeated, group))

    def _begin_reading(self, entry: ResourceEntry, group: asyncio.TaskGroup) -> None:
        reading = self._read_first(entry, group)
        self._rounds[entry.uid] = group.create_task(reading, name=f"round {entry.ref}")

    async def _read_first(self, entry: ResourceEntry, group: asyncio.TaskGroup) -> None:
        """Read what the resource refers to. If that says what it said, the round may be one of the fast lane."""
        same = False
        try:
            async with self._guarded(entry):
                same = await self._meter.act(entry.ref.namespace, self._lane.reads_the_same(entry, self._now()))
        finally:
            self._rounds.pop(entry.uid, None)
        if entry.uid in self._entries and not (same and self._in_lane(entry, self._now(), group) is Way.REPEAT):
            self._begin(entry, group)

    def _repeated(self, group: asyncio.TaskGroup, entry: ResourceEntry, done: bool) -> None:
        """A round of the fast lane is over. `done`: it repeated the last one; else an ordinary one follows at once."""
        if done:
            self._meter.repeated(entry.ref.namespace)
            self._failures.pop(entry.uid, None)
        elif entry.uid in self._entries and entry.uid not in self._rounds and self._leads(entry.uid):
            self._begin(entry, group)

    def _begin(self, entry: ResourceEntry, group: asyncio.TaskGroup) -> None:
        self._lane.round_begins(entry)
        self._rounds[entry.uid] = group.create_task(self._run_round(entry, group), name=f"round {entry.ref}")

    def _now(self) -> float:
        """The loop's monotonic clock, in seconds."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()  # held, because each such question is a system call
        return self._loop.time()

    def _renew(self, entry: ResourceEntry, document: Document) -> None:
        if entry.renew(document):
            self._ask_at(entry.uid, self._now())
        self._shown(entry)

    def _take_up(self, entry: ResourceEntry) -> None:
        self._entries[entry.uid] = entry
        self._uids[entry.ref.namespace].add(entry.uid)
        self._phases[entry.uid] = self._random_phase()
        self._shown(entry)
        self._ask_at(entry.uid, self._next(entry) if _is_known(entry) else self._now())

    def _next(self, entry: ResourceEntry) -> float:
        """The next tick after the slot: a round that a shared wake-up began early is not due again on its own tick."""
        period = entry.timing.period
        return next_tick(self._now() + _SLOT, period, self._phases[entry.uid] * period)

    def _ask_at(self, uid: str, due: float) -> None:
        self._due.put(uid, self._entries[uid].ref.namespace, due)
        self._woken.set()

    async def _until_due(self) -> None:
        """Wait until something is due, but at most `_LOOK` seconds, so that the loop notices when it stood still."""
        self._woken.clear()
        wait = min(_LOOK, self._due.pause(self._now(), held=_SLOT))
        if wait >= _SLOT:
            timer = asyncio.get_running_loop().call_later(wait, self._woken.set)
            try:
                await self._woken.wait()
            finally:
                timer.cancel()

    def _take_due(self, now: float) -> list[ResourceEntry]:
        """Some of the resources that are due, with their next due time set; one whose round still runs is skipped."""
        for uid in self._due.collect(now + _SLOT):
            if uid in self._rounds or self._lane.is_under_way(uid) or not self._leads(uid):
                self._ask_at(uid, self._next(self._entries[uid]))
        return [self._begun(one, now) for one in self._due.take(now, _AT_ONCE, alone=len(self._uids) == 1)]

    def _begun(self, begun: Begun, now: float) -> ResourceEntry:
        entry = self._entries[begun.uid]
        self._ask_at(entry.uid, self._next(entry))
        metrics.probe_lateness.observe(max(0.0, begun.late))
        if begun.postponed:
            metrics.postponed.inc()
        entry.postponed = entry.postponed.after(begun.postponed, now)
        return entry

    def _skip(self, now: float) -> None:
        """Let everything that is due now wait for its next tick."""
        for uid in self._due.skip(now):
            self._ask_at(uid, self._next(self._entries[uid]))

    async def _run_round(self, entry: ResourceEntry, group: asyncio.TaskGroup) -> None:
        """One round, and the start of the action that follows from it. While an earlier action is under way no other is
        begun: the next round asks for it again, because it compares what is wanted with what is."""
        before, well = (entry.generation, entry.probe.requests), False
        try:
            async with self._guarded(entry):
                action = await self._meter.round(entry.ref.namespace, self._round(entry))
                well = True
                if action is None:
                    self._failures.pop(entry.uid, None)
                elif entry.uid not in self._actions:
                    self._actions[entry.uid] = group.create_task(self._act(entry, action), name=f"act {entry.ref}")
        finally:
            self._rounds.pop(entry.uid, None)
            self._lane.round_ended(entry, well)
        if (entry.generation, entry.probe.requests) != before and entry.uid in self._entries:
            self._ask_at(entry.uid, self._now())

    async def _act(self, entry: ResourceEntry, action: Action) -> None:
        before = entry.generation
        try:
            async with self._guarded(entry):
                await self._meter.act(entry.ref.namespace, action())
                self._failures.pop(entry.uid, None)
        finally:
            self._actions.pop(entry.uid, None)
        if entry.generation != before and entry.uid in self._entries and entry.uid not in self._rounds:
            self._ask_at(entry.uid, self._now())  # the spec has changed

    @contextlib.asynccontextmanager
    async def _guarded(self, entry: ResourceEntry) -> AsyncIterator[None]:
        try:
            yield
        except Gone:
            self.remove(entry.uid)
            self._not_found(entry.ref)
        except ProxyFault as error:
            metrics.proxy_faults.labels(error.trouble).inc()
            about = logs.topic(f"proxy {error.trouble}", error=str(error))
            log.warning("rounds discarded: the egress proxy is at fault", extra=about)
        except (NotLeading, ApiUnavailable, ObserverFault) as error:
            log.debug("round ended early", extra={**entry.fields, "error": type(error).__name__})
        except ApiError as error:
            about = logs.topic(f"round {entry.uid} {error.status}", **entry.fields, error=str(error))
            log.warning("round failed", extra=about)
        except Exception as error:  # noqa: BLE001 - the only such place: a poison resource never stops another
            self._back_off(entry)
            metrics.bugs.labels("round").inc()
            log.error("bug in a round", extra=logs.topic(f"bug {entry.uid}", **entry.fields, **logs.bug(error)))

    def _back_off(self, entry: ResourceEntry) -> None:
        """After a bug: wait two periods until the next round, then four, eight …, up to `_LONGEST_REST`."""
        times = self._failures[entry.uid] = self._failures.get(entry.uid, 0) + 1
        if entry.uid in self._entries:
            wait = min(_LONGEST_REST, entry.timing.period * 2.0 ** min(times, 16))
            self._ask_at(entry.uid, self._now() + max(wait, entry.timing.period))


def _is_known(entry: ResourceEntry) -> bool:
    """Whether some replica has evaluated this generation."""
    return entry.written.observed_generation == entry.generation
