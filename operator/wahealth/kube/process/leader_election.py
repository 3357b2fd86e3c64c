"""Leader election by Leases, one for each shard: the holder probes and writes, the others watch and stand by.

No library's election: this one must tell apart who may still probe and who may still write, hold several Leases, and
release them at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from wahealth.core.control.lease import Lease, LeaseState, LeaseTiming, shard_of
from wahealth.kube.apiserver.api import ApiError, ApiServer, ApiUnavailable, Document, micro_time
from wahealth.kube.apiserver.session import replica
from wahealth.telemetry import metrics
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

_RELEASE = 2.0  # seconds that releasing the Leases may take
_ABSENT, _CLASH = 404, 409


class NotLeading(Exception):
    """Another replica may lead by now, so nothing is written."""


class Election(NamedTuple):
    """Which Leases are used."""

    namespace: str
    name: str  # with several shards `-0`, `-1` … is added
    shards: int = 1
    timing: LeaseTiming = LeaseTiming()


class LeaderElector:
    """The Leases of all shards. `on_started_leading` and `on_stopped_leading` are called with the shard's number.
    `election` None: there is one replica only, which always leads."""

    def __init__(
        self,
        api: ApiServer,
        election: Election | None,
        on_started_leading: Callable[[int], None] = lambda _: None,
        on_stopped_leading: Callable[[int], None] = lambda _: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_started_leading = on_started_leading
        self._on_stopped_leading = on_stopped_leading
        self.identity = f"{replica()}_{uuid.uuid4().hex[:8]}"
        me = self.identity
        self._shard_leases = [ShardLease(api, election, n, me, now) for n in range(election.shards)] if election else []

    def leads(self, uid: str) -> bool:
        """Whether this replica probes the resource with that uid."""
        return not self._shard_leases or self._shard_lease(uid).state.leads

    def leads_any(self) -> bool:
        """Whether this replica holds any Lease."""
        return not self._shard_leases or self._held() > 0

    def may_write(self, uid: str) -> bool:
        """Whether this replica may write for that resource: its Lease was renewed within the deadline."""
        return not self._shard_leases or self._shard_lease(uid).may_write()

    def require_leadership(self, uid: str) -> None:
        """Raises `NotLeading` unless `may_write`."""
        if not self.may_write(uid):
            raise NotLeading

    async def run(self) -> None:
        """Runs until cancelled; then the Leases held are released, so that another replica takes over at once."""
        if not self._shard_leases:
            self._on_started_leading(0)
            metrics.leader.labels("0").set(1)
            return
        try:
            async with asyncio.TaskGroup() as group:
                for shard_lease in self._shard_leases:
                    metrics.leader.labels(str(shard_lease.shard)).set(0)
                    group.create_task(self._keep(shard_lease), name=f"lease {shard_lease.shard}")
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_RELEASE):
                    await asyncio.gather(*(shard_lease.give_back() for shard_lease in self._shard_leases))

    def _shard_lease(self, uid: str) -> ShardLease:
        return self._shard_leases[shard_of(uid, len(self._shard_leases))]

    def _held(self) -> int:
        return sum(shard_lease.state.leads for shard_lease in self._shard_leases)

    async def _keep(self, shard_lease: ShardLease) -> None:
        """Acquire one Lease when it is free, and renew it while it is held."""
        while True:
            led = shard_lease.state.leads
            try:
                async with asyncio.timeout(shard_lease.timing.deadline):
                    await shard_lease.try_to_lead()
            except (ApiUnavailable, TimeoutError):
                pass  # `Outage` logs it; a leader keeps probing, and stops writing
            except ApiError as error:
                about = topic("lease", shard=shard_lease.shard, error=str(error))
                log.warning("lease not acquired or renewed", extra=about)
            if shard_lease.state.leads is not led:
                self._turned(shard_lease)
            await asyncio.sleep(self._pause(shard_lease))

    def _pause(self, shard_lease: ShardLease) -> float:
        """Seconds until the next try. A replica that holds Leases is slower to acquire another, so that replicas that
        start together share them."""
        retry = shard_lease.timing.retry
        if shard_lease.state.leads:
            return retry
        more = min(self._held() * retry, shard_lease.timing.duration)
        return retry * random.uniform(0.4, 0.9) + more  # noqa: S311 - spreads load, guards nothing

    def _turned(self, shard_lease: ShardLease) -> None:
        leads = shard_lease.state.leads
        metrics.leader.labels(str(shard_lease.shard)).set(leads)
        holder = shard_lease.state.lease.holder if shard_lease.state.lease else ""
        about = {"shard": shard_lease.shard, "holder": holder}
        log.info("started leading" if leads else "stopped leading", extra=about)
        (self._on_started_leading if leads else self._on_stopped_leading)(shard_lease.shard)


class ShardLease:
    """One shard's Lease, as the replica `me` knows it. `now` is a monotonic clock."""

    def __init__(self, api: ApiServer, election: Election, shard: int, me: str, now: Callable[[], float]) -> None:
        self.shard = shard
        self.timing = election.timing
        self.state = LeaseState()
        self._api = api
        self._me = me
        self._now = now
        self._namespace = election.namespace
        self._name = election.name if election.shards == 1 else f"{election.name}-{shard}"
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{election.namespace}/leases"
        self._path = f"{self._collection}/{self._name}"

    def may_write(self) -> bool:
        return self.state.may_write(self._now(), self.timing)

    async def try_to_lead(self) -> None:
        """Renew the Lease, or acquire it if it is free. Raises `ApiError` and `ApiUnavailable`."""
        if not self.state.leads:
            await self._look()
            if not self.state.is_free(self._me, self._now()):
                return
        began = self._now()
        try:
            written = await self._write()
        except ApiError as error:
            if error.status not in {_ABSENT, _CLASH}:
                raise
            await self._look()
        else:
            self.state = self.state.acquired(_lease(written), began)

    async def give_back(self) -> None:
        """Release the Lease, unless another replica may hold it by now. A renewal whose reply was not waited for may
        have been written: the release then meets a conflict, and is sent again for that version."""
        lease, held = self.state.lease, self.may_write()
        self.state = LeaseState()
        if lease is None or not held:
            return
        with contextlib.suppress(ApiError, ApiUnavailable):
            try:
                await self._release(lease)
            except ApiError as error:
                if error.status != _CLASH:
                    raise
                written = _lease(await self._api.read(self._path))
                if written.holder == self._me:
                    await self._release(written)

    async def _release(self, lease: Lease) -> None:
        free = lease._replace(holder="", renewed=_now(), duration=1.0)
        await self._api.update(self._path, self._document(free))

    async def _look(self) -> None:
        try:
            document = await self._api.read(self._path)
        except ApiError as error:
            if error.status != _ABSENT:
                raise
            self.state = self.state.without_lease(self.timing)
        else:
            self.state = self.state.observed(_lease(document), self._me, self._now())

    async def _write(self) -> Document:
        now, lease = _now(), self.state.lease
        new = Lease(self._me, now, self.timing.duration, 0, "", now)
        if lease is None or not lease.version:
            return await self._api.create(self._collection, self._document(new))
        new = new._replace(version=lease.version, transitions=lease.transitions + 1)
        if lease.holder == self._me:
            new = new._replace(transitions=lease.transitions, acquired=lease.acquired)
        return await self._api.update(self._path, self._document(new))

    def _document(self, lease: Lease) -> Document:
        version = {"resourceVersion": lease.version} if lease.version else {}
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._namespace, **version},
            "spec": {
                "holderIdentity": lease.holder,
                "leaseDurationSeconds": max(1, round(lease.duration)),
                "leaseTransitions": lease.transitions,
                "acquireTime": lease.acquired or lease.renewed,
                "renewTime": lease.renewed,
            },
        }


def _lease(document: Document) -> Lease:
    spec = document.get("spec") or {}
    return Lease(
        spec.get("holderIdentity") or "",
        spec.get("renewTime") or "",
        float(spec.get("leaseDurationSeconds") or 1),
        int(spec.get("leaseTransitions") or 0),
        document["metadata"]["resourceVersion"],
        spec.get("acquireTime") or "",
    )


def _now() -> str:
    return micro_time(datetime.now(UTC))
