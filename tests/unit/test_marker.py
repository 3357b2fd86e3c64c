"""When labels and gates are written onto pods, and when they are taken off: the double of the API server notes them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from builders import CONNECTED, Story, answer, core, facts, primary
from wahealth.core.facts import Pod, Pods
from wahealth.core.marks import CLIENT, GATEWAY, ROLE, Change
from wahealth.kube.api import ApiError
from wahealth.kube.cluster import Cluster
from wahealth.kube.inventory.kept import Inventory
from wahealth.kube.marker import Marker
from wahealth.kube.record import Record, record_of


class Noting(Cluster):
    def __init__(self, refuses: bool = False) -> None:
        self.written: list[tuple[str, dict[str, str | None]]] = []
        self.refuses = refuses

    async def mark(self, namespace: str, change: Change, now: object) -> None:
        self.written.append((change.pod, dict(change.labels)))
        if self.refuses:
            raise ApiError(403, "Forbidden")


def record(**pods: Any) -> Record:
    spec = {"target": {"workload": {"name": "web"}}, "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}}, "pods": pods}
    metadata = {"name": "shop", "namespace": "acme", "uid": "u", "generation": 1, "resourceVersion": "1"}
    return record_of({"metadata": metadata, "spec": spec})


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
    assert not of.marked


def test_what_may_not_be_patched_is_not_tried_in_a_hot_loop() -> None:
    refusing = Noting(refuses=True)
    assert len(marked(record(roleLabels="Enabled"), 0, 5, 10, pods=[pod("c0")], cluster=refusing).written) == 1


def test_a_resource_that_is_gone_leaves_no_label() -> None:
    inventory, cluster = Inventory(), Noting()
    inventory.pods.replace([pod("c0", **{CLIENT: "shop"}), pod("c1")])
    asyncio.run(Marker(cluster, inventory).clear(record().ref))
    assert cluster.written == [("c0", {CLIENT: None})]
