"""Replicas that share Leases, on a clock that costs no time. The double of the API server is these few lines."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import looptime
import pytest

from wahealth.core.control.lease import shard_of
from wahealth.kube.apiserver.api import ApiError, ApiServer, ApiUnavailable
from wahealth.kube.process.leader_election import Election, LeaderElector, NotLeading

Script = Callable[["Cluster"], Awaitable[None]]


class Leases:
    """What the API server keeps, by path; `away` are the replicas that it does not answer."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.away: set[str] = set()
        self.late = 0.0  # seconds from a write to its reply
        self._versions = count(1)

    def door(self, replica: str) -> Door:
        return Door(self, replica)

    def keep(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        metadata = {**body["metadata"], "resourceVersion": str(next(self._versions))}
        self.kept[path] = {**body, "metadata": metadata}
        return self.kept[path]


class Door(ApiServer):
    def __init__(self, leases: Leases, replica: str) -> None:
        self._leases = leases
        self._replica = replica

    async def read(self, path: str, **_: object) -> dict[str, Any]:
        await self._way()
        if path not in self._leases.kept:
            raise ApiError(404, "NotFound")
        return self._leases.kept[path]

    async def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        await self._way()
        named = f"{path}/{body['metadata']['name']}"
        if named in self._leases.kept:
            raise ApiError(409, "AlreadyExists")
        return self._leases.keep(named, body)

    async def update(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        await self._way()
        there = self._leases.kept.get(path)
        if there is None:
            raise ApiError(404, "NotFound")
        if body["metadata"]["resourceVersion"] != there["metadata"]["resourceVersion"]:
            raise ApiError(409, "Conflict")
        kept = self._leases.keep(path, body)
        await asyncio.sleep(self._leases.late)
        return kept

    async def _way(self) -> None:
        await asyncio.sleep(random.uniform(0, 0.05))
        if self._replica in self._leases.away:
            raise ApiUnavailable("refused")


class Cluster:
    """Replicas by name, and a watch over who may write for a resource at any time."""

    def __init__(self, shards: int) -> None:
        self.leases = Leases()
        self.shards = shards
        self.replicas: dict[str, LeaderElector] = {}
        self.told: list[tuple[str, str, int]] = []
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, *names: str) -> None:
        for name in names:
            self.replicas[name] = LeaderElector(
                self.leases.door(name),
                Election("system", "operator", self.shards),
                on_started_leading=lambda shard, name=name: self.told.append((name, "gained", shard)),  # type: ignore[misc]
                on_stopped_leading=lambda shard, name=name: self.told.append((name, "lost", shard)),  # type: ignore[misc]
                now=asyncio.get_running_loop().time,
            )
            self._running[name] = asyncio.create_task(self.replicas[name].run())

    async def stop(self, name: str) -> None:
        """As SIGTERM does."""
        self._running[name].cancel()
        await asyncio.wait([self._running[name]])
        del self.replicas[name]

    def kill(self, name: str) -> None:
        """As SIGKILL does: nothing is given back, for nobody hears of it."""
        self.leases.away.add(name)
        self._running[name].cancel()
        del self.replicas[name]

    def writers(self, uid: str = "uid") -> list[str]:
        return [name for name, replica in self.replicas.items() if replica.may_write(uid)]

    async def after(self, seconds: float) -> list[str]:
        """Who may write then; at no time meanwhile may two."""
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            assert len(self.writers()) <= 1
            await asyncio.sleep(0.05)
        return self.writers()

    async def seconds_until_led(self) -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not self.writers():
            await asyncio.sleep(0.05)
            assert loop.time() - began < 60
        return loop.time() - began


def played(script: Script, shards: int = 1) -> Cluster:
    async def main() -> Cluster:
        cluster = Cluster(shards)
        await script(cluster)
        return cluster

    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=1000, end=2000)) as runner:
        return runner.run(main())


def test_of_several_one_leads_and_goes_on_to() -> None:
    async def script(cluster: Cluster) -> None:
        cluster.start("a", "b", "c")
        (first,) = await cluster.after(5)
        assert await cluster.after(120) == [first]
        lease = cluster.leases.kept["/apis/coordination.k8s.io/v1/namespaces/system/leases/operator"]["spec"]
        assert lease["holderIdentity"] == cluster.replicas[first].identity
        assert lease["leaseTransitions"] == 0
        assert lease["acquireTime"] < lease["renewTime"]

    played(script)


def test_who_ends_in_order_hands_over_in_about_two_seconds() -> None:
    async def script(cluster: Cluster) -> None:
        cluster.start("a")
        await cluster.after(5)
        cluster.start("b")
        await cluster.after(5)
        await cluster.stop("a")
        assert await cluster.seconds_until_led() <= 2.1
        assert cluster.writers() == ["b"]

    played(script)


def test_who_ends_while_its_renewal_is_not_answered_hands_over_as_soon() -> None:
    """The renewal was written, so that the release meets a conflict."""

    async def script(cluster: Cluster) -> None:
        cluster.start("a")
        await cluster.after(5)
        cluster.start("b")
        await cluster.after(5)
        cluster.leases.late = 1
        ((path, before),) = cluster.leases.kept.items()
        while cluster.leases.kept[path] is before:
            await cluster.after(0.05)
        cluster.leases.late = 0
        await cluster.stop("a")
        assert cluster.leases.kept[path]["spec"]["holderIdentity"] == ""
        assert await cluster.seconds_until_led() <= 2.1
        assert cluster.writers() == ["b"]

    played(script)


def test_who_ends_after_another_took_over_releases_nothing() -> None:
    async def script(cluster: Cluster) -> None:
        cluster.start("a")
        await cluster.after(5)
        ((path, lease),) = cluster.leases.kept.items()
        cluster.leases.keep(path, {**lease, "spec": {**lease["spec"], "holderIdentity": "another"}})
        await cluster.stop("a")
        assert cluster.leases.kept[path]["spec"]["holderIdentity"] == "another"

    played(script)


def test_who_is_killed_is_followed_within_twenty_seconds_and_not_before_the_lease_ends() -> None:
    async def script(cluster: Cluster) -> None:
        cluster.start("a")
        await cluster.after(5)
        cluster.start("b")
        await cluster.after(7)
        cluster.kill("a")
        assert 10 <= await cluster.seconds_until_led() <= 20

    played(script)


def test_a_lease_that_was_deleted_is_taken_whatever_its_holder_had_promised() -> None:
    """Somebody wrote 68 years into it."""

    async def script(cluster: Cluster) -> None:
        cluster.start("a")
        await cluster.after(5)
        (path,) = cluster.leases.kept
        theirs = cluster.leases.kept[path]
        spec = {**theirs["spec"], "holderIdentity": "x\x1b[31m", "leaseDurationSeconds": 2_147_483_647}
        cluster.leases.keep(path, {**theirs, "spec": spec})
        assert await cluster.after(30) == []
        del cluster.leases.kept[path]
        assert await cluster.seconds_until_led() <= 3  # it was not renewed for longer than one of us may pause
        assert cluster.leases.kept[path]["spec"]["leaseDurationSeconds"] == 15

    played(script)


def test_one_that_is_deleted_early_is_waited_for_as_long_as_one_of_us_would() -> None:
    async def script(cluster: Cluster) -> None:
        cluster.start("a")
        await cluster.after(5)
        cluster.start("b")
        await cluster.after(5)
        cluster.leases.away.add("a")
        cluster.leases.kept.clear()
        assert await cluster.after(10.1) == []
        assert await cluster.after(10) == ["b"]

    played(script)


def test_who_cannot_renew_stops_to_write_before_another_begins_and_looks_on() -> None:
    async def script(cluster: Cluster) -> None:
        cluster.start("a")
        await cluster.after(5)
        cluster.start("b")
        await cluster.after(5)
        cluster.leases.away.add("a")
        assert await cluster.after(10.1) == []
        assert cluster.replicas["a"].leads("uid")  # nobody else is known to lead: it goes on to look
        with pytest.raises(NotLeading):
            cluster.replicas["a"].require_leadership("uid")
        assert await cluster.after(10) == ["b"]
        cluster.leases.away.clear()
        assert await cluster.after(10) == ["b"]
        assert not cluster.replicas["a"].leads("uid")
        assert cluster.told[-1] == ("a", "lost", 0)

    played(script)


def test_after_an_outage_for_all_the_same_one_leads_and_forgot_nothing() -> None:
    async def script(cluster: Cluster) -> None:
        cluster.start("a")
        await cluster.after(5)
        cluster.leases.away.add("a")
        assert await cluster.after(60) == []
        cluster.leases.away.clear()
        assert await cluster.after(5) == ["a"]
        assert cluster.told == [("a", "gained", 0)]

    played(script)


def test_a_lease_that_somebody_deleted_is_made_again() -> None:
    async def script(cluster: Cluster) -> None:
        cluster.start("a", "b")
        await cluster.after(5)
        cluster.leases.kept.clear()
        assert len(await cluster.after(10)) == 1

    played(script)


def test_a_clock_that_is_wrong_by_an_hour_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times in a Lease are compared, never read."""

    async def script(cluster: Cluster) -> None:
        cluster.start("a")
        await cluster.after(5)
        times = count()
        monkeypatch.setattr(
            "wahealth.kube.process.leader_election._now", lambda: f"1999-01-01T00:00:{next(times) % 60:02}Z"
        )
        cluster.start("b")
        assert await cluster.after(60) == ["a"]

    played(script)


def test_shards_are_shared_by_replicas_that_start_together_and_taken_over() -> None:
    async def script(cluster: Cluster) -> None:
        cluster.start("a", "b")
        await cluster.after(30)
        held = Counter(name for name, what, _ in cluster.told if what == "gained")
        assert sum(held.values()) == 4
        assert min(held.values()) >= 1
        await cluster.stop("a")
        await cluster.after(12)
        assert cluster.writers() == ["b"]
        assert all(cluster.writers(f"uid-{i}") == ["b"] for i in range(50))

    played(script, shards=4)


def test_resources_are_spread_over_shards_by_their_uid() -> None:
    shards = Counter(shard_of(f"4a3f2b1c-{i:04}", 4) for i in range(4000))
    assert all(900 <= shards[shard] <= 1100 for shard in range(4))


def test_without_an_election_one_leads_alone() -> None:
    async def script(cluster: Cluster) -> None:
        door = cluster.leases.door("alone")
        alone = LeaderElector(
            door, None, on_started_leading=lambda shard: cluster.told.append(("alone", "gained", shard))
        )
        await alone.run()
        assert alone.may_write("uid")
        assert alone.leads("uid")
        assert cluster.told == [("alone", "gained", 0)]

    played(script)
