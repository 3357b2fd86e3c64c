"""Keeps the labels and the gate on the pods of a client's nodes as its verdict says, where the resource wants it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from wahealth.api.v1alpha1 import PodsOfNodes
from wahealth.core.belief.history import History
from wahealth.core.marks import MOST_PERIODS, Change, Marked, Options, Wanted, changes, wanted
from wahealth.kube.api import ApiError
from wahealth.kube.cluster import Cluster
from wahealth.kube.inventory.kept import Inventory
from wahealth.kube.record import Held, Record, Ref

log = logging.getLogger(__name__)

_AGAIN = 30.0  # seconds until the same is written again: the watch may be behind


class Marker:
    def __init__(self, cluster: Cluster, inventory: Inventory) -> None:
        self._cluster = cluster
        self._inventory = inventory

    async def mark(self, record: Record, history: History, now: float) -> None:
        """`now` in monotonic seconds. A pod that may not be patched is told of in the log, and tried again later."""
        pods = record.spec.pods if record.spec is not None else PodsOfNodes()
        options = _options(pods)
        if not (options.labels or options.gates or record.marked):
            return
        seen = history.believed is not None and now - record.seen < MOST_PERIODS * record.timing.period
        want = wanted(record.ref.name, history.believed.status) if history.believed and seen else {}
        record.marked = options.labels or options.gates
        await self._carry_out(record, self._changes(record.ref, pods, want, options), now)

    async def clear(self, ref: Ref) -> None:
        """The resource is gone: its labels go, too."""
        for change in self._changes(ref, PodsOfNodes(), {}, Options()):
            try:
                await self._cluster.mark(ref.namespace, change, datetime.now(UTC))
            except ApiError as error:
                log.warning("labels left", extra={"pod": f"{ref.namespace}/{change.pod}", "error": str(error)})

    def _changes(self, ref: Ref, pods: PodsOfNodes, want: dict[str, Wanted], options: Options) -> tuple[Change, ...]:
        there = tuple(self._inventory.pods.marked(ref.namespace, want.keys(), ref.name))
        selector = pods.selector.match_labels if pods.selector else {}
        meant = {pod.name: want[pod.name] for pod in there if pod.name in want and _has(pod, selector)}
        return changes(there, meant, options)

    async def _carry_out(self, record: Record, todo: tuple[Change, ...], now: float) -> None:
        for change in todo:
            before = record.marks.get(change.pod)
            if before is not None and before.value == change and now < before.until:
                continue
            record.marks[change.pod] = Held(change, now + _AGAIN)
            try:
                await self._cluster.mark(record.ref.namespace, change, datetime.now(UTC))
            except ApiError as error:
                log.warning("pod not marked", extra={"ref": str(record.ref), "pod": change.pod, "error": str(error)})
        record.marks = {pod: held for pod, held in record.marks.items() if now < held.until}


def _options(pods: PodsOfNodes) -> Options:
    gates = pods.readiness_gates
    return Options(pods.role_labels == "Enabled", gates != "Disabled", gates == "Enforce")


def _has(pod: Marked, selector: Mapping[str, str]) -> bool:
    return all(pod.labels.get(name) == value for name, value in selector.items())
