"""When labels and gates are written onto pods, and when they are taken off: the double of the API server notes them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

import pytest

from support.builders import CONNECTED, Story, answer, core, facts, primary, resource
from wahealth.core.facts import Pod, Pods
from wahealth.core.marks import CLIENT, GATEWAY, ROLE, Change
from wahealth.kube.apiserver.api import ApiError, ApiUnavailable
from wahealth.kube.cluster import Cluster, Vanished
from wahealth.kube.inventory.kept import Inventory
from wahealth.kube.marker import Marker
from wahealth.kube.record import Record, Ref, record_of


class Noting(Cluster):
    """`away`: so many writes find no API server. `there`: the resources that are."""

    def __init__(self, refuses: bool = False, away: int = 0, there: tuple[str, ...] = ()) -> None:
        self.written: list[tuple[str, dict[str, str | None]]] = []
        self.refuses, self.away, self.there = refuses, away, there

    async def mark(self, namespace: str, change: Change, now: object) -> None:
        self.written.append((change.pod, dict(change.labels)))
        if self.refuses:
            raise ApiError(403, "Forbidden")
        if self.away:
            self.away -= 1
            raise ApiUnavailable("refused")

    async def read(self, ref: Ref) -> dict[str, Any]:
        if ref.name in self.there:
            return {}
        raise Vanished


def record(**pods: Any) -> Record:
    return record_of(resource("shop", pods=pods))


def pod(name: str, **labels: str) -> dict[str, Any]:
    metadata = {"namespace": "acme", "name": name, "uid": f"uid-{name}", "labels": labels}
    return {"metadata": metadata, "status": {"phase": "Running", "podIP": "10.0.0.1"}}


HA = replace(
    facts(answer(primary("m0"), core("c0", CONNECTED), core("c1"))),
    pods=Pods({}, {n: Pod(n) for n in ("m0", "c0", "c1")}),
)
BELIEVED = Story().rounds(1, HA).history
GONE = dict.fromkeys((CLIENT, ROLE, GATEWAY))


def marked(of: Record, *seconds: float, pods: list[dict[str, Any]], cluster: Noting | None = None) -> Noting:
    """Rounds at these seconds; the client was seen in the second 0 and not again."""
    inventory, cluster = Inventory(), cluster or Noting()
    inventory.pods.replace(pods)
    marker = Marker(cluster, inventory)
    of.seen = 0.0
    assert BELIEVED is not None
    for second in seconds:
        with contextlib.suppress(ApiUnavailable):
            asyncio.run(marker.mark(of, BELIEVED, second))
    return cluster


def test_pods_of_nodes_are_labelled_and_no_others() -> None:
    said = marked(record(roleLabels="Enabled"), 0, pods=[pod("c0"), pod("web-0", app="web")])
    assert said.written == [("c0", {CLIENT: "shop", ROLE: "coreapp", GATEWAY: "connected"})]


def test_only_those_that_are_selected() -> None:
    of = record(roleLabels="Enabled", selector={"matchLabels": {"app": "core"}})
    assert [name for name, _ in marked(of, 0, pods=[pod("c0", app="core"), pod("c1")]).written] == ["c0"]


def test_the_same_is_not_written_again_while_the_watch_may_be_behind() -> None:
    assert len(marked(record(roleLabels="Enabled"), 0, 5, 29, pods=[pod("c0")]).written) == 1
    assert len(marked(record(roleLabels="Enabled"), 0, 31, pods=[pod("c0")]).written) == 2


def test_three_periods_without_a_sight_take_the_labels_off() -> None:
    labelled = [pod("c0", **{CLIENT: "shop", ROLE: "coreapp", GATEWAY: "connected"})]
    assert marked(record(roleLabels="Enabled"), 0, 60, 89, pods=labelled).written == []
    assert marked(record(roleLabels="Enabled"), 90, pods=labelled).written == [("c0", GONE)]


def test_switched_off_they_are_taken_off_once_and_nothing_is_looked_at_then() -> None:
    labelled = [pod("c0", **{CLIENT: "shop", ROLE: "coreapp"}), pod("x", **{CLIENT: "other"})]
    of = record()
    assert marked(of, 0, pods=labelled).written == [("c0", dict.fromkeys((CLIENT, ROLE)))]
    assert of.marked  # until the watch shows that they are
    assert marked(of, 5, pods=[pod("c0")]).written == []
    assert not of.marked


def test_what_may_not_be_patched_is_not_tried_in_a_hot_loop_and_said_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusing, of = Noting(refuses=True), record(roleLabels="Enabled")
    assert len(marked(of, 0, 5, 10, 31, pods=[pod("c0")], cluster=refusing).written) == 2
    said = [one for one in caplog.records if one.message == "pod not marked"]
    assert len(said) == 2
    assert {(vars(one)["topic"], vars(one)["uid"]) for one in said} == {(f"mark {of.uid}", of.uid)}


def test_a_resource_that_is_gone_leaves_no_label() -> None:
    inventory, cluster = Inventory(), Noting()
    inventory.pods.replace([pod("c0", **{CLIENT: "shop"}), pod("c1")])
    asyncio.run(Marker(cluster, inventory).clear(record()))
    assert cluster.written == [("c0", {CLIENT: None})]


def moving() -> list[dict[str, Any]]:
    """c1 is labelled as the connected one, and c0 is to be."""
    held = {"c1": "connected", "c0": "disconnected"}
    return [pod(name, **{CLIENT: "shop", ROLE: "coreapp", GATEWAY: gateway}) for name, gateway in held.items()]


def test_nobody_is_promoted_while_a_demotion_did_not_come_through() -> None:
    assert [name for name, _ in marked(record(roleLabels="Enabled"), 0, pods=moving()).written] == ["c1", "c0"]
    refusing = marked(record(roleLabels="Enabled"), 0, 5, 10, pods=moving(), cluster=Noting(refuses=True))
    assert [name for name, _ in refusing.written] == ["c1"]
    away = marked(record(roleLabels="Enabled"), 0, 5, pods=moving(), cluster=Noting(away=1))
    assert [name for name, _ in away.written] == ["c1", "c1", "c0"]


def test_what_could_not_be_taken_off_is_tried_again() -> None:
    labelled = [pod("c0", **{CLIENT: "shop"})]
    assert len(marked(record(), 0, 5, 10, pods=labelled, cluster=Noting(away=2)).written) == 3


def test_a_round_that_outlives_its_resource_writes_nothing() -> None:
    of = record(roleLabels="Enabled")
    of.gone = True
    assert marked(of, 0, pods=[pod("c0")]).written == []


def test_a_sweep_takes_the_labels_of_resources_off_that_are_gone() -> None:
    inventory, cluster = Inventory(), Noting(there=("unseen",))
    names = ("shop", "gone", "unseen")
    inventory.pods.replace([pod(f"c-{name}", **{CLIENT: name}) for name in names])
    asyncio.run(Marker(cluster, inventory).sweep({Ref("acme", "shop")}))
    assert cluster.written == [("c-gone", {CLIENT: None})]
