"""One round of one resource: gather the facts, decide, act."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from wahealth.api.convert import status_document
from wahealth.api.v1alpha1 import API_VERSION, KIND, Target
from wahealth.core.events.changes import RESTARTED
from wahealth.core.facts import Facts
from wahealth.core.fleet import Path, Vote
from wahealth.core.moment import Moment
from wahealth.core.origin import origin_of
from wahealth.core.plan import plan
from wahealth.core.reasons.reason import Reason
from wahealth.core.reconcile import Plan, reconcile, restore_state
from wahealth.core.restart import WebWorkload
from wahealth.core.status import Condition, ConditionType, Status
from wahealth.kube.cluster import Cluster, Conflict, Unwritable, Vanished
from wahealth.kube.events import Recorder, Subject
from wahealth.kube.gather import Gather
from wahealth.kube.isolation import Guard
from wahealth.kube.marker import Marker
from wahealth.kube.process.lag import Lag
from wahealth.kube.process.meter import was_held_up
from wahealth.kube.record import Held, Record
from wahealth.probe.stage import ObserverFault
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

_TRIES = 3
_UNWRITABLE = 60.0  # seconds until a status that the API server would not have is tried again
MOST_UNTOLD = 25

Act = Callable[[], Coroutine[Any, Any, None]]


class Cycle:
    def __init__(self, gather: Gather, cluster: Cluster, recorder: Recorder, guard: Guard, lag: Lag) -> None:
        self._gather = gather
        self.marker = Marker(cluster, gather.inventory)
        self._cluster = cluster
        self._recorder = recorder
        self._guard = guard
        self._lag = lag

    async def round(self, record: Record) -> Act | None:
        """What is to be done after it; so a slow API server never holds up the next round. Raises what the API server
        or our own machine cannot do."""
        generation, began = record.generation, _now()
        facts = await self._gather.facts(record, began)
        if self._lag.since(began.seconds, _now().seconds) or was_held_up():
            raise ObserverFault  # we were late ourselves: this round says nothing about the client
        if record.generation != generation or not await self._counts(record, facts, began):
            return None  # judged by an old spec, and the next round is due at once; or verdicts are frozen
        return self._decided(record, facts)

    async def _counts(self, record: Record, facts: Facts, began: Moment) -> bool:
        """Whether this round counts, as far as the whole fleet tells. What asks nobody rests on no path."""
        guard = self._guard
        nobody = facts.asked_nobody or not facts.outcomes  # or there is no pod, as the API server says
        if record.spec is None or nobody or facts.expected.suspended:
            guard.fleet.forget(record.uid)
            return True
        if facts.nothing_new:
            return True
        vote = vote_of(record.ref.namespace, record.spec.target)
        if not guard.fleet.knows(record.uid, vote):
            guard.fleet.meet(record.uid, vote, _was_reachable(record))
        return await guard.saw(record.uid, vote, facts.reached, began.seconds, record.timing.period)

    def _decided(self, record: Record, facts: Facts) -> Act | None:
        now = _now()
        facts = self._with_claims(record, facts)
        history = record.history or restore_state(record.written, record.generation, facts.expected.patience, now)
        todo = reconcile(history, facts, record.written, now)
        record.seen = now.seconds if facts.answered or record.seen is None else record.seen
        record.history, record.asked = todo.history, record.asked if facts.asked_nobody else now.wall.timestamp()
        for move in todo.failovers:
            record.failovers[move.kind] = record.failovers.get(move.kind, 0) + 1
        record.untold = (*record.untold, *todo.events)[-MOST_UNTOLD:]
        if todo.status is None and todo.restart is None and not record.untold and not self.marker.concerns(record):
            return None
        return partial(self._act, record, todo, now)

    def _with_claims(self, record: Record, facts: Facts) -> Facts:
        """With why nothing is written on pods, if so."""
        finding = self.marker.claims.finding(record)
        return facts if finding is None else replace(facts, claims=finding)

    async def _act(self, record: Record, todo: Plan, now: Moment) -> None:
        """Raises `Vanished` when the resource is gone."""
        if await self._write(record, todo, now):
            if todo.restart is not None:
                await self._restart(record, todo.restart, now)
            if self._recorder.has_room:
                await self._tell(record)
        await self.marker.mark(record, todo.history, now.seconds)

    async def _restart(self, record: Record, workload: WebWorkload, now: Moment) -> None:
        """Once the change is written: so that whoever comes after this process knows of it."""
        restarts = self._gather.inventory.workloads[workload.kind]
        restarts.restarting(workload.uid, now.wall)  # before the wait: another resource may name the same workload
        done = False
        try:
            why_not = await self._cluster.restart(record, workload, now.wall)
            done = not why_not
        finally:
            if not done:
                restarts.restarting(workload.uid, None)
        log.info("restart", extra={"workload": f"{record.ref.namespace}/{workload.name}", "why_not": why_not or "-"})
        if why_not:
            until = now.seconds + (record.expected.restart_period or 0.0)
            record.no_restart = Held((workload.uid, why_not), until)
        else:
            record.untold = (*record.untold, RESTARTED)

    async def _write(self, record: Record, todo: Plan, now: Moment) -> bool:
        """Whether the resource says now what it is to say."""
        status = todo.status
        if status is not None and now.seconds < record.unwritable:
            return False
        for _ in range(_TRIES):
            if status is None:
                return True
            if record.generation != todo.history.generation:
                return False  # judged by an old spec; the next round is due at once
            try:
                await self._apply(record, status)
            except Unwritable as error:
                record.unwritable = now.seconds + _UNWRITABLE
                about = topic(f"unwritable {record.uid}", **record.fields, error=str(error))
                log.warning("status not written", extra=about)
                return await self._least(record, status)
            except Conflict:
                await self._look_again(record)
                status = plan(record.written, todo.desired, now.wall) if todo.desired else None
            else:
                return True
        return False

    async def _least(self, record: Record, status: Status) -> bool:
        """The conditions alone: a schema that is not ours, such as that of another version, may have them."""
        least = Status(
            gateway=status.gateway, conditions=status.conditions, observed_generation=status.observed_generation
        )
        with contextlib.suppress(Unwritable, Conflict):
            if not _says(record.written, least):
                await self._apply(record, least, whole=False)
        return False

    async def _look_again(self, record: Record) -> None:
        document = await self._cluster.read(record.ref)
        if document["metadata"]["uid"] != record.uid:
            raise Vanished  # recreated under the same name: this verdict is not about that one
        record.renew(document)
        self.marker.claims.put(record)

    async def _apply(self, record: Record, status: Status, whole: bool = True) -> None:
        if (ready := _unowned_ready(record.written, status)) is not None:
            # The schema's default Ready has no owner: apply leaves it standing unless it was once ours.
            first = status._replace(conditions=(*status.conditions, ready))
            record.version = await self._cluster.apply_status(record, status_document(first), whole)
        record.version = await self._cluster.apply_status(record, status_document(status), whole)
        record.written = status
        self.marker.claims.put(record)
        log.info("status written", extra=_summary(record, status))

    async def _tell(self, record: Record) -> None:
        untold, record.untold = record.untold, ()
        subject = Subject(API_VERSION, KIND, record.ref.namespace, record.ref.name, record.uid)
        for event in untold:
            await self._recorder.tell(subject, event, datetime.now(UTC))


def _says(written: Status, least: Status) -> bool:
    return (written.gateway, written.conditions) == (least.gateway, least.conditions)


def _now() -> Moment:
    """Two clocks: one to measure with, one to write down."""
    return Moment(asyncio.get_running_loop().time(), datetime.now(UTC).replace(microsecond=0))


def vote_of(namespace: str, target: Target) -> Vote:
    """A host has a vote an origin: its ports lead to servers of their own."""
    if target.url is not None:
        origin = origin_of(target.url)
        return Vote(Path.OUTSIDE, namespace, f"{origin.scheme}://{origin.authority}")
    return Vote(Path.CLUSTER, namespace, "/".join(target.named))


def _was_reachable(record: Record) -> bool:
    """As the status says of this very spec."""
    found = record.written.condition(ConditionType.REACHABLE)
    return found is not None and found.status == "True" and found.observed_generation == record.generation


def _unowned_ready(written: Status, status: Status) -> Condition | None:
    """The default Ready that a status without one has to take away."""
    ready = written.condition(ConditionType.READY)
    unowned = ready is not None and ready.reason == Reason.WAITING_FOR_OPERATOR
    return ready if unowned and status.condition(ConditionType.READY) is None else None


def _summary(record: Record, status: Status) -> dict[str, str]:
    ready = status.condition(ConditionType.READY)
    reason = ready.reason if ready else Reason.SUSPENDED
    return {**record.fields, "gateway": status.gateway.value, "reason": reason}
