"""Leader election by Leases, one a shard: the holder asks and writes, everybody else watches and is ready to take over.

No election of a library's: it has to tell who may still look from who may still write, to hold several Leases, and to
give them back at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from wahealth.core.leadership import Lease, Tenure, Terms, shard_of
from wahealth.kube.apiserver.api import ApiError, ApiServer, ApiUnavailable, Document
from wahealth.telemetry import metrics
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

_RELEASE = 2.0  # seconds that giving back may take
_CLASH = 409


class NotLeading(Exception):
    """Another replica may lead by now: nothing is written."""


class Election(NamedTuple):
    """`name` of the Lease, where there is one; of several, with the shard's number behind it."""

    namespace: str
    name: str
    shards: int = 1
    terms: Terms = Terms()


class Leadership:
    """Of all shards. `gained` and `lost` are told of a shard; None for `election`: there is nobody else."""

    def __init__(
        self,
        api: ApiServer | None,
        election: Election | None,
        gained: Callable[[int], None] = lambda _: None,
        lost: Callable[[int], None] = lambda _: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._election = election
        self._gained = gained
        self._lost = lost
        self._now = now
        self.identity = f"{os.environ.get('POD_NAME') or os.uname().nodename}_{uuid.uuid4().hex[:8]}"
        shards = election.shards if election else 1
        self._tenures = {shard: Tenure() for shard in range(shards)}

    def shard(self, uid: str) -> int:
        return shard_of(uid, len(self._tenures))

    def leads(self, uid: str) -> bool:
        """Whether we ask for this resource."""
        return self._election is None or self._tenures[self.shard(uid)].leads

    def leads_any(self) -> bool:
        return self._election is None or any(tenure.leads for tenure in self._tenures.values())

    def may_write(self, uid: str) -> bool:
        if self._election is None:
            return True
        return self._tenures[self.shard(uid)].may_write(self._now(), self._election.terms)

    def must_lead(self, uid: str) -> None:
        """Raises `NotLeading`."""
        if not self.may_write(uid):
            raise NotLeading

    async def run(self) -> None:
        """Until cancelled; then what is held is given back, so that another takes over at once."""
        if self._api is None or self._election is None:
            self._gained(0)
            metrics.leader.labels("0").set(1)
            return
        try:
            async with asyncio.TaskGroup() as group:
                for shard in self._tenures:
                    metrics.leader.labels(str(shard)).set(0)
                    group.create_task(self._keep(self._api, self._election, shard), name=f"lease {shard}")
        finally:
            await self._release(self._api, self._election)

    async def _keep(self, api: ApiServer, election: Election, shard: int) -> None:
        """One Lease: taken when it is free, renewed while it is ours."""
        while True:
            try:
                async with asyncio.timeout(election.terms.deadline):
                    self._turned(shard, await self._tried(api, election, shard))
            except (ApiUnavailable, TimeoutError):
                pass  # the outage is told of elsewhere; whoever leads goes on to look, and does not write
            except ApiError as error:
                log.warning("lease not kept", extra=topic("lease", shard=shard, error=str(error)))
            await asyncio.sleep(self._pause(election, shard))

    def _pause(self, election: Election, shard: int) -> float:
        """Whoever holds others is slower to take one more, so that replicas that start together share them."""
        retry = election.terms.retry
        if self._tenures[shard].leads:
            return retry
        held = sum(tenure.leads for tenure in self._tenures.values())
        return retry * random.uniform(0.4, 0.9) + min(held * retry, election.terms.duration)  # noqa: S311 - spreads load

    async def _tried(self, api: ApiServer, election: Election, shard: int) -> Tenure:
        """Raises `ApiError`, `ApiUnavailable`. Whoever leads writes at once, all others look first."""
        tenure = self._tenures[shard]
        if not tenure.leads:
            tenure = await self._looked(api, election, shard)
            if not tenure.is_free(self.identity, self._now()):
                return tenure
        began = self._now()
        try:
            written = await self._written(api, election, shard, tenure)
        except ApiError as error:
            if error.status not in {404, _CLASH}:
                raise
            return await self._looked(api, election, shard)
        return tenure.took(_lease(written), began)

    async def _looked(self, api: ApiServer, election: Election, shard: int) -> Tenure:
        try:
            document = await api.read(_path(election, shard))
        except ApiError as error:
            if error.status != 404:
                raise
            return self._tenures[shard].without_lease()
        return self._tenures[shard].saw(_lease(document), self.identity, self._now())

    async def _written(self, api: ApiServer, election: Election, shard: int, tenure: Tenure) -> Document:
        now, lease = _now(), tenure.lease
        new = Lease(self.identity, now, election.terms.duration, 0, "", now)
        if lease is None or not lease.version:
            return await api.create(_collection(election), _document(election, shard, new))
        new = new._replace(version=lease.version, transitions=lease.transitions + 1)
        if lease.holder == self.identity:
            new = new._replace(transitions=lease.transitions, acquired=lease.acquired)
        return await api.update(_path(election, shard), _document(election, shard, new))

    def _turned(self, shard: int, tenure: Tenure) -> None:
        before, self._tenures[shard] = self._tenures[shard], tenure
        if before.leads is tenure.leads:
            return
        metrics.leader.labels(str(shard)).set(tenure.leads)
        holder = tenure.lease.holder if tenure.lease else ""
        log.info("leads" if tenure.leads else "leads no more", extra={"shard": shard, "holder": holder})
        (self._gained if tenure.leads else self._lost)(shard)

    async def _release(self, api: ApiServer, election: Election) -> None:
        held = [shard for shard, tenure in self._tenures.items() if tenure.may_write(self._now(), election.terms)]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_RELEASE):
                await asyncio.gather(*(self._given_back(api, election, shard) for shard in held))

    async def _given_back(self, api: ApiServer, election: Election, shard: int) -> None:
        lease = self._tenures[shard].lease
        self._tenures[shard] = Tenure()
        if lease is None:
            return
        free = lease._replace(holder="", renewed=_now(), duration=1.0)
        with contextlib.suppress(ApiError, ApiUnavailable):
            await api.update(_path(election, shard), _document(election, shard, free))


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


def _document(election: Election, shard: int, lease: Lease) -> Document:
    version = {"resourceVersion": lease.version} if lease.version else {}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": _name(election, shard), "namespace": election.namespace, **version},
        "spec": {
            "holderIdentity": lease.holder,
            "leaseDurationSeconds": max(1, round(lease.duration)),
            "leaseTransitions": lease.transitions,
            "acquireTime": lease.acquired or lease.renewed,
            "renewTime": lease.renewed,
        },
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _collection(election: Election) -> str:
    return f"/apis/coordination.k8s.io/v1/namespaces/{election.namespace}/leases"


def _path(election: Election, shard: int) -> str:
    return f"{_collection(election)}/{_name(election, shard)}"


def _name(election: Election, shard: int) -> str:
    return election.name if election.shards == 1 else f"{election.name}-{shard}"
