"""Keeps the labels and the gate on the pods of a client's nodes as its verdict says, where the resource wants it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Set
from datetime import UTC, datetime

from wahealth.core.instant import has_lasted
from wahealth.core.pod_labels import MOST_PERIODS, Options, PodChange, changes, desired_pods
from wahealth.core.state import State
from wahealth.kube.apiserver.api import ApiError, ApiUnavailable
from wahealth.kube.claims import Claims, options_of, wants
from wahealth.kube.cluster import Cluster, Gone
from wahealth.kube.entry import Ref, ResourceEntry
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.process.leader_election import NotLeading
from wahealth.kube.records import Cached, Written
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

_AGAIN = 30.0  # seconds until the same is written again: the watch may be behind


class PodLabeler:
    def __init__(self, cluster: Cluster, inventory: Inventory) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self.claims = Claims(inventory.pods)

    def concerns(self, entry: ResourceEntry) -> bool:
        """Whether pods of this resource are marked, or may be still."""
        return wants(entry) or entry.labels.may_be_labeled

    async def mark(self, entry: ResourceEntry, state: State, now: float) -> None:
        """`now` in monotonic seconds. A pod that may not be patched is told of in the log, and tried again later.

        While the API server would not have the status nothing is changed: which pods are ours follows from it.
        """
        if not self.concerns(entry) or now < entry.writes.status_retry_at:
            return
        since = now if entry.history.last_seen is None else entry.history.last_seen
        seen = state.confirmed is not None and not has_lasted(now - since, MOST_PERIODS * entry.timing.period)
        want = desired_pods(entry.ref.name, state.confirmed.status) if state.confirmed and seen else {}
        async with entry.labels.lock:
            there = tuple(self.claims.around(entry.ref, entry.uid))
            todo = changes(entry.ref.name, there, want, options_of(entry))
            await self._carry_out(entry, todo, now)
            entry.labels.may_be_labeled = wants(entry) or bool(there)

    async def clear(self, entry: ResourceEntry) -> None:
        """The resource is gone: its labels go, too, and no gate stays closed. What stays is swept later."""
        with contextlib.suppress(ApiUnavailable, NotLeading):
            async with entry.labels.lock:  # behind a round that is under way
                await self._clear(entry.ref, entry.uid)

    async def sweep(self, known: Set[Ref], may_write: Callable[[str], bool]) -> None:
        """What is left of resources that went while nobody looked, or when the API server could not be asked: by one
        replica each."""
        with contextlib.suppress(ApiError, ApiUnavailable, NotLeading):
            for namespace, name in self._inventory.pods.clients():
                ref = Ref(namespace, name)
                if ref not in known and may_write(str(ref)) and await self._is_gone(ref):
                    await self._clear(ref, str(ref))

    async def _is_gone(self, ref: Ref) -> bool:
        try:
            await self._cluster.read(ref)
        except Gone:
            return True
        return False

    async def _clear(self, ref: Ref, uid: str) -> None:
        for change in changes(ref.name, tuple(self.claims.around(ref)), {}, Options()):
            try:
                await self._cluster.mark(ref.namespace, change, datetime.now(UTC), uid)
            except ApiError as error:
                about = topic(f"labels left {ref}", namespace=ref.namespace, pod=change.pod, error=str(error))
                log.warning("labels of a deleted resource not removed", extra=about)

    async def _carry_out(self, entry: ResourceEntry, todo: tuple[PodChange, ...], now: float) -> None:
        """Nobody is promoted while one that is to be demoted is not known to be."""
        demoted, labels = True, entry.labels
        for change in todo:
            if entry.gone or (change.promotes and not demoted):
                return
            before = labels.pod_writes.get(change.pod)
            if before is None or before.value.change != change or now >= before.until:
                before = Cached(Written(change, await self._done(entry, change)), now + _AGAIN)
                labels.pod_writes[change.pod] = before
            demoted = demoted and (before.value.done or change.promotes)
        labels.pod_writes = {pod: held for pod, held in labels.pod_writes.items() if now < held.until}

    async def _done(self, entry: ResourceEntry, change: PodChange) -> bool:
        """Raises `ApiUnavailable`: nobody knows, and the next round tries again."""
        try:
            await self._cluster.mark(entry.ref.namespace, change, datetime.now(UTC), entry.uid)
        except ApiError as error:
            about = topic(f"mark {entry.uid}", **entry.fields, pod=change.pod, error=str(error))
            log.warning("pod labels or readiness gate not written", extra=about)
            return False
        return True
