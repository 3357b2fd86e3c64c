"""When labels and gates are written onto pods, and when they are taken off: the double of the API server notes them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from support.builders import CONNECTED, START, Story, answer, core, facts, primary, resource
from wahealth.core.control.pod_labels import CLIENT, GATE, GATEWAY, ROLE, Gate, PodChange
from wahealth.core.facts import Pod, Pods
from wahealth.kube.apiserver.api import ApiError, ApiUnavailable
from wahealth.kube.cluster import Cluster, Gone
from wahealth.kube.entry import Ref, ResourceEntry, entry_of
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.pod_labeler import PodLabeler
from wahealth.kube.process.leader_election import NotLeading


class RecordingCluster(Cluster):
    """`away`: so many writes find no API server. `there`: the resources that are."""

    def __init__(self, refuses: bool = False, away: int = 0, there: tuple[str, ...] = ()) -> None:
        self.written: list[tuple[str, dict[str, str | None]]] = []
        self.gates: list[tuple[str, Gate]] = []
        self.refuses, self.away, self.there = refuses, away, there

    async def mark(self, namespace: str, change: PodChange, now: object, uid: str) -> None:
        self.written.append((change.pod, dict(change.labels)))
        if change.gate is not None:
            self.gates.append((change.pod, change.gate))
        if self.refuses:
            raise ApiError(403, "Forbidden")
        if self.away:
            self.away -= 1
            raise ApiUnavailable("refused")

    async def read(self, ref: Ref) -> dict[str, Any]:
        if ref.name in self.there:
            return {}
        raise Gone


APP: Any = {"selector": {"matchLabels": {"app": "core"}}}
LABELS: Any = {**APP, "roleLabels": "Enabled"}
ENFORCE: Any = {**APP, "readinessGates": "Enforce"}


def pod(
    name: str,
    labels: Mapping[str, str] = MappingProxyType({}),
    app: str = "core",
    gate: Gate | None = None,
    address: str = "10.0.0.1",
) -> dict[str, Any]:
    """`gate`: the condition of a pod that names it."""
    metadata = {"namespace": "acme", "name": name, "uid": f"uid-{name}", "labels": {"app": app, **labels}}
    found: dict[str, Any] = {"metadata": metadata, "status": {"phase": "Running", "podIP": address}}
    if gate is not None:
        found["spec"] = {"readinessGates": [{"conditionType": GATE}]}
        said = {"type": GATE, "status": gate.status, "reason": gate.reason, "message": gate.message}
        found["status"]["conditions"] = [said] if gate.status else []
    return found


HA = replace(
    facts(answer(primary("m0"), core("c0", CONNECTED), core("c1"))),
    pods=Pods({}, {n: Pod(n, "10.0.0.1") for n in ("m0", "c0", "c1")}),
)
STORY = Story().rounds(1, HA)
GONE = dict.fromkeys((CLIENT, ROLE, GATEWAY))
ACTIVE: Any = {CLIENT: "shop", ROLE: "coreapp", GATEWAY: "connected"}


def record(name: str = "shop", created: str = "2026-01-01T00:00:00Z", **pods: Any) -> ResourceEntry:
    """Its status says already what is believed."""
    document = resource(name, pods=pods)
    document["metadata"]["creationTimestamp"] = created
    found = entry_of(document)
    found.written = STORY.written
    return found


def marked(
    of: ResourceEntry,
    *seconds: float,
    pods: list[dict[str, Any]],
    cluster: RecordingCluster | None = None,
    rivals: tuple[ResourceEntry, ...] = (),
) -> RecordingCluster:
    """Rounds at these seconds; the client was seen in the second 0 and not again."""
    inventory, cluster = Inventory(), cluster or RecordingCluster()
    inventory.pods.replace(pods)
    labeler = PodLabeler(cluster, inventory)
    for one in (of, *rivals):
        labeler.claims.put(one)
    of.history.last_seen = 0.0
    assert STORY.state is not None
    for second in seconds:
        with contextlib.suppress(ApiUnavailable):
            asyncio.run(labeler.mark(of, STORY.state, second))
    return cluster


def test_pods_of_nodes_are_labelled_and_no_others() -> None:
    said = marked(record(**LABELS), 0, pods=[pod("c0"), pod("web-0")])
    assert said.written == [("c0", ACTIVE)]


def test_only_those_that_are_selected() -> None:
    assert [name for name, _ in marked(record(**LABELS), 0, pods=[pod("c0"), pod("c1", app="bank")]).written] == ["c0"]


@pytest.mark.parametrize("pods", [LABELS, ENFORCE])
def test_the_answer_must_name_the_address_that_the_pod_has(pods: dict[str, Any]) -> None:
    moved = pod("c0", gate=Gate("", ""), address="10.0.0.2")
    assert marked(record(**pods), 0, pods=[moved]).written == []
    moved["status"]["podIPs"] = [{"ip": "10.0.0.2"}, {"ip": "10.0.0.1"}]
    assert len(marked(record(**pods), 0, pods=[moved]).written) == 1


def test_the_same_is_not_written_again_while_the_watch_may_be_behind() -> None:
    assert len(marked(record(**LABELS), 0, 5, 29, pods=[pod("c0")]).written) == 1
    assert len(marked(record(**LABELS), 0, 31, pods=[pod("c0")]).written) == 2


def test_three_periods_without_a_sight_take_the_labels_off() -> None:
    labelled = [pod("c0", ACTIVE)]
    assert marked(record(**LABELS), 0, 60, 88, pods=labelled).written == []
    assert marked(record(**LABELS), 90, pods=labelled).written == [("c0", GONE)]


def test_switched_off_they_are_taken_off_once_and_nothing_is_looked_at_then() -> None:
    labelled = [pod("c0", {CLIENT: "shop", ROLE: "coreapp"}), pod("x", {CLIENT: "other"})]
    of = record()
    assert marked(of, 0, pods=labelled).written == [("c0", dict.fromkeys((CLIENT, ROLE)))]
    assert of.labels.may_be_labeled  # until the watch shows that they are
    assert marked(of, 5, pods=[pod("c0")]).written == []
    assert not of.labels.may_be_labeled


def test_what_may_not_be_patched_is_not_tried_in_a_hot_loop_and_said_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusing, of = RecordingCluster(refuses=True), record(**LABELS)
    assert len(marked(of, 0, 5, 10, 31, pods=[pod("c0")], cluster=refusing).written) == 2
    said = [one for one in caplog.records if one.message == "pod labels or readiness gate not written"]
    assert len(said) == 2
    assert {(vars(one)["topic"], vars(one)["uid"]) for one in said} == {(f"mark {of.uid}", of.uid)}


def moving() -> list[dict[str, Any]]:
    """c1 is labelled as the connected one, and c0 is to be."""
    held = {"c1": "connected", "c0": "disconnected"}
    return [pod(name, {CLIENT: "shop", ROLE: "coreapp", GATEWAY: gateway}) for name, gateway in held.items()]


def test_one_that_is_suspended_holds_no_pod_that_another_claims() -> None:
    older, younger = record("older", **LABELS), record("younger", created="2026-02-01T00:00:00Z", **LABELS)
    older.desired = replace(older.desired, suspended=True)
    held = [pod("c0", ACTIVE | {CLIENT: "older"})]
    assert marked(older, 0, pods=held, rivals=(younger,)).written == []
    assert marked(younger, 0, pods=held, rivals=(older,)).written == [("c0", {CLIENT: "younger"})]
    assert marked(older, 0, pods=held).written == []


def test_a_pod_that_is_being_deleted_is_demoted_before_its_successor_gets_the_label() -> None:
    leaving, successor = moving()
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    of = record(**LABELS)
    assert marked(of, 0, pods=[successor, leaving]).written == [
        ("c1", {GATEWAY: None}),
        ("c0", {GATEWAY: "connected"}),
    ]
    refusing = marked(record(**LABELS), 0, 5, pods=[successor, leaving], cluster=RecordingCluster(refuses=True))
    assert [name for name, _ in refusing.written] == ["c1"]


def test_nobody_is_promoted_while_a_demotion_did_not_come_through() -> None:
    assert [name for name, _ in marked(record(**LABELS), 0, pods=moving()).written] == ["c1", "c0"]
    refusing = marked(record(**LABELS), 0, 5, 10, pods=moving(), cluster=RecordingCluster(refuses=True))
    assert [name for name, _ in refusing.written] == ["c1"]
    away = marked(record(**LABELS), 0, 5, pods=moving(), cluster=RecordingCluster(away=1))
    assert [name for name, _ in away.written] == ["c1", "c1", "c0"]


def test_what_could_not_be_taken_off_is_tried_again() -> None:
    labelled = [pod("c0", {CLIENT: "shop"})]
    assert len(marked(record(), 0, 5, 10, pods=labelled, cluster=RecordingCluster(away=2)).written) == 3


def test_a_round_that_outlives_its_resource_writes_nothing() -> None:
    of = record(**LABELS)
    of.gone = True
    assert marked(of, 0, pods=[pod("c0")]).written == []


def test_while_the_status_is_refused_nothing_is_changed() -> None:
    """The topology in it is not the client's then, and so nobody can say which pods are ours."""
    of = record(**LABELS)
    of.written = of.written._replace(nodes=())
    of.writes.status_retry_at = 60.0
    assert marked(of, 0, 59, pods=[pod("c0", ACTIVE)]).written == []
    assert marked(of, 60, pods=[pod("c0", ACTIVE)]).written == [("c0", GONE)]


class TestWriting:
    """What is sent to the API server."""

    def sent(
        self, change: PodChange, require_leadership: Callable[[str], None] = lambda _: None
    ) -> list[tuple[str, Any]]:
        sent: list[tuple[str, Any]] = []

        class Api:
            async def patch(self, path: str, body: Any, form: str) -> None:
                sent.append((path, body))

        cluster = Cluster(Api(), require_leadership)  # type: ignore[arg-type]
        asyncio.run(cluster.mark("acme", change, START, "uid-shop"))
        return sent

    def test_a_gate_says_who_wrote_it(self) -> None:
        ((path, body),) = self.sent(PodChange("c0", "uid-c0", {}, Gate("False", "Faulty", "shop")))
        assert path == "/api/v1/namespaces/acme/pods/c0/status"
        assert body["metadata"] == {"uid": "uid-c0"}
        assert body["status"]["conditions"] == [
            {
                "type": GATE,
                "status": "False",
                "reason": "Faulty",
                "message": "Written by WhatsAppClient shop.",
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }
        ]

    def test_whoever_leads_no_more_writes_onto_no_pod(self) -> None:
        def require_leadership(uid: str) -> None:
            assert uid == "uid-shop"
            raise NotLeading

        with pytest.raises(NotLeading):
            self.sent(PodChange("c0", "uid-c0", {CLIENT: "shop"}, None), require_leadership)


class TestTwoResources:
    OLDER, YOUNGER = "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"

    def test_the_older_one_writes_and_the_younger_writes_nothing(self) -> None:
        older, younger = record("shop", self.OLDER, **LABELS), record("copy", self.YOUNGER, **LABELS)
        theirs = [pod("c0", ACTIVE | {CLIENT: "copy"})]
        assert marked(younger, 0, 90, pods=theirs, rivals=(older,)).written == []
        assert marked(older, 0, pods=theirs, rivals=(younger,)).written == [("c0", {CLIENT: "shop"})]

    def test_the_younger_one_leaves_the_rest_to_the_older_even_when_it_is_switched_off(self) -> None:
        older, younger = record("shop", self.OLDER, **ENFORCE), record("copy", self.YOUNGER)
        theirs = [pod("c0", ACTIVE | {CLIENT: "copy"})]
        assert marked(younger, 0, pods=theirs, rivals=(older,)).written == []
        assert younger.labels.may_be_labeled
        assert marked(older, 0, pods=theirs, rivals=(younger,)).written == [("c0", GONE)]

    def test_a_gate_is_written_by_one(self) -> None:
        """Report beside Enforce, and labels alone beside Enforce, wrote 12 times a minute for ever."""
        report = {**APP, "readinessGates": "Report"}
        elsewhere = {"selector": {"matchLabels": {"app": "nobody"}}, "roleLabels": "Enabled"}
        closed = [pod("c0", gate=Gate("False", "Active", "shop"))]
        for pods in (report, LABELS, elsewhere):
            older, younger = record("shop", self.OLDER, **ENFORCE), record("copy", self.YOUNGER, **pods)
            assert marked(younger, 0, 31, 62, pods=closed, rivals=(older,)).gates == []
            assert marked(older, 0, pods=closed, rivals=(younger,)).gates == [("c0", Gate("True", "Active", "shop"))]

    def test_of_the_same_second_the_smaller_uid_is_the_older(self) -> None:
        first, second = record("copy", self.OLDER, **LABELS), record("shop", self.OLDER, **LABELS)
        assert marked(second, 0, pods=[pod("c0")], rivals=(first,)).written == []

    def test_each_holds_its_own_pods(self) -> None:
        older, younger = record("shop", self.OLDER, **LABELS), record("copy", self.YOUNGER, **LABELS)
        older.written = older.written._replace(nodes=tuple(n for n in older.written.nodes if n.pod_name == "c0"))
        pods = [pod("c0"), pod("c1")]
        assert [name for name, _ in marked(younger, 0, pods=pods, rivals=(older,)).written] == ["c1"]
        assert [name for name, _ in marked(older, 0, pods=pods, rivals=(younger,)).written] == ["c0"]


class TestFinding:
    def finding(
        self, of: ResourceEntry, *rivals: ResourceEntry, pods: tuple[str, ...] = ("c0", "c1", "m0")
    ) -> tuple[str, str] | None:
        inventory = Inventory()
        inventory.pods.replace([pod(name) for name in pods])
        labeler = PodLabeler(RecordingCluster(), inventory)
        for one in (of, *rivals):
            labeler.claims.put(one)
        found = labeler.claims.finding(of)
        return found and (found.reason, found.message)

    def test_nothing_is_said_where_nothing_is_wanted_or_all_is_held(self) -> None:
        nothing: dict[str, Any] = {}
        for pods in (nothing, APP, LABELS, ENFORCE):
            assert self.finding(record(**pods)) is None

    @pytest.mark.parametrize(
        "selector", [{}, {"matchLabels": {}}, {"matchLabels": {CLIENT: "shop", "app": "core"}}, None]
    )
    def test_a_selector_of_no_use(self, selector: Any) -> None:
        found = self.finding(record(**{**LABELS, "selector": selector}))
        assert found is not None
        assert found[0] == "SelectorMissing"
        assert self.finding(record(selector=selector)) is None

    def test_another_one_holds_them(self) -> None:
        older, younger = record("shop", "2026", **LABELS), record("copy", "2027", **ENFORCE)
        assert self.finding(older, younger) is None
        said = (
            "Nothing is written on c0, c1, m0 for this resource, because an older WhatsAppClient claims the same"
            " (shop): narrow spec.pods.selector of one of them, or delete one."
        )
        assert self.finding(younger, older) == ("ClaimedByAnother", said)
        older.gone = True
        assert self.finding(younger, older) is None

    def test_pods_that_are_not_there_are_nobodys(self) -> None:
        older, younger = record("shop", "2026", **LABELS), record("copy", "2027", **LABELS)
        assert self.finding(younger, older, pods=()) is None
        of_one = self.finding(younger, older, pods=("c1",))
        assert of_one is not None
        assert of_one[1].startswith("Nothing is written on c1 for this resource")


def cleared(pods: list[dict[str, Any]]) -> RecordingCluster:
    inventory, cluster = Inventory(), RecordingCluster()
    inventory.pods.replace(pods)
    asyncio.run(PodLabeler(cluster, inventory).clear(record()))
    return cluster


def test_a_resource_that_is_gone_leaves_no_label_and_no_closed_gate() -> None:
    closed, theirs = Gate("False", "Faulty", "shop"), Gate("False", "Faulty", "other")
    said = cleared([pod("c0", {CLIENT: "shop"}), pod("c1"), pod("c2", gate=closed), pod("c3", gate=theirs)])
    assert said.written == [("c0", {CLIENT: None}), ("c2", {})]
    assert said.gates == [("c2", Gate("True", "SwitchedOff", "shop"))]


def swept(known: set[Ref], *names: str, may_write: Callable[[str], bool] = lambda _: True) -> list[str]:
    inventory, cluster = Inventory(), RecordingCluster(there=("unseen",))
    labelled = [pod(f"c-{name}", {CLIENT: name}) for name in names]
    inventory.pods.replace([*labelled, *(pod(f"g-{name}", gate=Gate("False", "", name)) for name in names)])
    asyncio.run(PodLabeler(cluster, inventory).sweep(known, may_write))
    return sorted(name for name, _ in cluster.written)


def test_a_sweep_sees_to_what_resources_left_that_are_gone() -> None:
    assert swept({Ref("acme", "shop")}, "shop", "gone", "unseen") == ["c-gone", "g-gone"]


def test_of_several_replicas_one_sweeps() -> None:
    assert swept(set(), "gone", "lost", may_write=lambda uid: uid == "acme/lost") == ["c-lost", "g-lost"]


def test_whoever_may_not_write_does_not_end_by_it() -> None:
    class Led(RecordingCluster):
        async def mark(self, namespace: str, change: PodChange, now: object, uid: str) -> None:
            raise NotLeading

    inventory = Inventory()
    inventory.pods.replace([pod("c0", {CLIENT: "shop"})])
    labeler = PodLabeler(Led(), inventory)
    asyncio.run(labeler.clear(record()))
    asyncio.run(labeler.sweep(set(), lambda _: True))
