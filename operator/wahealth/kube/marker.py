"""Keeps the labels and the gate on the pods of a client's nodes as its verdict says, where the resource wants it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Set
from datetime import UTC, datetime

from wahealth.api.v1alpha1 import PodsOfNodes
from wahealth.core.belief.history import History
from wahealth.core.marks import MOST_PERIODS, Change, Marked, Options, Wanted, changes, wanted
from wahealth.kube.apiserver.api import ApiError, ApiUnavailable
from wahealth.kube.cluster import Cluster, Vanished
from wahealth.kube.inventory.kept import Inventory
from wahealth.kube.record import Held, Record, Ref, Written
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

_AGAIN = 30.0  # seconds until the same is written again: the watch may be behind


class Marker:
    def __init__(self, cluster: Cluster, inventory: Inventory) -> None:
        self._cluster = cluster
        self._inventory = inventory

    def concerns(self, record: Record) -> bool:
        """Whether pods of this resource are marked, or may be still."""
        options = _options(_pods(record))
        return options.labels or options.gates or record.marked

    async def mark(self, record: Record, history: History, now: float) -> None:
        """`now` in monotonic seconds. A pod that may not be patched is told of in the log, and tried again later."""
        if not self.concerns(record):
            return
        pods = _pods(record)
        options = _options(pods)
        since = now if record.seen is None else record.seen
        seen = history.believed is not None and now - since < MOST_PERIODS * record.timing.period
        want = wanted(record.ref.name, history.believed.status) if history.believed and seen else {}
        async with record.marking:
            todo = self._changes(record.ref, pods, want, options)
            await self._carry_out(record, todo, now)
            record.marked = options.labels or options.gates or bool(todo)

    async def clear(self, record: Record) -> None:
        """The resource is gone: its labels go, too, and no gate stays closed. What stays is swept later."""
        believed = record.history.believed if record.history else None
        names = wanted(record.ref.name, believed.status).keys() if believed else frozenset()
        with contextlib.suppress(ApiUnavailable):
            async with record.marking:  # behind a round that is under way
                await self._clear(record.ref, names)

    async def sweep(self, known: Set[Ref]) -> None:
        """Labels of resources that went while nobody looked, or when the API server could not be asked."""
        with contextlib.suppress(ApiError, ApiUnavailable):
            for namespace, name in self._inventory.pods.clients():
                if (ref := Ref(namespace, name)) not in known and await self._is_gone(ref):
                    await self._clear(ref, frozenset())

    async def _is_gone(self, ref: Ref) -> bool:
        try:
            await self._cluster.read(ref)
        except Vanished:
            return True
        return False

    async def _clear(self, ref: Ref, names: Set[str]) -> None:
        there = self._inventory.pods.marked(ref.namespace, names, ref.name)
        for change in changes(ref.name, there, {}, Options()):
            try:
                await self._cluster.mark(ref.namespace, change, datetime.now(UTC))
            except ApiError as error:
                about = topic(f"labels left {ref}", namespace=ref.namespace, pod=change.pod, error=str(error))
                log.warning("labels left", extra=about)

    def _changes(self, ref: Ref, pods: PodsOfNodes, want: dict[str, Wanted], options: Options) -> tuple[Change, ...]:
        there = tuple(self._inventory.pods.marked(ref.namespace, want.keys(), ref.name))
        selector = pods.selector.match_labels if pods.selector else {}
        meant = {pod.name: want[pod.name] for pod in there if pod.name in want and _has(pod, selector)}
        return changes(ref.name, there, meant, options)

    async def _carry_out(self, record: Record, todo: tuple[Change, ...], now: float) -> None:
        """Nobody is promoted while one that is to be demoted is not known to be."""
        demoted = True
        for change in todo:
            if record.gone or (change.promotes and not demoted):
                return
            before = record.marks.get(change.pod)
            if before is None or before.value.change != change or now >= before.until:
                before = Held(Written(change, await self._done(record, change)), now + _AGAIN)
                record.marks[change.pod] = before
            demoted = demoted and (before.value.done or change.promotes)
        record.marks = {pod: held for pod, held in record.marks.items() if now < held.until}

    async def _done(self, record: Record, change: Change) -> bool:
        """Raises `ApiUnavailable`: nobody knows, and the next round tries again."""
        try:
            await self._cluster.mark(record.ref.namespace, change, datetime.now(UTC))
        except ApiError as error:
            about = topic(f"mark {record.uid}", **record.fields, pod=change.pod, error=str(error))
            log.warning("pod not marked", extra=about)
            return False
        return True


def _pods(record: Record) -> PodsOfNodes:
    return record.spec.pods if record.spec is not None else PodsOfNodes()


def _options(pods: PodsOfNodes) -> Options:
    gates = pods.readiness_gates
    return Options(pods.role_labels == "Enabled", gates != "Disabled", gates == "Enforce")


def _has(pod: Marked, selector: Mapping[str, str]) -> bool:
    return all(pod.labels.get(name) == value for name, value in selector.items())
