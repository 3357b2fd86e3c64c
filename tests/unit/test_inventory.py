"""Which pods a workload has, kept equal to the API server through gaps, cuts and repeats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, get_args

import looptime
import pytest

from wahealth.api.v1alpha1.target import Workload
from wahealth.core.control.pod_labels import CLIENT, GATE, Gate
from wahealth.kube.apiserver.api import ApiError, ApiUnavailable
from wahealth.kube.apiserver.lists import Collection
from wahealth.kube.apiserver.reflector import FirstList, reflect
from wahealth.kube.inventory.keys import Key, WorkloadRef
from wahealth.kube.inventory.kinds import KINDS
from wahealth.kube.inventory.namespace_store import NamespaceStore
from wahealth.kube.inventory.pods import Pod, Pods, owner_of
from wahealth.kube.inventory.workloads import Workloads

WEB = WorkloadRef("acme", "Deployment", "web")
Object = dict[str, Any]
Act = tuple[list[Object] | Exception, Sequence[Object | Exception]]  # what is listed, what is streamed then


def pod(
    name: str = "web-5d9-x", owner: str = "web-5d9", kind: str = "ReplicaSet", group: str = "apps/v1", **more: Any
) -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": "acme",
        "labels": {"pod-template-hash": "5d9"},
        "ownerReferences": [{"apiVersion": group, "kind": kind, "name": owner, "controller": True}],
    }
    metadata |= more.pop("metadata", {})
    return {"metadata": metadata, "status": {"phase": "Running", "podIP": "10.0.0.1"} | more}


def marked_pod(label: str, gate: Gate) -> Object:
    labels = {CLIENT: label} if label else {}
    message = gate.message if gate.by else "closed by hand"
    said = {"type": GATE, "status": gate.status, "reason": gate.reason, "message": message}
    gates = {"readinessGates": [{"conditionType": GATE}]}
    return pod(conditions=[said], metadata={"labels": labels}) | {"spec": gates}


def of_web(*objects: dict[str, Any]) -> tuple[Pod, ...]:
    pods = Pods()
    for each in objects:
        pods.put(each)
    return pods.of(WEB)


class TestPods:
    def test_a_running_pod_of_a_deployment(self) -> None:
        assert of_web(pod()) == (Pod("web-5d9-x", "10.0.0.1"),)

    @pytest.mark.parametrize(
        "not_to_ask",
        [
            pod(phase="Pending"),
            pod(podIP=""),
            pod(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
            pod(metadata={"ownerReferences": []}),
            pod(metadata={"labels": {}}),
            pod(metadata={"namespace": "other"}),
            pod(owner="web-other-5d9"),
            pod(owner="web", kind="Job"),
        ],
    )
    def test_one_that_is_not_to_be_asked(self, not_to_ask: dict[str, Any]) -> None:
        assert of_web(not_to_ask) == ()

    def test_one_that_ends_goes(self) -> None:
        assert of_web(pod(), pod(phase="Succeeded")) == ()

    def test_one_whose_address_changes_is_asked_at_the_new_one(self) -> None:
        assert of_web(pod(), pod(podIP="10.0.0.2")) == (Pod("web-5d9-x", "10.0.0.2"),)

    def test_all_addresses_of_a_pod_lead_to_it(self) -> None:
        pods = Pods()
        pods.put(pod(podIPs=[{"ip": "10.0.0.1"}, {"ip": "2001:db8::1"}]))
        (marked,) = pods.current("acme", {"web-5d9-x"})
        assert marked.addresses == ("10.0.0.1", "2001:db8::1")
        found = pods.places("acme").by_address
        assert {address: place.name for address, place in found.items()} == dict.fromkeys(marked.addresses, "web-5d9-x")
        pods.put(pod())
        assert list(pods.places("acme").by_address) == ["10.0.0.1"]

    @pytest.mark.parametrize(
        ("label", "closed_by", "found"),
        [
            ("shop", "", {"shop"}),
            ("", "bank", {"bank"}),
            ("shop", "bank", {"shop", "bank"}),
            ("shop", "shop", {"shop"}),
        ],
    )
    def test_whose_labels_and_closed_gate_are_on_a_pod(self, label: str, closed_by: str, found: set[str]) -> None:
        pods = Pods()
        for _ in range(2):
            pods.put(marked_pod(label, Gate("False", "Faulty", closed_by)))
        assert {key.name for key in pods.clients()} == found
        for client in found:
            (marked,) = pods.current("acme", frozenset(), client)
            assert marked.gate == Gate("False", "Faulty", closed_by)
        pods.put(marked_pod("", Gate("True", "Active", "shop")))  # an open one is nobody's to open
        assert pods.clients() == frozenset()

    def test_one_that_is_being_deleted_is_seen_by_its_label_until_it_is_gone(self) -> None:
        pods, labelled = Pods(), marked_pod("shop", Gate("", ""))
        leaving = labelled | {"metadata": labelled["metadata"] | {"deletionTimestamp": "2026-01-01T00:00:00Z"}}

        def seen() -> list[tuple[str, bool]]:
            return [(marked.name, marked.ending) for marked in pods.current("acme", frozenset(), "shop")]

        pods.put(labelled)
        pods.put(leaving)
        assert seen() == [("web-5d9-x", True)]
        assert list(pods.current("acme", {"web-5d9-x"}, "other")) == []
        pods.replace([leaving])
        assert seen() == [("web-5d9-x", True)]
        pods.drop(leaving)
        assert seen() == []

    def test_named_ports_are_found_as_kubernetes_finds_them(self) -> None:
        """kubernetes#127958: of containers with one name for a port the first, and then native sidecars."""

        def container(number: int, **more: Any) -> Object:
            return {"name": f"c{number}", "ports": [{"name": "https", "containerPort": number}], **more}

        sidecar, init = container(8544, restartPolicy="Always"), container(1)
        spec = {"containers": [container(443), container(444)], "initContainers": [init, sidecar]}
        pods = Pods()
        for name, found in (("a", spec), ("b", {"containers": [], "initContainers": [init, sidecar]})):
            status = {"phase": "Running", "podIP": "10.0.0.1"}
            pods.put({"metadata": {"namespace": "acme", "name": name}, "spec": found, "status": status})
        everything = {one.name: dict(one.ports) for one in pods.selected("acme", frozenset())}
        assert everything == {"a": {"https": 443}, "b": {"https": 8544}}

    def test_each_kind_that_a_spec_may_name_is_watched(self) -> None:
        assert get_args(Workload.model_fields["kind"].annotation) == tuple(KINDS)

    @pytest.mark.parametrize(
        ("kind", "of", "labels", "owned"),
        [
            ("Rollout", "ReplicaSet", {"rollouts-pod-template-hash": "5d9"}, True),
            ("DeploymentConfig", "ReplicationController", {"deployment": "web-5d9", "deploymentconfig": "web"}, True),
            ("Rollout", "ReplicationController", {"rollouts-pod-template-hash": "5d9"}, False),
            ("DeploymentConfig", "ReplicationController", {"deployment": ""}, False),
            ("DeploymentConfig", "ReplicationController", {"deployment": "web-4"}, False),
        ],
    )
    def test_these_are_found_by_what_they_make(self, kind: str, of: str, labels: dict[str, str], owned: bool) -> None:
        group = "v1" if of == "ReplicationController" else "apps/v1"
        found = owner_of(pod(kind=of, group=group, metadata={"labels": labels}))
        assert found == (WorkloadRef("acme", kind, "web") if owned else None)

    @pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
    def test_these_own_their_pods_themselves(self, kind: str) -> None:
        assert owner_of(pod(owner="web", kind=kind)) == WorkloadRef("acme", kind, "web")

    @pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
    def test_a_kind_of_the_same_name_in_another_group_is_another_one(self, kind: str) -> None:
        assert owner_of(pod(owner="web", kind=kind, group="apps.kruise.io/v1beta1")) is None

    def test_an_address_that_pods_share_leads_to_none_of_them(self) -> None:
        """hostNetwork: two nodes of one client, or a client's and anybody else's, at the address of their machine."""
        pods = Pods()
        for name in ("core-0", "core-1", "other"):
            pods.put(pod(name, podIP="192.0.2.7"))
        assert dict(pods.places("acme").by_address) == {}
        assert pods.places("acme").by_name.keys() == {"core-0", "core-1", "other"}
        pods.drop(pod("other"))
        assert dict(pods.places("acme").by_address) == {}
        pods.put(pod("core-1", podIP="192.0.2.8"))
        assert {address: one.name for address, one in pods.places("acme").by_address.items()} == {
            "192.0.2.7": "core-0",
            "192.0.2.8": "core-1",
        }
        pods.replace([pod("core-1", podIP="192.0.2.7")])
        assert [one.name for one in pods.places("acme").by_address.values()] == ["core-1"]

    @pytest.mark.parametrize("first", ["old", "new"])
    def test_an_address_given_away_leads_to_the_pod_that_stays(self, first: str) -> None:
        """Where its machine is dead a pod stays Terminating, and another one may have its address by now."""
        going = pod("old", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
        both = [going, pod("new")] if first == "old" else [pod("new"), going]
        pods = Pods()
        for each in both:
            pods.put(each)
        assert [one.name for one in pods.places("acme").by_address.values()] == ["new"]
        pods.drop(pod("new"))
        assert [one.name for one in pods.places("acme").by_address.values()] == ["old"]

    def test_a_pod_that_begins_to_go_gives_way_at_once(self) -> None:
        pods = Pods()
        pods.put(pod("old"))
        pods.put(pod("new"))
        before = pods.places("acme")
        assert dict(before.by_address) == {}
        pods.put(pod("old", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}))
        after = pods.places("acme")
        assert [one.name for one in after.by_address.values()] == ["new"]
        assert after != before


class Script:
    """An API server that lists what it is told to, one list after the other, and streams what belongs to each: up to an
    exception, and the rest to the watch that comes after it. `version` is that of its lists."""

    def __init__(self, *acts: Act, versions: tuple[str, ...] = ()) -> None:
        self._acts = list(acts)
        self._versions = list(versions)
        self._stream: list[Object | Exception] = []
        self.lists: list[float] = []
        self.watches: list[str] = []  # from which resource version

    async def read(self, _: str, **__: object) -> dict[str, Any]:
        if not self._acts:
            await asyncio.sleep(3600)
        self.lists.append(asyncio.get_running_loop().time())
        listed, stream = self._acts.pop(0)
        self._stream = list(stream)
        if isinstance(listed, Exception):
            raise listed
        return {"metadata": {"resourceVersion": self._versions.pop(0) if self._versions else "1"}, "items": listed}

    async def watch(self, _: str, resourceVersion: str = "", **__: object) -> AsyncIterator[dict[str, Any]]:  # noqa: N803
        self.watches.append(resourceVersion)
        while self._stream:
            event = self._stream.pop(0)
            if isinstance(event, Exception):
                raise event
            yield event
        await asyncio.sleep(3600)


def event(type_: str, object_: dict[str, Any]) -> dict[str, Any]:
    return {"type": type_, "object": object_}


def workload(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "acme", "uid": f"uid-{name}", "resourceVersion": "2"}}


def kept_after(*acts: Act) -> list[str]:
    """Which of a to e are in the store once the script is played."""
    return played(Script(*acts))


def played(script: Script, resync: float = 600) -> list[str]:
    store = Workloads(KINDS["Deployment"])

    async def main() -> None:
        keeping = reflect(script, Collection("/p"), store, FirstList(), resync)  # type: ignore[arg-type]
        task = asyncio.create_task(keeping)
        await asyncio.sleep(300)
        assert not task.done()
        task.cancel()

    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=0, end=1000)) as runner:
        runner.run(main())
    return [name for name in "abcde" if store.get(Key("acme", name))]


class TestReflector:
    def test_a_list_then_its_changes(self) -> None:
        changes = [event("ADDED", workload("b")), event("DELETED", workload("a")), event("MODIFIED", workload("c"))]
        assert kept_after(([workload("a")], changes)) == ["b", "c"]

    @pytest.mark.parametrize("gap", [event("ERROR", {"code": 410, "reason": "Expired"}), ApiError(410, "Expired")])
    def test_after_a_gap_what_vanished_meanwhile_is_gone(self, gap: Object | Exception) -> None:
        assert kept_after(([workload("a"), workload("b")], [gap]), ([workload("b")], [])) == ["b"]

    @pytest.mark.parametrize(
        "broken_off",
        [event("ERROR", {"code": 500, "reason": "InternalError"}), ApiUnavailable("cut"), ApiError(403, "Forbidden")],
    )
    def test_a_watch_that_breaks_off_goes_on_where_it_ended(self, broken_off: Object | Exception) -> None:
        script = Script(([workload("a")], [event("ADDED", workload("b")), broken_off, event("DELETED", workload("a"))]))
        assert played(script) == ["b"]
        assert len(script.lists) == 1
        assert script.watches == ["1", "2"]

    def test_a_watch_that_breaks_off_each_time_is_begun_less_and_less_often(self) -> None:
        script = Script(([workload("a")], [ApiUnavailable("cut")] * 1000))
        assert played(script) == ["a"]
        assert len(script.lists) == 1
        assert 10 <= len(script.watches) <= 25  # in 300 s

    def test_many_gaps_do_not_become_many_lists(self) -> None:
        gap = event("ERROR", {"code": 410, "reason": "Expired"})
        script = Script(*[([workload("a")], [gap])] * 1000)
        assert played(script) == ["a"]
        assert len(script.lists) <= 22

    def test_what_no_event_told_of_is_found_by_the_next_list(self) -> None:
        script = Script(([workload("a"), workload("b")], []), ([workload("b")], []))
        assert played(script, resync=100) == ["b"]
        assert 90 <= script.lists[1] <= 120

    def test_a_list_that_is_older_than_what_is_known_is_not_taken(self) -> None:
        stale: Act = ([workload("a"), workload("b")], [])
        script = Script(([workload("b")], []), stale, stale, versions=("10", "9", "10"))
        assert played(script, resync=100) == ["a", "b"]  # the third, which is not older
        assert len(script.lists) == 3

    def test_while_the_api_server_is_away_the_store_stays(self) -> None:
        away: Act = (ApiUnavailable("refused"), [])
        assert kept_after(([workload("a")], [ApiUnavailable("cut")]), away, away) == ["a"]

    def test_bookmarks_and_unknown_events_change_nothing(self) -> None:
        anomalies = [event("BOOKMARK", {"metadata": {"resourceVersion": "9"}}), event("NEW", workload("b"))]
        assert kept_after(([workload("a")], anomalies)) == ["a"]


class TestParts:
    """Where not all namespaces are watched, each is listed by itself, and no list takes away what another brought."""

    def test_a_list_of_one_namespace_takes_nothing_of_another(self) -> None:
        pods = Pods()
        here, there = NamespaceStore(pods), NamespaceStore(pods)
        here.replace([pod("web-5d9-a"), pod("web-5d9-b")])
        there.replace([pod("web-5d9-c", metadata={"namespace": "other"})])
        here.replace([pod("web-5d9-b")])
        assert [one.name for one in pods.of(WEB)] == ["web-5d9-b"]
        assert [one.name for one in pods.of(WEB._replace(namespace="other"))] == ["web-5d9-c"]

    def test_what_events_brought_goes_with_the_next_list_too(self) -> None:
        pods = Pods()
        part = NamespaceStore(pods)
        part.put(pod("web-5d9-a"))
        part.put(pod("web-5d9-b"))
        part.drop(pod("web-5d9-a"))
        part.replace([])
        assert pods.of(WEB) == ()

    def test_collections_of_namespaces(self) -> None:
        paths = [one.path for one in Collection("/apis/apps/v1/deployments").parts(["a", "b"])]
        assert paths == ["/apis/apps/v1/namespaces/a/deployments", "/apis/apps/v1/namespaces/b/deployments"]
        assert Collection("/api/v1/pods").parts([]) == [Collection("/api/v1/pods")]


def left(*changes: tuple[str, Any]) -> list[str]:
    """The addresses that are told to be left, by changes of pods of web."""
    told: list[str] = []
    pods = Pods(told.append)
    for change, what in changes:
        getattr(pods, change)(what)
    return told


class TestAddressesLeft:
    """Whoever holds a connection to a pod is told when nobody runs there any more."""

    def test_one_that_stays_is_not_told(self) -> None:
        assert left(("put", pod()), ("put", pod())) == []

    def test_one_that_is_deleted(self) -> None:
        assert left(("put", pod()), ("drop", pod())) == ["10.0.0.1"]

    def test_one_that_moves(self) -> None:
        assert left(("put", pod()), ("put", pod(podIP="10.0.0.2"))) == ["10.0.0.1"]

    def test_one_that_is_terminating(self) -> None:
        going = pod(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
        assert left(("put", pod()), ("put", going)) == ["10.0.0.1"]

    def test_one_that_went_while_the_watch_was_away(self) -> None:
        both = [pod(), pod("web-5d9-y", podIP="10.0.0.2")]
        assert left(("replace", both), ("replace", both[1:])) == ["10.0.0.1"]
