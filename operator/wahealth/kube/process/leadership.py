"""Leader election by Leases, one a shard: the holder asks and writes, everybody else watches and is ready to take over.

No election of a library's: it has to tell who may still look from who may still write, to hold several Leases, and to
give them back at once.
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

from wahealth.core.leadership import Lease, Tenure, Terms, shard_of
from wahealth.kube.apiserver.api import ApiError, ApiServer, ApiUnavailable, Document, micro_time
from wahealth.kube.apiserver.session import replica
from wahealth.telemetry import metrics
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

_RELEASE = 2.0  # seconds that giving back may take
_ABSENT, _CLASH = 404, 409


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
        api: ApiServer,
        election: Election | None,
        gained: Callable[[int], None] = lambda _: None,
        lost: Callable[[int], None] = lambda _: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gained = gained
        self._lost = lost
        self.identity = f"{replica()}_{uuid.uuid4().hex[:8]}"
        me = self.identity
        self._seats = [Seat(api, election, n, me, now) for n in range(election.shards)] if election else []

    def leads(self, uid: str) -> bool:
        """Whether we ask for this resource."""
        return not self._seats or self._seat(uid).tenure.leads

    def leads_any(self) -> bool:
        return not self._seats or self._held() > 0

    def may_write(self, uid: str) -> bool:
        return not self._seats or self._seat(uid).may_write()

    def must_lead(self, uid: str) -> None:
        """Raises `NotLeading`."""
        if not self.may_write(uid):
            raise NotLeading

    async def run(self) -> None:
        """Until cancelled; then what is held is given back, so that another takes over at once."""
        if not self._seats:
            self._gained(0)
            metrics.leader.labels("0").set(1)
            return
        try:
            async with asyncio.TaskGroup() as group:
                for seat in self._seats:
                    metrics.leader.labels(str(seat.shard)).set(0)
                    group.create_task(self._keep(seat), name=f"lease {seat.shard}")
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_RELEASE):
                    await asyncio.gather(*(seat.give_back() for seat in self._seats))

    def _seat(self, uid: str) -> Seat:
        return self._seats[shard_of(uid, len(self._seats))]

    def _held(self) -> int:
        return sum(seat.tenure.leads for seat in self._seats)

    async def _keep(self, seat: Seat) -> None:
        """One Lease: taken when it is free, renewed while it is ours."""
        while True:
            led = seat.tenure.leads
            try:
                async with asyncio.timeout(seat.terms.deadline):
                    await seat.try_to_lead()
            except (ApiUnavailable, TimeoutError):
                pass  # the outage is told of elsewhere; whoever leads goes on to look, and does not write
            except ApiError as error:
                log.warning("lease not kept", extra=topic("lease", shard=seat.shard, error=str(error)))
            if seat.tenure.leads is not led:
                self._turned(seat)
            await asyncio.sleep(self._pause(seat))

    def _pause(self, seat: Seat) -> float:
        """Whoever holds others is slower to take one more, so that replicas that start together share them."""
        retry = seat.terms.retry
        if seat.tenure.leads:
            return retry
        more = min(self._held() * retry, seat.terms.duration)
        return retry * random.uniform(0.4, 0.9) + more  # noqa: S311 - spreads load, guards nothing

    def _turned(self, seat: Seat) -> None:
        leads = seat.tenure.leads
        metrics.leader.labels(str(seat.shard)).set(leads)
        holder = seat.tenure.lease.holder if seat.tenure.lease else ""
        log.info("leads" if leads else "leads no more", extra={"shard": seat.shard, "holder": holder})
        (self._gained if leads else self._lost)(seat.shard)


class Seat:
    """One shard's Lease, as the replica `me` has it."""

    def __init__(self, api: ApiServer, election: Election, shard: int, me: str, now: Callable[[], float]) -> None:
        self.shard = shard
        self.terms = election.terms
        self.tenure = Tenure()
        self._api = api
        self._me = me
        self._now = now
        self._namespace = election.namespace
        self._name = election.name if election.shards == 1 else f"{election.name}-{shard}"
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{election.namespace}/leases"
        self._path = f"{self._collection}/{self._name}"

    def may_write(self) -> bool:
        return self.tenure.may_write(self._now(), self.terms)

    async def try_to_lead(self) -> None:
        """Raises `ApiError`, `ApiUnavailable`. Whoever leads writes at once, all others look first."""
        if not self.tenure.leads:
            await self._look()
            if not self.tenure.is_free(self._me, self._now()):
                return
        began = self._now()
        try:
            written = await self._write()
        except ApiError as error:
            if error.status not in {_ABSENT, _CLASH}:
                raise
            await self._look()
        else:
            self.tenure = self.tenure.took(_lease(written), began)

    async def give_back(self) -> None:
        """What may be another's by now is left alone."""
        lease, held = self.tenure.lease, self.may_write()
        self.tenure = Tenure()
        if lease is not None and held:
            free = lease._replace(holder="", renewed=_now(), duration=1.0)
            with contextlib.suppress(ApiError, ApiUnavailable):
                await self._api.update(self._path, self._document(free))

    async def _look(self) -> None:
        try:
            document = await self._api.read(self._path)
        except ApiError as error:
            if error.status != _ABSENT:
                raise
            self.tenure = self.tenure.without_lease(self.terms)
        else:
            self.tenure = self.tenure.saw(_lease(document), self._me, self._now())

    async def _write(self) -> Document:
        now, lease = _now(), self.tenure.lease
        new = Lease(self._me, now, self.terms.duration, 0, "", now)
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
