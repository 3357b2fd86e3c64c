"""What is written onto pods: who is demoted first, what is removed, and what a gate says."""

from __future__ import annotations

from dataclasses import replace

from support.builders import CONNECTED, CONNECTING, Story, answer, core, facts, primary, secondary
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
    order = [(change.pod, dict(change.labels)) for change in changes("shop", pods, after, LABELS)]
    assert order[:2] == [("c0", {GATEWAY: "disconnected"}), ("m0", {ROLE: "secondary-master"})]
    assert order[2:] == [("c1", {GATEWAY: "connected"}), ("m1", {ROLE: "primary-master"})]


def test_nothing_is_written_twice() -> None:
    status = Story().rounds(1, HA).written
    pods = [Marked(pod, pod, labels) for pod, labels in labels_of(status).items()]
    assert changes("shop", pods, wanted("shop", status), LABELS) == ()


def test_switched_off_or_not_observed_they_are_removed() -> None:
    pods = [Marked("c0", "u", ACTIVE | {"app": "web"})]
    status = Story().rounds(1, HA).written
    for todo in (changes("shop", pods, wanted("shop", status), Options()), changes("shop", pods, {}, LABELS)):
        assert [dict(change.labels) for change in todo] == [dict.fromkeys((CLIENT, ROLE, GATEWAY))]


def test_a_node_that_is_stale_or_missing_is_not_observed() -> None:
    nodes = tuple(TopologyNode(v, None, None, v, pod_name=v) for v in NodeVerdict)
    assert set(wanted("shop", Status(nodes=nodes))) == {"Active", "Standby", "Starting", "Faulty"}


def gate(pod: Gate | None, verdict: NodeVerdict | None, options: Options) -> Gate | None:
    nodes = () if verdict is None else (TopologyNode("c0", None, None, verdict, pod_name="c0"),)
    todo = changes("shop", [Marked("c0", "u", NONE, pod)], wanted("shop", Status(nodes=nodes)), options)
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

    def test_without_a_gate_there_is_none(self) -> None:
        assert gate(None, NodeVerdict.ACTIVE, self.ENFORCE) is None

    def test_switched_off_none_stays_closed(self) -> None:
        assert gate(self.FRESH, NodeVerdict.ACTIVE, Options()) is None
        assert gate(Gate("True", "Active"), NodeVerdict.ACTIVE, Options()) is None
        assert gate(Gate("False", "Faulty"), None, Options()) == Gate("True", "SwitchedOff")


def test_a_gate_that_opens_comes_after_those_that_close() -> None:
    pods = [Marked(name, name, NONE, Gate("True" if name == "c1" else "False", "")) for name in ("c0", "c1")]
    want = {"c0": Wanted({}, Gate("True", "Active")), "c1": Wanted({}, Gate("False", "Faulty"))}
    assert [change.pod for change in changes("shop", pods, want, Options(gates=True, enforced=True))] == ["c1", "c0"]


def test_a_node_that_starts_is_not_ready() -> None:
    status = Story().rounds(1, seen(primary("m0"), core("c0", CONNECTED), core("c1", CONNECTING))).written
    assert wanted("shop", status)["c1"].gate == Gate("False", "Starting")


def test_a_demotion_that_a_gate_goes_with_is_one_still() -> None:
    """The standby's gate stays open, and only its reason is another."""
    both = Options(labels=True, gates=True, enforced=True)
    before, after = (wanted("shop", Story().rounds(1, said).written) for said in (HA, OTHER))
    for order in (("c0", "c1"), ("c1", "c0")):
        pods = [Marked(pod, pod, before[pod].labels, before[pod].gate) for pod in order]
        assert [change.pod for change in changes("shop", pods, after, both)] == ["c0", "c1"]


def test_the_labels_of_another_client_stay() -> None:
    theirs = [Marked("c0", "u", {CLIENT: "other", ROLE: "coreapp"})]
    status = Story().rounds(1, HA).written
    assert changes("shop", theirs, wanted("shop", status), LABELS) == ()
    assert changes("shop", theirs, {}, Options()) == ()


def test_labels_that_somebody_else_set_stay_where_none_are_wanted() -> None:
    assert changes("shop", [Marked("c0", "u", {ROLE: "coreapp"})], {}, Options()) == ()


def test_a_pod_that_only_has_the_address_of_a_node_is_not_its_pod() -> None:
    node = TopologyNode("old-core", None, None, NodeVerdict.STANDBY, pod_name="mysql-0")
    shared = TopologyNode("10.0.0.1:c0", None, None, NodeVerdict.STANDBY, pod_name="c0")
    assert set(wanted("shop", Status(nodes=(node, shared)))) == {"c0"}
