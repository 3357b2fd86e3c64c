"""Rounds of two resources with one Secret: which of them reads it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Coroutine
from typing import Any

import looptime

from support.builders import CONNECTED, any_targets, at, resource, single
from wahealth.core.answer import Outcome, Unauthorized
from wahealth.kube.apiserver.api import ApiServer
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.references import References
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.credential import api_key
from wahealth.probe.waweb import ProbeRequest

OLD, NEW = b"an-old-key-of-enough-characters", b"a-new-key-of-enough-characters"
OWNER = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "controller": True}
TARGET = {"workload": {"kind": "StatefulSet", "name": "web"}, "scheme": "HTTP"}
LATE = 460.0  # seconds by which everybody reads a Secret again that was read at 0


class Secret(ApiServer):
    """Counts how often it is read."""

    def __init__(self) -> None:
        self.key, self.reads = OLD, 0

    async def read(self, path: str, **_: Any) -> dict[str, Any]:
        self.reads += 1
        data = {"WA_API_KEY": base64.b64encode(self.key).decode()}
        return {"kind": "Secret", "metadata": {"name": "k", "resourceVersion": "1"}, "data": data}


class Waweb(Prober):
    """Accepts one key."""

    def __init__(self) -> None:
        super().__init__()
        self.key = OLD

    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        taken = probe_request.credential == api_key(self.key)
        return ProbeResponse(single(CONNECTED) if taken else Unauthorized())


class World:
    def __init__(self) -> None:
        inventory, self.secret, self.waweb = Inventory(), Secret(), Waweb()
        inventory.workloads["StatefulSet"].put({"metadata": {"namespace": "acme", "name": "web", "uid": "w"}})
        pod = {"namespace": "acme", "name": "web-0", "ownerReferences": [OWNER]}
        inventory.pods.put({"metadata": pod, "status": {"phase": "Running", "podIP": "10.0.0.1"}})
        self.gatherer = Gatherer(inventory, any_targets(inventory), References(self.secret, 300), self.waweb)
        self.one, self.other = (entry_of(resource(name, target=TARGET)) for name in ("one", "other"))

    async def round(self, entry: ResourceEntry) -> Outcome:
        facts = await self.gatherer.facts(entry, at(asyncio.get_running_loop().time()))
        return facts.outcomes[0].outcome


def played(story: Callable[[World], Coroutine[Any, Any, None]]) -> None:
    """On a clock that costs no time, after the first round of both and until both are due to read again."""

    async def main() -> None:
        world = World()
        for entry in (world.one, world.other):
            await world.round(entry)
        assert world.secret.reads == 2
        await asyncio.sleep(LATE)
        await story(world)

    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        runner.run(main())


def test_one_reads_it_for_both() -> None:
    async def story(world: World) -> None:
        await world.round(world.one)
        await world.round(world.other)
        assert world.secret.reads == 3

    played(story)


def test_a_refusal_reads_at_once_what_another_has_just_read() -> None:
    async def story(world: World) -> None:
        await world.round(world.one)
        world.secret.key = world.waweb.key = NEW
        assert await world.round(world.other) == single(CONNECTED)
        assert world.secret.reads == 4

    played(story)


def test_what_one_finds_changed_the_other_reads_for_itself() -> None:
    async def story(world: World) -> None:
        world.secret.key = world.waweb.key = NEW
        for entry in (world.one, world.other):
            assert await world.round(entry) == single(CONNECTED)
        assert world.secret.reads == 4

    played(story)


def test_a_notice_of_a_change_reads_it_whatever_is_known() -> None:
    async def story(world: World) -> None:
        await world.round(world.one)
        world.other.secret_changed("k")
        await world.round(world.other)
        assert world.secret.reads == 4

    played(story)
