"""An upgrade as the resources see it: another chart, then one replica after the other, and what came of it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from support.storm import Replica
from upgrade.fleet import PERIOD, Seen, Writes, changed, create, lost, posted
from upgrade.versions import Version, today
from upgrade.ways import WITHOUT_CRD, Way
from wahealth.playground.environment import Environment, until

REPLICAS = 2
PATIENCE = 300.0
STILL = 3.0 * PERIOD  # seconds, in which all resources are asked
LOOK = 0.05  # seconds between two looks at who leads


class World(Environment):
    """The playground without anything of ours installed."""

    def __init__(self) -> None:
        super().__init__(lambda text: print(text, file=sys.stderr))

    def _install(self) -> None:
        """That is what the ways are for."""


class Found(NamedTuple):
    """What an upgrade did."""

    resources: int
    lost: int  # verdicts that are others now
    events: int
    changed: int  # statuses that say something else, in a message for instance
    written: int  # resources whose status was written
    most_writes: int  # of one resource
    most_in_a_second: int
    handovers: tuple[float, ...]  # seconds from the signal to a leader until another one leads

    def is_as_promised(self, seconds: float) -> bool:
        """No verdict lost, no event, one write a resource and none without need, Leases handed over in time."""
        harmless = not self.lost and not self.events
        return harmless and self.most_writes <= 1 and self.written == self.changed and max(self.handovers) <= seconds


class Replicas:
    """The operator's pods, as processes of the version that is to run."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._running: list[Replica] = []
        self._count = 0

    def start(self, version: Version) -> None:
        """The first ones."""
        for _ in range(REPLICAS):
            self._start(version)

    def replace(self, version: Version) -> list[float]:
        """Each by one of this version, as a Deployment does: a new one is ready before an old one goes; whoever leads
        goes first. Returns how long it took until another one led, each time a leader went."""
        old, handovers = sorted(self._running, key=leads, reverse=True), []
        for replica in old:
            self._start(version)
            led = leads(replica)
            began = time.monotonic()
            replica.signal(signal.SIGTERM)
            self._running.remove(replica)
            if led:
                _soon(lambda: any(map(leads, self._running)), "another one leads")
                handovers.append(time.monotonic() - began)
            assert replica.ended(60) == 0
        return handovers

    def stop(self) -> None:
        for replica in self._running:
            replica.signal(signal.SIGTERM)
        for replica in self._running:
            replica.ended(60)
        self._running.clear()

    def _start(self, version: Version) -> None:
        self._count += 1
        name = f"replica-{self._count}"
        environment = {**os.environ, "PYTHONPATH": str(version.code), "POD_NAME": name}
        replica = Replica(name, self._world.start_operator(env=environment), self._world.listen)
        until(lambda: ready(replica), f"{name} of {version.name} is ready", PATIENCE)
        self._running.append(replica)


def leads(replica: Replica) -> bool:
    """By this metric alone: all of a fleet would take as long as what is measured."""
    page = replica.get("/metrics?name[]=wahealth_leader").text
    return any(line.startswith("wahealth_leader") and not line.endswith(" 0.0") for line in page.splitlines())


def ready(replica: Replica) -> bool:
    return replica.is_up() and replica.get("/readyz").status_code == 200


def there_and_back(
    world: World, way: Way, earlier: Version, resources: int, *flags: str
) -> Iterator[tuple[Version, Found]]:
    """Installs the earlier version with these flags and so many resources, upgrades to today's, and goes back by the
    documented way."""
    replicas = Replicas(world)
    way.put(earlier, *flags)
    replicas.start(earlier)
    create(world, resources)
    _settled(world)
    yield today(), _upgraded(world, replicas, way, today())
    yield earlier, _upgraded(world, replicas, way, earlier, WITHOUT_CRD)
    replicas.stop()
    way.leave()


def _upgraded(world: World, replicas: Replicas, way: Way, version: Version, *flags: str) -> Found:
    """Puts the version in the place of the one that runs, and waits until nothing changes any more."""
    before, moment = Seen.of(world), datetime.now(UTC)
    way.put(version, *flags)
    handovers = replicas.replace(version)
    time.sleep(STILL)
    until(lambda: _is_still(world), "nothing changes", PATIENCE)
    after, writes = Seen.of(world), Writes.since(world, moment)
    return Found(
        resources=len(before.statuses),
        lost=len(lost(before, after)),
        events=posted(before, after),
        changed=len(changed(before, after)),
        written=len(writes.of_each),
        most_writes=max(writes.of_each.values(), default=0),
        most_in_a_second=writes.most_in_a_second,
        handovers=tuple(handovers),
    )


def _settled(world: World) -> None:
    """Until all are judged, and nothing changes any more."""
    until(lambda: Seen.of(world).judged(), "all are judged", PATIENCE)
    until(lambda: _is_still(world), "nothing changes", PATIENCE)


def _is_still(world: World) -> bool:
    before = Seen.of(world)
    time.sleep(STILL)
    return before == Seen.of(world)


def _soon(seen: Callable[[], bool], what: str) -> None:
    until_then = time.monotonic() + 60
    while not seen():
        assert time.monotonic() < until_then, what
        time.sleep(LOOK)
