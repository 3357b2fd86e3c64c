"""One round of one resource: gather the facts, decide, act.

`core.reconcile.reconcile` decides; here its `Plan` is carried out, as an action of its own, so that a slow API server
never delays the next round.
"""

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
from wahealth.core.cloud.wanted import Provider
from wahealth.core.control.isolation_detector import Path, Vote
from wahealth.core.egress.origin import origin_of
from wahealth.core.events.transitions import RESTARTED
from wahealth.core.facts import Facts
from wahealth.core.history.history import with_written
from wahealth.core.instant import Instant
from wahealth.core.plan import Plan
from wahealth.core.reasons.reason import Reason
from wahealth.core.reconcile import reconcile
from wahealth.core.restart import WebWorkload
from wahealth.core.restore import restore_state
from wahealth.core.status import Condition, ConditionType, Status
from wahealth.kube.cluster import Cluster, Conflict, Gone, StatusRejected
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.events import Recorder, Subject
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.isolation import IsolationGuard
from wahealth.kube.pod_labeler import PodLabeler
from wahealth.kube.process.lag import Lag
from wahealth.kube.process.meter import was_held_up
from wahealth.kube.records import Cached
from wahealth.probe.errors import ObserverFault
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

_TRIES = 3
_UNWRITABLE = 60.0  # seconds until a status that the API server rejected is sent again
MOST_PENDING_EVENTS = 25

Action = Callable[[], Coroutine[Any, Any, None]]


class Reconciler:
    def __init__(
        self, gatherer: Gatherer, cluster: Cluster, recorder: Recorder, guard: IsolationGuard, lag: Lag
    ) -> None:
        self._gatherer = gatherer
        self.labeler = PodLabeler(cluster, gatherer.inventory)
        self._cluster = cluster
        self._recorder = recorder
        self._guard = guard
        self._lag = lag

    async def reconcile(self, entry: ResourceEntry) -> Action | None:
        """Run one round: the action that must follow it, or None.

        Raises `ObserverFault` when this process was late or is itself at fault, `ApiUnavailable` and `ApiError` when
        something referred to cannot be read. The action raises `Gone`, `NotLeading`, `ApiUnavailable`, `ApiError`.
        """
        generation, began = entry.generation, _now()
        facts = await self._gatherer.facts(entry, began)
        if self._lag.since(began.monotonic, _now().monotonic) or was_held_up():
            raise ObserverFault  # this process was late, so the round says nothing about the client
        if entry.generation != generation or not await self._counts(entry, facts, began):
            return None  # the spec has changed, and the next round is due at once; or verdicts are frozen
        return self._decide(entry, facts)

    async def _counts(self, entry: ResourceEntry, facts: Facts, began: Instant) -> bool:
        """Whether this round counts, as far as the whole fleet tells. A round that asked no pod always does."""
        guard = self._guard
        nobody = facts.not_probed or not facts.outcomes  # no outcome: the API server says that there is no pod
        if entry.spec is None or nobody or facts.desired.suspended:
            guard.detector.forget(entry.uid)
            return True
        if facts.nothing_new:
            return True
        vote = vote_of(entry.ref.namespace, entry.uid, entry.spec.target)
        if not guard.detector.knows(entry.uid, vote):
            guard.detector.meet(entry.uid, vote, _was_reachable(entry))
        return await guard.saw(entry.uid, vote, facts.reached, began.monotonic, entry.timing.period)

    def _decide(self, entry: ResourceEntry, facts: Facts) -> Action | None:
        """What to do after the round; None where nothing changes."""
        now = _now()
        facts = self._with_claims(entry, facts)
        state = entry.state or restore_state(entry.written, entry.generation, facts.desired.thresholds, now)
        todo = reconcile(state, facts, entry.written, now)
        _remember(entry, facts, todo, now)
        to_write = todo.status is not None or todo.restart is not None or entry.writes.pending_events
        return partial(self._act, entry, todo, now) if to_write or self.labeler.concerns(entry) else None

    def _with_claims(self, entry: ResourceEntry, facts: Facts) -> Facts:
        """`facts`, with why the client's pods are not written, if they are not."""
        finding = self.labeler.claims.finding(entry)
        return facts if finding is None else replace(facts, claims=finding)

    async def _act(self, entry: ResourceEntry, todo: Plan, now: Instant) -> None:
        """Write the status; then restart, post events and label pods. Raises `Gone` when the resource was deleted."""
        if await self._write(entry, todo, now):
            if todo.restart is not None:
                await self._restart(entry, todo.restart, now)
            if self._recorder.has_room:
                await self._post_events(entry)
        await self.labeler.mark(entry, todo.state, now.monotonic)

    async def _restart(self, entry: ResourceEntry, workload: WebWorkload, now: Instant) -> None:
        """Restart the web workload. The status says so by now, so a process that takes over knows of it."""
        restarts = self._gatherer.inventory.workloads[workload.kind]
        restarts.restarting(workload.uid, now.wall)  # before the await: another resource may name the same workload
        done = False
        try:
            why_not = await self._cluster.restart(entry, workload, now.wall)
            done = not why_not
        finally:
            if not done:
                restarts.restarting(workload.uid, None)
        about = {"workload": f"{entry.ref.namespace}/{workload.name}", "why_not": why_not or "-"}
        log.info("web workload not restarted" if why_not else "web workload restarted", extra=about)
        if why_not:
            until = now.monotonic + (entry.desired.restart_period or 0.0)
            entry.writes.restart_refused = Cached((workload.uid, why_not), until)
        else:
            entry.writes.pending_events = (*entry.writes.pending_events, RESTARTED)

    async def _write(self, entry: ResourceEntry, todo: Plan, now: Instant) -> bool:
        """Whether the resource now says what it must say. Plans again after each conflict, up to `_TRIES` times."""
        status = todo.status
        if status is not None and now.monotonic < entry.writes.status_retry_at:
            return False
        for _ in range(_TRIES):
            if status is None:
                return True
            if entry.generation != todo.state.generation:
                return False  # the spec has changed; the next round is due at once
            try:
                await self._apply(entry, status)
            except StatusRejected as error:
                entry.writes.status_retry_at = now.monotonic + _UNWRITABLE
                about = topic(f"unwritable {entry.uid}", **entry.fields, error=str(error))
                log.warning("status not written", extra=about)
                return await self._write_conditions_only(entry, status)
            except Conflict:
                await self._refetch(entry)
                status = _planned_again(entry, todo, now)
            else:
                return True
        return False

    async def _write_conditions_only(self, entry: ResourceEntry, status: Status) -> bool:
        """Write gateway and conditions only, with the history, which an apply without it would remove; if that is
        rejected as well, without it. The CRD of another version may accept those. Always False."""
        least = Status(
            gateway=status.gateway, conditions=status.conditions, observed_generation=status.observed_generation
        )
        if _says(entry.written, least):
            return False
        with contextlib.suppress(StatusRejected, Conflict):
            try:
                await self._apply(entry, least._replace(history=status.history), whole=False)
            except StatusRejected:
                await self._apply(entry, least, whole=False)
        return False

    async def _refetch(self, entry: ResourceEntry) -> None:
        """Take over the resource as it is now. Raises `Gone`."""
        document = await self._cluster.read(entry.ref)
        if document["metadata"]["uid"] != entry.uid:
            raise Gone  # recreated under the same name: the verdict is about the one before
        entry.renew(document)
        self.labeler.claims.put(entry)

    async def _apply(self, entry: ResourceEntry, status: Status, whole: bool = True) -> None:
        if (ready := _unowned_ready(entry.written, status)) is not None:
            # The schema's default Ready has no owner, so an apply without it leaves it in place unless we own it first.
            first = status._replace(conditions=(*status.conditions, ready))
            entry.applied(await self._cluster.apply_status(entry, status_document(first), whole))
        entry.applied(await self._cluster.apply_status(entry, status_document(status), whole), status)
        self.labeler.claims.put(entry)
        log.info("status written", extra=_summary(entry, status))

    async def _post_events(self, entry: ResourceEntry) -> None:
        pending, entry.writes.pending_events = entry.writes.pending_events, ()
        subject = Subject(API_VERSION, KIND, entry.ref.namespace, entry.ref.name, entry.uid)
        for event in pending:
            await self._recorder.post(subject, event, datetime.now(UTC))


def _remember(entry: ResourceEntry, facts: Facts, todo: Plan, now: Instant) -> None:
    history, writes = entry.history, entry.writes
    entry.state = todo.state
    if facts.answered or history.last_seen is None:
        history.last_seen = now.monotonic
    if not facts.not_probed:
        history.last_probe = now.wall.timestamp()
    for move in todo.failovers:
        history.failovers[move.kind] = history.failovers.get(move.kind, 0) + 1
    writes.pending_events = (*writes.pending_events, *todo.events)[-MOST_PENDING_EVENTS:]


def _planned_again(entry: ResourceEntry, todo: Plan, now: Instant) -> Status | None:
    """The status to write onto what somebody else wrote. Entries that another leader added to the history stay."""
    if entry.state is not None:
        history = with_written(entry.state.history.packed, entry.written.history, now.wall)
        entry.state = entry.state._replace(history=entry.state.history._replace(packed=history))
    return todo.again(entry.written, now.wall)


def _says(written: Status, least: Status) -> bool:
    """Whether gateway and conditions are what is written already."""
    return (written.gateway, written.conditions) == (least.gateway, least.conditions)


def _now() -> Instant:
    """Now by two clocks: a monotonic one to measure with, and the wall clock to write down."""
    return Instant(asyncio.get_running_loop().time(), datetime.now(UTC).replace(microsecond=0))


_PATHS = {Provider.GRAPH: Path.CLOUD, Provider.DIALOG360: Path.DIALOG360}


def vote_of(namespace: str, uid: str, target: Target) -> Vote:
    """The vote of a target: of a URL as its origin, because each port of a host may be another server; of a number of
    the Cloud API for itself, or for its resource, if that does not name it."""
    if target.cloud is not None:
        return Vote(_PATHS[Provider(target.cloud.provider)], namespace, target.cloud.phone_number_id or uid)
    if target.url is not None:
        origin = origin_of(target.url)
        return Vote(Path.OUTSIDE, namespace, f"{origin.scheme}://{origin.authority}")
    return Vote(Path.CLUSTER, namespace, "/".join(target.named))


def _was_reachable(entry: ResourceEntry) -> bool:
    """Whether the status says so, for the current generation."""
    found = entry.written.condition(ConditionType.REACHABLE)
    return found is not None and found.status == "True" and found.observed_generation == entry.generation


def _unowned_ready(written: Status, status: Status) -> Condition | None:
    """The schema's default Ready, where it is written and `status` has none, so that it must be removed."""
    ready = written.condition(ConditionType.READY)
    unowned = ready is not None and ready.reason == Reason.WAITING_FOR_OPERATOR
    return ready if unowned and status.condition(ConditionType.READY) is None else None


def _summary(entry: ResourceEntry, status: Status) -> dict[str, str]:
    ready = status.condition(ConditionType.READY)
    reason = ready.reason if ready else Reason.SUSPENDED
    return {**entry.fields, "gateway": status.gateway.value, "reason": reason}
