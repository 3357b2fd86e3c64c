"""A status or a role that this version does not know makes no outage out of a connected client, and is told."""

from __future__ import annotations

import pytest

from support.builders import (
    CONNECTED,
    DISCONNECTED,
    UNKNOWN,
    Story,
    answer,
    condition_of,
    core,
    facts,
    primary,
    secondary,
)
from wahealth.core.answer import Answered, GatewayStatus, Node, Outcome, Report
from wahealth.core.status import ConditionType, Gateway, Mode

AVAILABLE, READY, REDUNDANCY = ConditionType.AVAILABLE, ConditionType.READY, ConditionType.REDUNDANCY_SATISFIED
HA = answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1"))


def nameless(name: str, gateway: GatewayStatus, word: str | None = "active_coreapp") -> Node:
    return Node(f"10.0.0.9:{name}", "10.0.0.9", name, None, gateway, None, word)


def in_other_words(word: str | None = "active_coreapp") -> Outcome:
    """After a roll-out: other pods, whose role nobody knows."""
    return answer(primary("m0"), secondary("m1"), nameless("c8", CONNECTED, word), nameless("c9", DISCONNECTED, word))


@pytest.mark.parametrize("word", ["active_coreapp", None])
def test_a_role_that_nobody_knows_makes_no_outage(word: str | None) -> None:
    story = Story().rounds(3, facts(HA)).rounds(20, facts(in_other_words(word)))
    assert condition_of(story.written, READY) == ("True", "Available")
    assert condition_of(story.written, REDUNDANCY)[0] == "True"
    assert not {"GatewayDisconnected", "FailoverStalled", "RedundancyLost"} & set(story.posted)
    assert ("UnknownRole" in story.posted) is (word is not None)


def test_the_word_stands_in_the_topology_and_outlives_a_restart() -> None:
    story = Story().rounds(3, facts(HA)).rounds(6, facts(in_other_words()))
    words = {node.name: node.reported_role for node in story.restarted().written.nodes}
    assert words["c8"] == "active_coreapp"
    assert words["m0"] is None


def test_of_a_new_client_without_roles_nothing_is_known_for_as_long_as_it_lasts() -> None:
    story = Story().rounds(2_900, facts(answer(nameless("a", CONNECTED, None), nameless("b", DISCONNECTED, None))))
    assert condition_of(story.written, READY) == ("Unknown", "UnknownGatewayStatus")
    message = story.written.condition(AVAILABLE).message  # type: ignore[union-attr]
    assert "grace" not in message
    assert "look for a newer version" in message


def test_where_no_node_can_be_the_one_that_is_missing_it_is_an_outage() -> None:
    lost = answer(primary("m0"), secondary("m1"), core("c0"), nameless("c9", DISCONNECTED))
    story = Story().rounds(3, facts(HA)).rounds(6, facts(lost))
    assert condition_of(story.written, READY) == ("False", "Disconnected")


def test_in_high_availability_a_status_that_nobody_knows_decides_nothing() -> None:
    story = Story().rounds(3, facts(HA))
    story.rounds(20, facts(answer(primary("m0"), secondary("m1"), core("c0", UNKNOWN), core("c1"))))
    assert condition_of(story.written, READY) == ("True", "Available")
    assert {node.name: node.verdict.value for node in story.written.nodes}["c1"] == "Standby"


def test_in_multiconnect_it_is_asked_whether_they_could_make_up_what_is_missing() -> None:
    def client(*statuses: GatewayStatus) -> Outcome:
        return answer(primary("m0", CONNECTED), secondary("m1"), *(core(f"c{n}", s) for n, s in enumerate(statuses)))

    good = client(CONNECTED, CONNECTED, CONNECTED, CONNECTED, DISCONNECTED)
    expected = {"mode": Mode.MULTICONNECT, "shards": 4}
    could = client(CONNECTED, CONNECTED, UNKNOWN, UNKNOWN, DISCONNECTED)
    story = Story().rounds(3, facts(good, **expected)).rounds(9, facts(could, **expected))  # type: ignore[arg-type]
    assert condition_of(story.written, READY) == ("True", "Available")
    could_not = client(CONNECTED, DISCONNECTED, UNKNOWN, UNKNOWN, DISCONNECTED)
    story = Story().rounds(3, facts(good, **expected)).rounds(9, facts(could_not, **expected))  # type: ignore[arg-type]
    assert condition_of(story.written, READY) == ("False", "PartiallyConnected")


def test_a_primary_master_on_its_way_says_multiconnect() -> None:
    outcome = answer(
        primary("m0", GatewayStatus.CONNECTING), secondary("m1"), core("a", CONNECTED), core("b", CONNECTED)
    )
    story = Story().rounds(10, facts(outcome))
    assert story.written.mode is Mode.MULTICONNECT
    assert condition_of(story.written, AVAILABLE)[0] == "True"
    assert "MultipleActiveCoreapps" not in story.posted


@pytest.mark.parametrize(("mode", "names_the_other"), [(None, True), (Mode.HIGH_AVAILABILITY, False)])
def test_a_guessed_mode_names_the_other_reading(mode: Mode | None, names_the_other: bool) -> None:
    outcome = answer(primary("m0"), secondary("m1"), core("a", CONNECTED), core("b", CONNECTED))
    story = Story().rounds(10, facts(outcome, mode=mode))
    found = story.written.condition(AVAILABLE)
    assert found is not None
    assert found.reason == "MultipleActiveCoreapps"
    assert ("if it is Multiconnect" in found.message) is names_the_other


def test_a_single_instance_in_a_word_that_nobody_knows() -> None:
    outcome = Answered(Report(GatewayStatus.UNKNOWN, (), None, "hibernating"))
    story = Story().rounds(20, facts(outcome))
    assert condition_of(story.written, READY) == ("Unknown", "UnknownGatewayStatus")
    assert story.written.gateway is Gateway.UNKNOWN
