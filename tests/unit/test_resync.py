"""What the sweep finds where some of the watched namespaces may not be listed."""

from __future__ import annotations

import asyncio
from typing import Any

import looptime
import pytest

from support.builders import resource
from wahealth.kube.apiserver.api import ApiError, ApiUnavailable
from wahealth.kube.cluster import Gone
from wahealth.kube.entry import Ref
from wahealth.kube.resync import Pace, Resync
from wahealth.telemetry import metrics

PATH = "/apis/wahealth.io/v1alpha1/namespaces/{}/whatsappclients"


class World:
    """An API server, whose resources are told of by a watch that tells nothing; and who is told."""

    def __init__(self) -> None:
        self.there = {"acme": ["one"], "beta": ["two"]}
        self.refuse: set[str] = set()
        self.known: dict[str, Ref] = {}
        self.away = 0  # how many readings of one resource find no API server

    async def read(self, path: Any, **_: object) -> dict[str, Any]:
        if isinstance(path, Ref) and self.away:
            self.away -= 1
            raise ApiUnavailable("away")
        if isinstance(path, Ref) and path.name not in self.there[path.namespace]:
            raise Gone
        if isinstance(path, Ref):
            return resource(namespace=path.namespace, name=path.name)
        namespace = next(name for name in self.there if path == PATH.format(name))
        if namespace in self.refuse:
            raise ApiError(403, "Forbidden")
        items = [_named(namespace, name) for name in self.there[namespace]]
        return {"metadata": {"resourceVersion": "9"}, "items": items}

    def upsert(self, document: dict[str, Any]) -> None:
        ref = Ref(document["metadata"]["namespace"], document["metadata"]["name"])
        self.known[ref.name] = ref

    def remove(self, uid: str) -> None:
        del self.known[uid]

    def versions(self) -> dict[str, str]:
        return dict.fromkeys(self.known, "1")

    def places(self) -> dict[str, str]:
        return {uid: ref.namespace for uid, ref in self.known.items()}


def _named(namespace: str, name: str) -> dict[str, Any]:
    return {"metadata": {"namespace": namespace, "name": name, "uid": name, "resourceVersion": "1"}}


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    metrics.watch_refused.clear()


def told() -> list[str]:
    samples = [sample for family in metrics.watch_refused.collect() for sample in family.samples]
    return sorted(f"{sample.labels['resource']} of {sample.labels['namespace']}" for sample in samples)


async def looked(world: World, resync: Resync, seconds: float) -> tuple[bool, list[str]]:
    """Whether it is done after so long, and what is known."""
    await asyncio.sleep(seconds)
    return resync.done.is_set(), sorted(world.known)


def played(*refused: set[str]) -> list[tuple[bool, list[str]]]:
    """After each of these was refused for some minutes, in this order."""
    world = World()
    seen = []

    async def play() -> None:
        resync = Resync(world, world, world, Pace(60.0, ("acme", "beta")))  # type: ignore[arg-type]
        running = asyncio.create_task(resync.run())
        for refuse in refused:
            world.refuse = refuse
            seen.append(await looked(world, resync, 200))
        running.cancel()

    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=0, end=10_000)) as runner:
        runner.run(play())
    return seen


def test_a_namespace_that_may_not_be_listed_stops_no_other() -> None:
    assert played({"beta"}, set()) == [(True, ["one"]), (True, ["one", "two"])]
    assert not told()


def test_it_is_told() -> None:
    played({"beta"})
    assert told() == ["whatsappclients of beta"]


def test_where_none_may_be_listed_nothing_begins() -> None:
    assert played({"acme", "beta"}, {"acme"}) == [(False, []), (True, ["two"])]


def test_what_may_not_be_listed_any_more_is_not_gone() -> None:
    assert played(set(), {"beta"}) == [(True, ["one", "two"]), (True, ["one", "two"])]


@pytest.mark.parametrize(("there", "away", "known"), [(["one"], 0, ["one"]), (["one"], 2, ["one"]), ([], 0, [])])
def test_what_a_write_did_not_find_is_looked_for_once_more(there: list[str], away: int, known: list[str]) -> None:
    world = World()
    world.there["acme"], world.away = there, away

    async def play() -> list[str]:
        resync = Resync(world, world, world, Pace(3600.0))  # type: ignore[arg-type]
        running = asyncio.create_task(resync.look_again())
        resync.not_found(Ref("acme", "one"))
        await asyncio.sleep(60)
        running.cancel()
        return sorted(world.known)

    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=0, end=10_000)) as runner:
        assert runner.run(play()) == known
