"""What is written onto pods: who is demoted first, what is removed, and what a gate says."""

from __future__ import annotations

from dataclasses import replace

from builders import CONNECTED, CONNECTING, Story, answer, core, facts, primary, secondary
from wahealth.core.facts import Facts, Pod, Pods
from wahealth.core.marks import CLIENT, GATEWAY, ROLE, Gate, Marked, Options, Wanted, changes, wanted
from wahealth.core.status import NodeVerdict, Status, TopologyNode

LABELS = Options(labels=True)
NONE: dict[str, str] = {}
ACTIVE = {CLIENT: "shop", ROLE: "coreapp", GATEWAY: "connected"}
STANDBY = {CLIENT: "shop", ROLE: "coreapp", GATEWAY: "disconnected"}
PRIMARY = {CLIENT: "shop", ROLE: "primary-master", GATEWAY: "disconnected"}
SECONDARY = {CLIENT: "shop", ROLE: "secondary-master", GATEWAY: "disconnected"}


def seen(*nodes: object) -> Facts:
    there = {name: Pod(name) for name in ("m0", "m1", "c0", "c1")}
    return replace(facts(answer(*nodes)), pods=Pods({}, there))  # type: ignore[arg-type]


HA = seen(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1"))
OTHER = seen(secondary("m0"), primary("m1"), core("c0"), core("c1", CONNECTED))


def labels_of(status: Status) -> dict[str, dict[str, str]]:
    return {pod: dict(want.labels) for pod, want in wanted("shop", status).items()}


def test_every_node_that_is_a_pod_is_labelled() -> None:
    status = Story().rounds(1, HA).written
    assert labels_of(status) == {"c0": ACTIVE, "c1": STANDBY, "m0": PRIMARY, "m1": SECONDARY}


def test_whoever_loses_is_demoted_before_another_is_promoted() -> None:
    pods = [Marked(pod, f"uid-{pod}", labels) for pod, labels in labels_of(Story().rounds(1, HA).written).items()]
    after = wanted("shop", Story().rounds(1, OTHER).written)
    order = [(change.pod, dict(change.labels)) for change in changes(pods, after, LABELS)]
    assert order[:2] == [("c0", {GATEWAY: "disconnected"}), ("m0", {ROLE: "secondary-master"})]
    assert order[2:] == [("c1", {GATEWAY: "connected"}), ("m1", {ROLE: "primary-master"})]


def test_nothing_is_written_twice() -> None:
    status = Story().rounds(1, HA).written
    pods = [Marked(pod, pod, labels) for pod, labels in labels_of(status).items()]
    assert changes(pods, wanted("shop", status), LABELS) == ()


def test_switched_off_or_not_observed_they_are_removed() -> None:
    pods = [Marked("c0", "u", ACTIVE | {"app": "web"})]
    status = Story().rounds(1, HA).written
    for todo in (changes(pods, wanted("shop", status), Options()), changes(pods, {}, LABELS)):
        assert [dict(change.labels) for change in todo] == [dict.fromkeys((CLIENT, ROLE, GATEWAY))]


def test_a_node_that_is_stale_or_missing_is_not_observed() -> None:
    nodes = tuple(TopologyNode(v, None, None, v, pod_name=v.lower()) for v in NodeVerdict)
    assert set(wanted("shop", Status(nodes=nodes))) == {"active", "standby", "starting", "faulty"}


def gate(pod: Gate | None, verdict: NodeVerdict | None, options: Options) -> Gate | None:
    nodes = () if verdict is None else (TopologyNode("c0", None, None, verdict, pod_name="c0"),)
    todo = changes([Marked("c0", "u", NONE, pod)], wanted("shop", Status(nodes=nodes)), options)
    return todo[0].gate if todo else None


class TestGate:
    ENFORCE, REPORT = Options(gates=True, enforced=True), Options(gates=True)
    FRESH = Gate("", "")

    def test_enforced_it_follows_the_node(self) -> None:
        assert gate(self.FRESH, NodeVerdict.STANDBY, self.ENFORCE) == Gate("True", "Standby")
        assert gate(Gate("True", "Standby"), NodeVerdict.FAULTY, self.ENFORCE) == Gate("False", "Faulty")

    def test_reported_it_is_true_and_says_why_it_might_not_be(self) -> None:
        assert gate(self.FRESH, NodeVerdict.FAULTY, self.REPORT) == Gate("True", "Faulty")

    def test_it_is_written_once(self) -> None:
        assert gate(Gate("True", "Active"), NodeVerdict.ACTIVE, self.ENFORCE) is None

    def test_one_that_nobody_observes_stays(self) -> None:
        assert gate(Gate("True", "Active"), None, self.ENFORCE) is None

    def test_without_a_gate_or_switched_off_there_is_none(self) -> None:
        assert gate(None, NodeVerdict.ACTIVE, self.ENFORCE) is None
        assert gate(self.FRESH, NodeVerdict.ACTIVE, Options()) is None


def test_a_gate_that_opens_comes_after_those_that_close() -> None:
    pods = [Marked(name, name, NONE, Gate("True" if name == "c1" else "False", "")) for name in ("c0", "c1")]
    want = {"c0": Wanted({}, Gate("True", "Active")), "c1": Wanted({}, Gate("False", "Faulty"))}
    assert [change.pod for change in changes(pods, want, Options(gates=True, enforced=True))] == ["c1", "c0"]


def test_a_node_that_starts_is_not_ready() -> None:
    status = Story().rounds(1, seen(primary("m0"), core("c0", CONNECTED), core("c1", CONNECTING))).written
    assert wanted("shop", status)["c1"].gate == Gate("False", "Starting")
