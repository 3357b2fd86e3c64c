"""Keeps role labels and the readiness gate on a client's pods equal to its verdict, where the resource wants them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Set
from datetime import UTC, datetime

from wahealth.core.control.pod_labels import MOST_PERIODS, Options, PodChange, changes, desired_pods
from wahealth.core.instant import has_lasted
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

_AGAIN = 30.0  # seconds until the same change is written again: the watch may be behind


class PodLabeler:
    def __init__(self, cluster: Cluster, inventory: Inventory) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self.claims = Claims(inventory.pods)

    def concerns(self, entry: ResourceEntry) -> bool:
        """Whether pods of this resource are written, or may still carry what was written before."""
        return wants(entry) or entry.labels.may_be_labeled

    async def mark(self, entry: ResourceEntry, state: State, now: float) -> None:
        """Write what the confirmed verdict in `state` says. `now`: monotonic timestamp.

        A pod that the API server refuses to patch is logged, and tried again later. While the API server rejects the
        status no pod is written, because which pods belong to the resource follows from the status. Raises
        `ApiUnavailable` and `NotLeading`.
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
        """Remove labels and gate of a resource that was deleted. What cannot be removed now is left to `sweep`."""
        with contextlib.suppress(ApiUnavailable, NotLeading):
            async with entry.labels.lock:  # after a round under way
                await self._clear(entry.ref, entry.uid)

    async def sweep(self, known: Set[Ref], may_write: Callable[[str], bool]) -> None:
        """Remove the labels of resources whose deletion was missed, or came while the API server was unavailable.

        `known`: the resources that exist. `may_write`: which of the others are this replica's, by `namespace/name`.
        """
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
        """Promote no pod until every demotion is confirmed."""
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
        """Whether the API server accepted the change. Raises `ApiUnavailable`; then the next round tries again."""
        try:
            await self._cluster.mark(entry.ref.namespace, change, datetime.now(UTC), entry.uid)
        except ApiError as error:
            about = topic(f"mark {entry.uid}", **entry.fields, pod=change.pod, error=str(error))
            log.warning("pod labels or readiness gate not written", extra=about)
            return False
        return True
