"""What is written and told: on transitions only."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from builders import (
    CONNECTED,
    CONNECTING,
    START,
    UNREGISTERED,
    answer,
    core,
    planned,
    primary,
    secondary,
    single,
    story,
    verdict,
)
from wahealth.core.answer import Unreachable, Unreached
from wahealth.core.evaluate import evaluate
from wahealth.core.facts import Expectation, Facts
from wahealth.core.plan import Memory, plan
from wahealth.core.status import ConditionType, Finding, Status, Truth

HA_C0 = answer(primary("m0"), core("c0", CONNECTED), core("c1"))
HA_NONE = answer(primary("m0"), core("c0", None), core("c1", CONNECTING))
HA_C1 = answer(primary("m0"), core("c1", CONNECTED), core("c2"))
SILENT = Unreachable(Unreached.CONNECTION_REFUSED)


def test_the_same_verdict_again_writes_nothing() -> None:
    first = planned(verdict(HA_C0)).status
    assert first is not None
    again = plan(first, verdict(HA_C0, believed=first), Memory(), 1, START + timedelta(hours=1))
    assert (again.status, again.events) == (None, ())


def test_a_transition_time_moves_only_with_the_status() -> None:
    first = planned(verdict(HA_C0)).status
    assert first is not None
    later = plan(first, verdict(SILENT, believed=first), Memory(), 1, START + timedelta(hours=1)).status
    assert later is not None
    moved = {c.type for c in later.conditions if c.last_transition_time != START}
    assert moved == {
        ConditionType.REACHABLE,
        ConditionType.AVAILABLE,
        ConditionType.REDUNDANCY_SATISFIED,
        ConditionType.READY,
    }


def test_a_new_generation_is_written_even_when_the_verdict_is_the_same() -> None:
    first = planned(verdict(HA_C0)).status
    assert first is not None
    again = plan(first, verdict(HA_C0, believed=first), Memory(), 2, START).status
    assert again is not None
    assert {c.observed_generation for c in again.conditions} == {2}


def test_an_endpoint_keeps_its_time_until_it_flips() -> None:
    first = planned(verdict(HA_C0, HA_C0)).status
    assert first is not None
    later = START + timedelta(minutes=1)
    second = plan(first, verdict(HA_C0, SILENT, believed=first), Memory(), 1, later).status
    assert second is not None
    assert [e.since_time for e in second.endpoints] == [START, later]


def test_the_story_of_a_failover() -> None:
    assert story(HA_C0, HA_NONE, HA_C1) == [
        "ModeDetected",
        "GatewayConnected",
        "GatewayConnectingTooLong",
        "GatewayConnected",
        "ActiveCoreappChanged",
    ]


def test_the_story_of_a_new_primary_with_a_moment_without() -> None:
    without = answer(core("c0", CONNECTED), core("c1"))
    other = answer(primary("m1"), core("c0", CONNECTED), core("c1"))
    assert story(HA_C0, without, other) == ["ModeDetected", "GatewayConnected", "PrimaryMasterChanged"]


def test_the_story_of_a_lost_spare() -> None:
    full = answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1"))
    spare_gone = answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1", None))
    assert story(full, spare_gone, full) == [
        "ModeDetected",
        "GatewayConnected",
        "RedundancyLost",
        "RedundancyRestored",
    ]


def test_the_story_of_silence() -> None:
    assert story(single(CONNECTED), SILENT, SILENT, single(CONNECTED)) == [
        "ModeDetected",
        "GatewayConnected",
        "HealthNodeUnreachable",
        "HealthNodeRecovered",
        "GatewayConnected",
    ]


def test_the_story_of_an_unregistered_client() -> None:
    assert story(single(UNREGISTERED), single(CONNECTED)) == [
        "ModeDetected",
        "GatewayUnregistered",
        "GatewayConnected",
    ]


def test_suspending_and_resuming_are_told_once() -> None:
    first = planned(verdict(HA_C0)).status or Status()
    suspended = plan(first, evaluate(Facts(Expectation(suspended=True), 2, believed=first)), Memory(), 2, START)
    assert [e.reason for e in suspended.events] == ["Suspended"]
    assert suspended.status is not None
    again = evaluate(Facts(Expectation(suspended=True), 2, believed=suspended.status))
    assert plan(suspended.status, again, Memory(), 2, START).status is None
    resumed = plan(suspended.status, verdict(HA_C0, believed=suspended.status), Memory(), 3, START)
    assert [e.reason for e in resumed.events] == ["Resumed"]


def test_a_bad_key_is_told_with_the_bounds() -> None:
    short = Finding(Truth.FALSE, "APIKeyTooShort", "The API key is too short: waweb takes 12 to 128 characters.")
    (event,) = planned(evaluate(Facts(Expectation(), 1, key=short))).events
    assert (event.warning, event.reason) == (True, "APIKeyTooShort")
    assert "12 to 128" in event.note


def test_messages_hold_no_times() -> None:
    status = planned(verdict(HA_C0, SILENT)).status
    assert status is not None
    assert not [c for c in status.conditions if "2026" in c.message]
    assert replace(status) == status
