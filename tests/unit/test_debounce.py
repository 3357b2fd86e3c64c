"""When a change counts, where a scenario would hide the point."""

from __future__ import annotations

import pytest

from support.builders import CONNECTED, DISCONNECTED, Story, answer, core, facts, primary, secondary, single
from wahealth.core.answer import Answered, FailureReason, Report, Unreachable
from wahealth.core.facts import Facts, Thresholds
from wahealth.core.observation.expected import allowed_at_least
from wahealth.core.status import ConditionType

QUICK = Thresholds(period=1, failure_threshold=1, success_threshold=1)


def carried_by(number: int) -> Facts:
    """A failover each time that the number changes, which is two events; no change of Available."""
    nodes = (core(f"c{place}", CONNECTED if place == number % 2 else DISCONNECTED) for place in range(2))
    return facts(answer(primary("m0"), secondary("m1"), *nodes), thresholds=QUICK)


def test_25_events_in_a_burst_then_one_in_five_minutes() -> None:
    story = Story()
    for number in range(40):
        story.round(carried_by(number))
    assert len(story.posted) == 25
    story.seconds += 600 - 40
    story.rounds(1, carried_by(40)).rounds(1, carried_by(41))
    assert len(story.posted) == 27


def test_a_warning_that_had_to_wait_is_told_as_soon_as_there_is_room() -> None:
    story = Story()
    for number in range(40):
        story.round(carried_by(number))
    silent = facts(Unreachable(FailureReason.READ_TIMEOUT), thresholds=QUICK)
    story.rounds(1, silent)
    assert "HealthNodeUnreachable" not in story.posted
    assert "HealthNodeUnreachable" in story.rounds(301, silent).posted


def test_a_version_alone_is_written_and_told_to_nobody() -> None:
    story = Story().rounds(2, facts(single(CONNECTED)))
    told = list(story.posted)
    story.round(facts(Answered(Report(CONNECTED, (), "v2.45.2"))))
    assert story.written.client_version == "v2.45.2"
    assert story.posted == told


def test_a_better_round_between_worse_ones_begins_their_count_again() -> None:
    up, down = facts(single(CONNECTED)), facts(single(DISCONNECTED))
    another = facts(Answered(Report(CONNECTED, (), "v2.45.2")))
    story = Story().rounds(1, up).rounds(2, down).rounds(1, another).rounds(2, down)
    assert story.written.gateway == "Connected"
    assert story.rounds(1, down).written.gateway == "Disconnected"


def test_a_worse_round_between_better_ones_begins_their_count_again() -> None:
    thresholds = Thresholds(failure_threshold=2, success_threshold=3)
    up, down = facts(single(CONNECTED), thresholds=thresholds), facts(single(DISCONNECTED), thresholds=thresholds)
    silent = facts(Unreachable(FailureReason.READ_TIMEOUT), thresholds=thresholds)
    story = Story().rounds(1, up).rounds(2, down).rounds(2, up).rounds(1, silent).rounds(2, up)
    assert story.written.gateway == "Disconnected"
    assert story.rounds(1, up).written.gateway == "Connected"


@pytest.mark.parametrize(("count", "expected"), [(0, 1), (1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (17, 32), (33, 32)])
def test_connections_are_rounded_up_to_what_a_client_can_have(count: int, expected: int) -> None:
    assert allowed_at_least(count) == expected


@pytest.mark.parametrize("jitter", [0.0, 0.9, -0.9])
def test_a_round_that_comes_a_little_early_ends_a_grace(jitter: float) -> None:
    """Of two periods, and the first bad round came late, or the last one early: else all is told a period later."""
    story = Story().rounds(3, carried_by_nobody(connected=True))
    for tick, late in ((90, max(0.0, jitter)), (120, 0.0), (150, min(0.0, jitter))):
        story.seconds = tick + late
        story.round(carried_by_nobody())
    found = story.written.condition(ConditionType.AVAILABLE)
    assert found is not None
    assert found.reason == "Disconnected"
    assert "FailoverStalled" in story.posted


def test_no_grace_ends_a_round_too_soon() -> None:
    story = Story().rounds(3, carried_by_nobody(connected=True)).rounds(2, carried_by_nobody())
    story.seconds -= 2.0
    story.round(carried_by_nobody())
    assert "FailoverStalled" not in story.posted


def carried_by_nobody(connected: bool = False) -> Facts:
    return facts(answer(primary("m0"), secondary("m1"), core("c0", CONNECTED if connected else DISCONNECTED)))
