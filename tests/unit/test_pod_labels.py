"""What is written onto pods: who is demoted first, what is removed, and what a gate says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from support.builders import CONNECTED, CONNECTING, Story, answer, core, facts, primary, secondary
from wahealth.core.control.pod_labels import (
    CLIENT,
    GATEWAY,
    ROLE,
    CurrentPod,
    DesiredPod,
    Gate,
    Hold,
    Options,
    PodChange,
    changes,
    desired_pods,
    named,
    writer_of,
)
from wahealth.core.facts import Facts, Pod, Pods
from wahealth.core.status import NodeVerdict, Status, TopologyNode

LABELS = Options(labels=True)
NONE: dict[str, str] = {}
ACTIVE = {CLIENT: "shop", ROLE: "coreapp", GATEWAY: "connected"}
STANDBY = {CLIENT: "shop", ROLE: "coreapp", GATEWAY: "disconnected"}
PRIMARY = {CLIENT: "shop", ROLE: "primary-master", GATEWAY: "disconnected"}
SECONDARY = {CLIENT: "shop", ROLE: "secondary-master", GATEWAY: "disconnected"}
THEIRS = ACTIVE | {CLIENT: "other"}
ALL_REMOVED = dict.fromkeys((CLIENT, ROLE, GATEWAY))
MINE, OTHERS = Gate("False", "Faulty", "shop"), Gate("False", "Faulty", "other")
BY_HAND = Gate("False", "ByHand")


def seen(*nodes: object) -> Facts:
    there = {name: Pod(name, "10.0.0.1") for name in ("m0", "m1", "c0", "c1", "c2")}
    return replace(facts(answer(*nodes)), pods=Pods({}, there))  # type: ignore[arg-type]


def marked(name: str, labels: Mapping[str, str] = NONE, gate: Gate | None = None) -> CurrentPod:
    return CurrentPod(name, f"uid-{name}", frozenset(labels.items()), gate)


def todo(
    pods: list[CurrentPod], want: Mapping[str, DesiredPod], options: Options, hold: Hold = Hold.OURS
) -> tuple[PodChange, ...]:
    return changes("shop", [(pod, hold) for pod in pods], want, options)


HA = seen(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1"))
OTHER = seen(secondary("m0"), primary("m1"), core("c0"), core("c1", CONNECTED))

OTHER_AND_A_SPARE = seen(primary("m1"), core("c0"), core("c1", CONNECTED), core("c2"))


def labels_of(status: Status) -> dict[str, dict[str, str]]:
    return {pod: dict(want.labels) for pod, want in desired_pods("shop", status).items()}


def test_every_node_that_is_a_pod_is_labelled() -> None:
    status = Story().rounds(1, HA).written
    assert labels_of(status) == {"c0": ACTIVE, "c1": STANDBY, "m0": PRIMARY, "m1": SECONDARY}


def test_whoever_loses_is_demoted_before_another_is_promoted() -> None:
    pods = [marked(pod, labels) for pod, labels in labels_of(Story().rounds(1, HA).written).items()]
    after = desired_pods("shop", Story().rounds(1, OTHER).written)
    order = [(change.pod, dict(change.labels)) for change in todo(pods, after, LABELS)]
    assert order[:2] == [("c0", {GATEWAY: "disconnected"}), ("m0", {ROLE: "secondary-master"})]
    assert order[2:] == [("c1", {GATEWAY: "connected"}), ("m1", {ROLE: "primary-master"})]


class TestEnding:
    """A pod that is being deleted: CrunchyData/postgres-operator#3617."""

    C0 = marked("c0", ACTIVE)._replace(ending=True)

    def order(self, after: Facts, *pods: CurrentPod) -> list[tuple[str, dict[str, str | None]]]:
        want = desired_pods("shop", Story().rounds(1, after).written)
        return [(change.pod, dict(change.labels)) for change in todo(list(pods), want, LABELS)]

    def test_it_keeps_its_labels_while_nobody_succeeds_it(self) -> None:
        assert self.order(HA, self.C0, marked("c1", STANDBY)) == []

    def test_it_loses_what_it_is_no_more_before_another_gets_it(self) -> None:
        spare = marked("c2", STANDBY)._replace(ending=True)
        lost, gained = self.order(OTHER_AND_A_SPARE, marked("c1", STANDBY), self.C0, spare)
        assert lost == ("c0", {GATEWAY: None})
        assert gained == ("c1", {GATEWAY: "connected"})

    def test_it_loses_it_too_where_the_answer_still_calls_it_connected(self) -> None:
        both = seen(primary("m0"), core("c0", CONNECTED), core("c1", CONNECTED))
        lost, gained = self.order(both, marked("c1", STANDBY), self.C0)
        assert lost == ("c0", {GATEWAY: None})
        assert gained == ("c1", {GATEWAY: "connected"})
        assert self.order(both, marked("c1", ACTIVE), marked("c0", lost_of(ACTIVE))._replace(ending=True)) == []

    @pytest.mark.parametrize("labels", [NONE, STANDBY, {CLIENT: "shop"}])
    def test_it_gets_nothing_new(self, labels: dict[str, str]) -> None:
        done = self.order(HA, marked("c0", labels)._replace(ending=True))
        assert {value for _, changed in done for value in changed.values()} <= {None}

    @pytest.mark.parametrize("hold", [Hold.OURS, Hold.SELECTED, Hold.NOBODYS])
    def test_what_nobody_observes_is_removed_once(self, hold: Hold) -> None:
        assert [dict(change.labels) for change in todo([self.C0], {}, LABELS, hold)] == [ALL_REMOVED]
        assert todo([marked("c0")._replace(ending=True)], {}, LABELS, hold) == ()

    def test_what_another_resource_holds_is_that_ones(self) -> None:
        assert todo([self.C0], {}, LABELS, Hold.ANOTHERS) == ()


def lost_of(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name != GATEWAY}


def test_nothing_is_written_twice() -> None:
    status = Story().rounds(1, HA).written
    pods = [marked(pod, labels) for pod, labels in labels_of(status).items()]
    assert todo(pods, desired_pods("shop", status), LABELS) == ()


@pytest.mark.parametrize("hold", [Hold.OURS, Hold.SELECTED, Hold.NOBODYS])
def test_switched_off_or_not_observed_they_are_removed(hold: Hold) -> None:
    pods = [marked("c0", ACTIVE | {"app": "web"})]
    for options in (Options(), LABELS):
        assert [dict(change.labels) for change in todo(pods, {}, options, hold)] == [ALL_REMOVED]


def test_a_node_that_is_stale_or_missing_is_not_observed() -> None:
    nodes = tuple(TopologyNode(v, None, None, v, pod_name=v, pod_ip="10.0.0.1") for v in NodeVerdict)
    assert set(desired_pods("shop", Status(nodes=nodes))) == {"Active", "Standby", "Starting", "Faulty"}


def gate(pod: Gate | None, verdict: NodeVerdict | None, options: Options, hold: Hold = Hold.OURS) -> Gate | None:
    node = TopologyNode("c0", None, None, verdict or NodeVerdict.ACTIVE, pod_name="c0", pod_ip="10.0.0.1")
    want = desired_pods("shop", Status(nodes=(node,) if verdict else ()))
    done = todo([marked("c0", NONE, pod)], want, options, hold)
    return done[0].gate if done else None


class TestGate:
    ENFORCE, REPORT = Options(gates=True, enforced=True), Options(gates=True)
    FRESH = Gate("", "")
    OPENED = Gate("True", "SwitchedOff", "shop")

    def test_enforced_it_follows_the_node(self) -> None:
        assert gate(self.FRESH, NodeVerdict.STANDBY, self.ENFORCE) == Gate("True", "Standby", "shop")
        assert gate(Gate("True", "Standby", "shop"), NodeVerdict.FAULTY, self.ENFORCE) == MINE

    def test_reported_it_is_true_and_says_why_it_might_not_be(self) -> None:
        assert gate(self.FRESH, NodeVerdict.FAULTY, self.REPORT) == Gate("True", "Faulty", "shop")

    def test_it_is_written_once(self) -> None:
        assert gate(Gate("True", "Active", "shop"), NodeVerdict.ACTIVE, self.ENFORCE) is None

    def test_it_says_who_wrote_it_last(self) -> None:
        assert gate(OTHERS, NodeVerdict.FAULTY, self.ENFORCE) == MINE
        assert gate(Gate("True", "Active"), NodeVerdict.ACTIVE, self.ENFORCE) == Gate("True", "Active", "shop")

    def test_one_that_nobody_observes_stays(self) -> None:
        for hold in (Hold.OURS, Hold.SELECTED):
            assert gate(MINE, None, self.ENFORCE, hold) is None
            assert gate(MINE, None, self.REPORT, hold) is None

    def test_without_a_gate_there_is_none(self) -> None:
        assert gate(None, NodeVerdict.ACTIVE, self.ENFORCE) is None

    def test_switched_off_none_stays_closed_that_one_of_ours_closed(self) -> None:
        for closed in (MINE, OTHERS):
            assert gate(closed, NodeVerdict.FAULTY, LABELS) == self.OPENED
        for other in (self.FRESH, Gate("True", "Active", "shop"), BY_HAND):
            assert gate(other, NodeVerdict.ACTIVE, LABELS) is None

    def test_on_a_pod_of_nobodys_only_what_it_closed_itself_is_opened(self) -> None:
        for options in (Options(), LABELS, self.ENFORCE, self.REPORT, Options(keeps=True)):
            assert gate(MINE, NodeVerdict.FAULTY, options, Hold.NOBODYS) == self.OPENED
            for other in (OTHERS, BY_HAND, self.FRESH, Gate("True", "Active", "shop")):
                assert gate(other, NodeVerdict.FAULTY, options, Hold.NOBODYS) is None

    def test_what_it_selects_and_does_not_claim_is_not_closed(self) -> None:
        for there in (self.FRESH, OTHERS, Gate("True", "Active", "shop")):
            assert gate(there, NodeVerdict.FAULTY, self.ENFORCE, Hold.SELECTED) is None

    def test_a_message_names_the_resource_and_is_read_back(self) -> None:
        assert MINE.message == "Written by WhatsAppClient shop."
        assert writer_of(MINE.message) == "shop"
        for other in ("", "Written by WhatsAppClient .", "Written by WhatsAppClient a/../b.", "Written by a person."):
            assert writer_of(other) == ""


def test_a_gate_that_opens_comes_after_those_that_close() -> None:
    pods = [marked(name, NONE, Gate("True" if name == "c1" else "False", "")) for name in ("c0", "c1")]
    want = {"c0": DesiredPod({}, Gate("True", "Active")), "c1": DesiredPod({}, Gate("False", "Faulty"))}
    assert [change.pod for change in todo(pods, want, Options(gates=True, enforced=True))] == ["c1", "c0"]


def test_a_node_that_starts_is_not_ready() -> None:
    status = Story().rounds(1, seen(primary("m0"), core("c0", CONNECTED), core("c1", CONNECTING))).written
    assert desired_pods("shop", status)["c1"].gate == Gate("False", "Starting", "shop")


def test_a_demotion_that_a_gate_goes_with_is_one_still() -> None:
    """The standby's gate stays open, and only its reason is another."""
    both = Options(labels=True, gates=True, enforced=True)
    before, after = (desired_pods("shop", Story().rounds(1, said).written) for said in (HA, OTHER))
    for order in (("c0", "c1"), ("c1", "c0")):
        pods = [marked(pod, before[pod].labels, before[pod].gate) for pod in order]
        assert [change.pod for change in todo(pods, after, both)] == ["c0", "c1"]


def test_the_labels_of_another_client_stay_on_a_pod_that_is_not_held() -> None:
    theirs, want = [marked("c0", THEIRS)], desired_pods("shop", Story().rounds(1, HA).written)
    for hold in (Hold.ANOTHERS, Hold.SELECTED, Hold.NOBODYS):
        for options in (LABELS, Options()):
            assert todo(theirs, want, options, hold) == ()


def test_whoever_holds_a_pod_sees_to_all_that_is_on_it() -> None:
    """Whoever held it before writes there no more, and would leave it standing."""
    theirs, want = [marked("c0", THEIRS)], desired_pods("shop", Story().rounds(1, HA).written)
    assert [dict(change.labels) for change in todo(theirs, want, LABELS)] == [{CLIENT: "shop"}]
    assert [dict(change.labels) for change in todo(theirs, want, Options(gates=True))] == [ALL_REMOVED]


def test_of_a_pod_that_another_holds_nothing_is_changed() -> None:
    ours, want = [marked("c0", STANDBY, MINE)], desired_pods("shop", Story().rounds(1, HA).written)
    for options in (Options(), LABELS, Options(labels=True, gates=True, enforced=True)):
        assert todo(ours, want, options, Hold.ANOTHERS) == ()


def test_without_a_selector_labels_stay_and_a_gate_is_opened() -> None:
    (change,) = todo([marked("c0", ACTIVE, MINE)], {}, Options(keeps=True), Hold.NOBODYS)
    assert (dict(change.labels), change.gate) == ({}, TestGate.OPENED)


def test_labels_that_somebody_else_set_stay_where_none_are_wanted() -> None:
    for hold in Hold:
        assert todo([marked("c0", {ROLE: "coreapp"})], {}, Options(), hold) == ()


def test_a_pod_is_named_by_its_name_and_its_address() -> None:
    by_address = TopologyNode("old-core", None, None, NodeVerdict.STANDBY, pod_name="mysql-0")
    both = TopologyNode("10.0.0.1:c0", None, None, NodeVerdict.STANDBY, pod_name="c0", pod_ip="10.0.0.1")
    assert list(named(Status(nodes=(by_address, both)))) == [("c0", "10.0.0.1", both)]


def test_an_address_that_the_pod_has_no_more_names_nobody() -> None:
    there = {name: Pod(name, "10.0.0.2") for name in ("m0", "m1", "c0", "c1")}
    story = Story().rounds(1, replace(HA, pods=Pods({}, there)))
    assert [node.pod_name for node in story.written.nodes] == ["c0", "c1", "m0", "m1"]
    assert desired_pods("shop", story.written) == {}
