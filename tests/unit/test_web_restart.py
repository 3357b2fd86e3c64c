"""When the web workload is restarted, and when it must not be."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from support.builders import CONNECTED, START, Story, answer, core, facts, primary, resource, single
from wahealth.core.answer import Answered, PodOutcome, Unauthorized
from wahealth.core.facts import Desired, Facts, Pod, Pods
from wahealth.core.restart import Skip, WebWorkload, blocker, decide_restart
from wahealth.core.status import (
    Condition,
    ConditionStatus,
    ConditionType,
    Credentials,
    KeyInUse,
    NodeVerdict,
    Status,
    TopologyNode,
)
from wahealth.kube.cluster import Cluster
from wahealth.kube.entry import entry_of
from wahealth.kube.inventory.keys import Key
from wahealth.kube.inventory.kinds import KINDS, RESTARTED_AT
from wahealth.kube.inventory.workloads import Workload, Workloads, workload_of

CHANGED = datetime.fromisoformat("2026-01-01T12:00:00Z")
WEB = WebWorkload("Deployment", "web", "uid-1")
REQUIRED = Condition(ConditionType.RESTART_REQUIRED, ConditionStatus.TRUE, "PreviousKeyInUse", "")
BELIEVED = Status(credentials=Credentials(KeyInUse.PREVIOUS, CHANGED), conditions=(REQUIRED,))


def partitioned(partition: int) -> dict[str, Any]:
    """A spec's part, of a StatefulSet."""
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}}


def after(seconds: float) -> datetime:
    return CHANGED + timedelta(seconds=seconds)


def decision(
    confirmed: Status = BELIEVED, seconds: float = 10, pods: frozenset[str] = frozenset({"web-0"}), **workload: Any
) -> WebWorkload | Skip | None:
    return decide_restart(confirmed, WEB._replace(**workload), pods, 300, after(seconds))


def test_at_once_after_a_change() -> None:
    assert decision() == WEB


@pytest.mark.parametrize(
    "confirmed",
    [BELIEVED._replace(conditions=()), BELIEVED._replace(credentials=None), Status()],
    ids=["not required", "no change is known", "nothing is believed"],
)
def test_not_without_a_change_that_waweb_has_not_taken(confirmed: Status) -> None:
    assert decision(confirmed) is None


def test_once_a_change() -> None:
    assert decision(restarted=after(20), seconds=25) is None
    found = decision(restarted=after(20), seconds=400)
    assert isinstance(found, Skip)
    assert "let its WA_API_KEY come from the Secret" in found.why


def test_not_before_the_period_since_the_last_one() -> None:
    assert decision(restarted=after(-200), seconds=99) is None
    assert decision(restarted=after(-200), seconds=100) is not None


def test_not_during_a_rollout() -> None:
    assert decision(rolling_out=True) is None


def test_a_roll_out_that_does_not_end_is_told() -> None:
    """As of a DaemonSet with a node that is lost. It waits no less for the end."""
    assert decision(rolling_out=True, seconds=599) is None
    found = decision(rolling_out=True, seconds=600)
    assert isinstance(found, Skip)
    assert "has not ended for 10 minutes: look why with kubectl rollout status" in found.why
    assert decision(seconds=700) == WEB


def test_pods_that_a_partition_holds_back_are_told_once_the_others_are_restarted() -> None:
    why = "its update strategy has partition 1"
    assert decision(stays=why) == WEB._replace(stays=why)
    found = decision(stays=why, restarted=after(20), seconds=400)
    assert isinstance(found, Skip)
    assert found.why.endswith(f"but not all of its pods ({why}): delete the others by hand.")


def test_not_where_something_is_in_the_way() -> None:
    assert decision(blocker="May not.", rolling_out=True) == Skip("May not.")


def test_a_restart_in_the_second_of_the_change_is_of_the_change() -> None:
    assert isinstance(decision(restarted=after(0), seconds=300), Skip)
    assert decision(restarted=after(10), seconds=10) is None


def test_a_restart_of_a_time_to_come_is_none() -> None:
    assert decision(restarted=after(10**9)) is not None


@pytest.mark.parametrize(
    ("spec", "stuck"),
    [
        ({"paused": True}, "it is paused"),
        ({"updateStrategy": {"type": "OnDelete"}}, "its update strategy is OnDelete"),
        (partitioned(2), "its update strategy has partition 2"),
        (partitioned(7), "its update strategy has partition 7"),
    ],
)
def test_not_where_it_would_restart_no_pod(spec: dict[str, Any], stuck: str) -> None:
    web = deployment()
    web["spec"] |= spec
    assert seen(web).stuck == stuck
    assert stuck in blocker("Deployment", "web", "", seen(web).stuck)


def test_a_partition_holds_some_of_them_back() -> None:
    web = deployment()
    web["spec"] |= partitioned(1)
    assert (seen(web).stuck, seen(web).stays) == ("", "its update strategy has partition 1")
    web["spec"] |= partitioned(0)
    assert (seen(web).stuck, seen(web).stays) == ("", "")


def test_a_restart_of_ours_is_known_before_the_watch_tells_it() -> None:
    store, key = Workloads(KINDS["Deployment"]), Key("acme", "shop-web")
    store.put(deployment())
    store.restarting("u", CHANGED)
    store.put(deployment())  # an older state comes late
    found = store.get(key)
    assert found is not None
    assert found.restarted == CHANGED
    store.restarting("u", None)
    found = store.get(key)
    assert found is not None
    assert found.restarted is None


def test_not_where_a_node_of_the_client_runs_in_it() -> None:
    node = TopologyNode("core-0", None, None, NodeVerdict.ACTIVE, pod_name="web-0")
    found = decision(BELIEVED._replace(nodes=(node,)))
    assert isinstance(found, Skip)
    assert "core-0" in found.why
    assert decision(BELIEVED._replace(nodes=(node._replace(pod_name="other"),))) == WEB


def seen(object_: dict[str, Any], kind: str = "Deployment") -> Workload:
    return workload_of(object_, KINDS[kind])


def deployment(name: str = "shop-web", status: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    container = {"name": "waweb", "image": "registry.example.com:5000/whatsapp/web:v2.37.1"} | container
    settled = {"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2}
    return {
        "metadata": {"namespace": "acme", "name": name, "uid": "u", "generation": 3},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [container]}}},
        "status": settled | (status or {}),
    }


@pytest.mark.parametrize(
    "web",
    [
        deployment(),
        deployment("whatsapp-web-deployment"),
        deployment("webmaster-tools"),
        deployment("scoreboard"),
        deployment(ports=[{"containerPort": 443}], env=[{"name": "WA_API_KEY"}]),
        deployment(image="master.example.com/core/web@sha256:0000"),
        deployment(image="coreapp.example.com/whatsapp/web:v2.37.1"),
    ],
)
def test_a_web_workload_holds_nothing_else(web: dict[str, Any]) -> None:
    assert seen(web).hosts_client_nodes == ""


@pytest.mark.parametrize(
    "other",
    [
        deployment("whatsapp-coreapp-deployment"),
        deployment("whatsapp-master-deployment"),
        deployment("wacore1"),
        deployment("wamasterd"),
        deployment("whatsappcoreapp"),
        deployment(image="registry.example.com:5000/coreapp/release:2.45"),
        deployment(command=["/opt/whatsapp/bin/launch_within_docker.sh"], args=["coreapp.sh"]),
        deployment(name="wamaster"),
        deployment(image="docker.example.com/coreapp:v2.37.1"),
        deployment(image="coreapp@sha256:0000"),
        deployment(env=[{"name": "WA_MASTER_NODE", "value": "1"}]),
        *(deployment(ports=[{"containerPort": port}]) for port in (6250, 6253)),
    ],
)
def test_what_may_hold_a_coreapp_or_master_says_so(other: dict[str, Any]) -> None:
    assert seen(other).hosts_client_nodes


def test_so_does_one_beside_waweb() -> None:
    mixed = deployment()
    mixed["spec"]["template"]["spec"]["initContainers"] = [{"name": "wacore", "image": "x", "restartPolicy": "Always"}]
    assert seen(mixed).hosts_client_nodes == "it has a container wacore"


@pytest.mark.parametrize(
    ("kind", "status", "rolling"),
    [
        ("Deployment", {}, False),
        ("Deployment", {"observedGeneration": 2}, True),
        ("Deployment", {"updatedReplicas": 1}, True),
        ("Deployment", {"replicas": 3}, True),
        ("Deployment", {"availableReplicas": 0}, False),
        ("StatefulSet", {"currentRevision": "a", "updateRevision": "a", "updatedReplicas": 0}, False),
        ("StatefulSet", {"currentRevision": "a", "updateRevision": "b", "updatedReplicas": 1}, True),
        ("DaemonSet", {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3}, False),
        ("DaemonSet", {"desiredNumberScheduled": 3, "updatedNumberScheduled": 2}, True),
        ("DaemonSet", {"desiredNumberScheduled": 0}, False),
    ],
)
def test_a_rollout(kind: str, status: dict[str, Any], rolling: bool) -> None:
    assert seen(deployment(status=status), kind).rolling_out is rolling


ROLLOUT: dict[str, Any] = {"observedGeneration": "3", "phase": "Healthy"}


@pytest.mark.parametrize(
    ("status", "spec", "rolling"),
    [
        ({}, {}, False),
        ({"observedGeneration": "2"}, {}, True),
        ({"observedGeneration": "5b7c9d"}, {}, False),  # a hash, as before version 1.0
        ({"phase": "Progressing"}, {}, True),
        ({"phase": "Paused"}, {}, False),  # in a canary, as it may be for ever
        ({"phase": "Degraded"}, {}, False),
        ({}, {"restartAt": "2026-01-01T12:00:00Z"}, True),
        ({"restartedAt": "2026-01-01T12:00:00Z"}, {"restartAt": "2026-01-01T12:00:00Z"}, False),
    ],
)
def test_a_rollout_of_argo(status: dict[str, Any], spec: dict[str, Any], rolling: bool) -> None:
    web = deployment()
    web["spec"] |= spec
    web["status"] = ROLLOUT | status
    assert seen(web, "Rollout").rolling_out is rolling


def test_its_last_restart_is_the_later_one_of_both_ways() -> None:
    web = deployment()
    web["spec"]["restartAt"] = "2026-01-01T12:00:00Z"
    assert seen(web, "Rollout").restarted == CHANGED
    web["spec"]["template"]["metadata"] = {"annotations": {RESTARTED_AT: "2026-01-01T12:05:00Z"}}
    assert seen(web, "Rollout").restarted == after(300)


def test_one_whose_template_is_elsewhere_may_hold_anything() -> None:
    web = deployment()
    del web["spec"]["template"]
    web["spec"]["workloadRef"] = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    assert seen(web, "Rollout").hosts_client_nodes == "its template is that of Deployment web, where nobody looks"


@pytest.mark.parametrize(
    ("partition", "updated", "rolling"), [(1, 0, True), (1, 1, False), (2, 0, False), (7, 0, False), (0, 1, True)]
)
def test_a_partition_is_no_endless_rollout(partition: int, updated: int, rolling: bool) -> None:
    """At rest its revisions differ: helm/helm#8674."""
    web = deployment(status={"currentRevision": "a", "updateRevision": "b", "updatedReplicas": updated})
    web["spec"] |= partitioned(partition)
    assert seen(web, "StatefulSet").rolling_out is rolling


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-01T12:00:00Z", CHANGED),
        ("2026-01-01T13:00:00+01:00", CHANGED),
        ("2026-01-01T12:00:00", CHANGED),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_last_restart(written: str, read: datetime | None) -> None:
    web = deployment()
    web["spec"]["template"]["metadata"] = {"annotations": {RESTARTED_AT: written}}
    assert seen(web).restarted == read


def rotating(previous: bool, *nodes: Any, workload: WebWorkload | None = WEB) -> Facts:
    """One pod took the key that the Secret held before, or takes the present one."""
    said = answer(*nodes) if nodes else single(CONNECTED)
    assert isinstance(said, Answered)
    return replace(
        facts(said),
        desired=Desired(restart_period=300.0),
        outcomes=(PodOutcome("web-0", "10.0.0.1", said, previous_key=previous),),
        workload=workload,
        key_changed=0.0,
        rotated=START,
    )


class TestRounds:
    def test_a_plan_restarts_it_once_the_change_is_believed(self) -> None:
        assert Story().rounds(1, rotating(False)).round(rotating(True)).restart == WEB

    def test_and_tells_when_the_last_one_was_of_no_use(self) -> None:
        story = Story().rounds(2, rotating(True))
        done = rotating(True, workload=WEB._replace(restarted=START + timedelta(seconds=30)))
        assert [story.round(done).restart for _ in range(9)] == [None] * 9
        assert "WebRestartSkipped" not in story.posted
        story.rounds(10, done)
        assert story.posted.count("WebRestartSkipped") == 1

    def test_nothing_while_nobody_answers(self) -> None:
        story = Story().rounds(1, rotating(True))
        assert story.round(replace(rotating(True), outcomes=())).restart is None

    def test_nothing_while_the_key_is_refused_by_all(self) -> None:
        story = Story().rounds(1, rotating(False))
        refused = replace(rotating(False), outcomes=(PodOutcome("web-0", "10.0.0.1", Unauthorized()),))
        assert [story.round(refused).restart for _ in range(9)] == [None] * 9

    def test_nothing_weeks_after_a_change_that_was_taken(self) -> None:
        """Whoever refuses the key then runs another one for another reason."""
        story = Story().rounds(2, rotating(True)).rounds(3, rotating(False))
        story.seconds += 30 * 86400
        both = (PodOutcome("web-0", "10.0.1.0", single(CONNECTED)), PodOutcome("web-1", "10.0.1.1", Unauthorized()))
        some = replace(rotating(False), outcomes=both, key_changed=None, rotated=None)
        assert [story.round(some).restart for _ in range(9)] == [None] * 9
        assert story.written.condition(ConditionType.RESTART_REQUIRED) is not None

    def test_never_without_the_policy(self) -> None:
        never = replace(rotating(True), desired=Desired(), workload=None)
        story = Story()
        assert [story.round(never).restart for _ in range(4)] == [None] * 4

    def test_never_where_nodes_run_in_it(self) -> None:
        there = Pods({}, {"web-0": Pod("web-0")})
        told = replace(rotating(True, primary("web-0"), core("c0", CONNECTED)), pods=there)
        story = Story()
        assert [story.round(told).restart for _ in range(2)] == [None] * 2
        assert "WebRestartSkipped" in story.posted
        assert story.written.condition_status(ConditionType.READY) is ConditionStatus.TRUE


class Api:
    """Notes what is patched."""

    def __init__(self) -> None:
        self.patched: list[tuple[str, Any]] = []

    async def patch(self, path: str, body: Any, form: str, **_: object) -> None:
        self.patched.append((path, body["spec"]))


@pytest.mark.parametrize(
    ("kind", "path", "spec"),
    [
        (
            "DaemonSet",
            "/apis/apps/v1/namespaces/acme/daemonsets/web",
            {"template": {"metadata": {"annotations": {RESTARTED_AT: "2026-01-01T12:00:00Z"}}}},
        ),
        (
            "Rollout",
            "/apis/argoproj.io/v1alpha1/namespaces/acme/rollouts/web",
            {"restartAt": "2026-01-01T12:00:00Z"},
        ),
    ],
)
def test_how_each_kind_is_restarted(kind: str, path: str, spec: dict[str, Any]) -> None:
    api = Api()
    cluster = Cluster(api)  # type: ignore[arg-type]
    assert asyncio.run(cluster.restart(entry_of(resource()), WEB._replace(kind=kind, name="web"), CHANGED)) == ""
    assert api.patched == [(path, spec)]
