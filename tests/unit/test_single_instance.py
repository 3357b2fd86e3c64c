"""A workload that is marked as a single instance: which client hears of it, when, and in which words."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from support.builders import (
    CONNECTED,
    DISCONNECTED,
    Story,
    answer,
    any_targets,
    at,
    core,
    facts,
    primary,
    resource,
    secondary,
    single,
)
from wahealth.api.labels import SINGLE_INSTANCE
from wahealth.core.answer import Outcome
from wahealth.core.facts import Facts
from wahealth.core.single_instance import Danger, SingleInstance, danger_of
from wahealth.kube.entry import entry_of
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.inventory.lean import lean

MARK = {SINGLE_INSTANCE: "true"}
ONE = SingleInstance("Deployment", "wacore", 1)
SURGING = ONE._replace(surges=True)
ROLLING = SURGING._replace(rolling_out=True)
TWO = ONE._replace(replicas=2)


def workload(
    name: str = "wacore", labels: dict[str, str] | None = None, pods: dict[str, str] | None = None, **spec: Any
) -> dict[str, Any]:
    metadata = {"namespace": "acme", "name": name, "uid": name, "labels": MARK if labels is None else labels}
    template = {"metadata": {"labels": pods or {}}, "spec": {"containers": []}}
    return {"metadata": metadata, "spec": {"template": template, "replicas": 1, **spec}}


def seen(*objects: dict[str, Any], kind: str = "Deployment", selector: frozenset[tuple[str, str]] = frozenset()) -> Any:
    inventory = Inventory()
    inventory.workloads[kind].replace([lean(object_) for object_ in objects])
    return inventory.single_instances.of("acme", selector)


class TestWhichAreMarked:
    def test_by_a_label_of_its_own_or_of_its_pods(self) -> None:
        recreate: dict[str, Any] = {"strategy": {"type": "Recreate"}}
        for marked in (workload(**recreate), workload(labels={}, pods=MARK, **recreate)):
            assert seen(marked) == (ONE._replace(rolling_out=True),)

    @pytest.mark.parametrize("labels", [{}, {SINGLE_INSTANCE: "false"}, {"single-instance": "true"}])
    def test_not_by_another_label(self, labels: dict[str, str]) -> None:
        assert seen(workload(labels=labels)) == ()

    def test_not_a_kind_that_runs_once_on_each_node(self) -> None:
        assert seen(workload(), kind="DaemonSet") == ()

    def test_one_that_loses_its_mark_or_goes_is_forgotten(self) -> None:
        inventory = Inventory()
        deployments, marked = inventory.workloads["Deployment"], inventory.single_instances
        deployments.put(workload())
        inventory.workloads["StatefulSet"].put(workload())
        assert [one.kind for one in marked.of("acme", frozenset())] == ["Deployment", "StatefulSet"]
        deployments.put(workload(labels={}))
        assert [one.kind for one in marked.of("acme", frozenset())] == ["StatefulSet"]
        deployments.put(workload())
        deployments.drop({"metadata": {"namespace": "acme", "name": "wacore"}})
        assert [one.kind for one in marked.of("acme", frozenset())] == ["StatefulSet"]
        inventory.workloads["StatefulSet"].replace([])
        assert marked.of("acme", frozenset()) == ()

    @pytest.mark.parametrize(
        ("strategy", "surges"),
        [
            ({"type": "Recreate"}, False),
            ({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0}}, False),
            ({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "0%"}}, False),
            ({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}, True),
            ({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}, True),
            ({"type": "RollingUpdate"}, True),
            ({}, True),
        ],
    )
    def test_a_deployment_surges_unless_it_says_otherwise(self, strategy: dict[str, Any], surges: bool) -> None:
        (found,) = seen(workload(strategy=strategy))
        assert found.surges == surges

    def test_a_statefulset_never_surges(self) -> None:
        (found,) = seen(workload(), kind="StatefulSet")
        assert not found.surges


class TestWhatTheyComeTo:
    @pytest.mark.parametrize("marked", [(), (ONE,), (ONE._replace(replicas=0),), (ONE._replace(rolling_out=True),)])
    def test_no_danger(self, marked: tuple[SingleInstance, ...]) -> None:
        assert danger_of(marked) is None

    def test_a_second_pod_on_its_way_comes_first(self) -> None:
        assert danger_of((SURGING, TWO)) == Danger(TWO, coming=True)
        assert danger_of((SURGING, ROLLING)) == Danger(ROLLING, coming=True)
        assert danger_of((ONE, SURGING)) == Danger(SURGING, coming=False)

    def test_without_a_pod_no_rollout_surges_yet(self) -> None:
        assert danger_of((ROLLING._replace(replicas=0),)) == Danger(ROLLING._replace(replicas=0), coming=False)


class TestWhoHearsOfIt:
    """Of those in its namespace: whose pods its selector selects; without a selector all."""

    @pytest.mark.parametrize(
        ("pods", "heard"),
        [
            ({}, ["mine", "theirs"]),
            ({"selector": {"matchLabels": {"app": "mine"}}}, ["mine"]),
            ({"selector": {"matchLabels": {"app": "nobody"}}}, []),
        ],
    )
    def test_the_client(self, pods: dict[str, Any], heard: list[str]) -> None:
        inventory = Inventory()
        for name in ("mine", "theirs"):
            inventory.workloads["Deployment"].put(workload(name, pods={"app": name}))
        elsewhere = workload("elsewhere", pods={"app": "mine"})
        elsewhere["metadata"]["namespace"] = "beta"
        inventory.workloads["Deployment"].put(elsewhere)
        gatherer = Gatherer(inventory, any_targets(inventory), references=None, prober=None)  # type: ignore[arg-type]
        found = asyncio.run(gatherer.facts(entry_of(resource(pods=pods, suspend=True)), at(0)))
        assert [one.name for one in found.single_instances] == heard


def with_marked(*marked: SingleInstance, said: Outcome | None = None) -> Facts:
    return replace(facts(said or single(CONNECTED)), single_instances=marked)


class TestTold:
    def test_at_once_and_once(self) -> None:
        story = Story().rounds(3, with_marked(ONE))
        assert story.posted == ["ModeDetected", "GatewayConnected"]
        (told,) = story.round(with_marked(TWO)).events
        assert told.warning
        assert told.note == (
            "Deployment wacore is marked as a single instance and starts a second pod; two live instances of one number"
            " get it banned by WhatsApp: scale it to 1, and give a Deployment the strategy Recreate."
        )
        assert story.rounds(50, with_marked(TWO)).posted.count("SecondInstanceComing") == 1

    def test_again_before_the_hour_is_over_after_which_it_is_dropped(self) -> None:
        assert Story().rounds(121, with_marked(TWO)).posted.count("SecondInstanceComing") == 2

    def test_before_a_rollout_and_while_it_runs(self) -> None:
        story = Story().rounds(3, with_marked(SURGING)).rounds(3, with_marked(ROLLING)).rounds(3, with_marked(ONE))
        assert [reason for reason in story.posted if reason.startswith("Second")] == [
            "SecondInstancePossible",
            "SecondInstanceComing",
        ]

    def test_while_nobody_answers(self) -> None:
        story = Story().rounds(3, with_marked(ONE))
        story.round(replace(with_marked(TWO), outcomes=()))
        assert "SecondInstanceComing" in story.posted

    def test_while_it_flaps_since_two_instances_may_be_why(self) -> None:
        story = Story().rounds(3, with_marked(ONE))
        for _ in range(6):
            story.rounds(3, with_marked(ONE, said=single(DISCONNECTED))).rounds(1, with_marked(ONE))
        assert "FlappingDetected" in story.posted
        story.round(with_marked(TWO))
        assert story.posted[-1] == "SecondInstanceComing"

    def test_not_of_a_client_that_has_several_coreapps(self) -> None:
        several = answer(core("c0", CONNECTED), core("c1"), primary("m0"), secondary("m1"))
        story = Story().rounds(5, with_marked(TWO, said=several))
        assert not any(reason.startswith("Second") for reason in story.posted)
