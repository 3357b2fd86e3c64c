"""A phone number over many rounds: when what the Cloud API says of it counts, and what stays while it says nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from support.builders import Story, condition_of, core, facts, primary
from support.builders import answer as nodes_of
from support.phone_numbers import answer, entity, error, health
from wahealth.core.answer import FailureReason, GatewayStatus, NumberAnswer, PodOutcome, Unreachable
from wahealth.core.cloud.versions import DEFAULT
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.facts import Desired, Facts, Thresholds
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import ConditionType, Gateway

PERIOD = 300.0
AVAILABLE, READY, THROTTLED = ConditionType.AVAILABLE, ConditionType.READY, ConditionType.THROTTLED
GOOD, SILENT = answer(), Unreachable(FailureReason.READ_TIMEOUT)
UNPAID = answer(health(entity("WABA", "BLOCKED", 141006), outer="BLOCKED"))
LIMITED = answer(health(entity("APP", "LIMITED")))


def number(said: NumberAnswer, generation: int = 1, **more: Any) -> Facts:
    thresholds = Thresholds(period=PERIOD, startup_rounds=2)
    desired = Desired(signs_in_by=Kind.TOKEN, thresholds=thresholds, cloud=CloudDesired(DEFAULT), **more)
    return Facts(desired, generation, (PodOutcome("number", "graph.example.com", said),))


def test_a_good_number_is_ready_at_once_and_then_nothing_is_written() -> None:
    story = Story().rounds(5, number(GOOD))
    assert condition_of(story.written, READY) == ("True", "Available")
    assert len(story.writes) == 1
    assert story.posted == ["GatewayConnected"]
    assert story.state is not None
    assert story.state.steady is not None


def test_an_unregistered_number_that_is_allowed_settles() -> None:
    """A timer was started anew in each round, for a problem that the spec allows."""
    story = Story().rounds(4, number(answer(status="PENDING"), registration_required=False))
    assert condition_of(story.written, READY)[0] == "True"
    assert story.state is not None
    assert story.state.steady is not None


@pytest.mark.parametrize(("said", "reason"), [(UNPAID, "PaymentMethod"), (answer(status="BANNED"), "AccountBanned")])
def test_what_only_a_person_can_cure_counts_at_the_second_answer(said: NumberAnswer, reason: str) -> None:
    story = Story().rounds(2, number(GOOD))
    story.round(number(said))
    assert condition_of(story.written, READY)[0] == "True"
    story.round(number(said))
    assert condition_of(story.written, AVAILABLE) == ("False", reason)
    assert story.posted[-1] == reason


def test_a_new_number_is_judged_after_two_rounds_and_not_three() -> None:
    story = Story().rounds(2, number(UNPAID))
    assert condition_of(story.written, AVAILABLE) == ("Unknown", "GracePeriod")
    story.round(number(UNPAID))  # 600 s after the first one
    assert condition_of(story.written, AVAILABLE) == ("False", "PaymentMethod")


def test_no_answer_counts_after_the_thresholds() -> None:
    story = Story().rounds(2, number(GOOD)).rounds(2, number(SILENT))
    assert condition_of(story.written, READY)[0] == "True"
    story.round(number(SILENT))
    assert condition_of(story.written, ConditionType.REACHABLE) == ("False", "ReadTimeout")
    assert condition_of(story.written, AVAILABLE) == ("Unknown", "Unreachable")
    assert story.written.nodes  # what does not age stays
    assert story.posted[-1] == "HealthNodeUnreachable"


def test_a_number_that_is_throttled_stays_as_it_was_and_says_so() -> None:
    story = Story().rounds(2, number(GOOD)).round(number(error(80007))).state
    assert story.confirmed is not None
    status = story.confirmed.status
    assert condition_of(status, AVAILABLE) == ("True", "Connected")
    assert condition_of(status, THROTTLED) == ("True", "TooManyRequests")
    assert status.gateway is Gateway.CONNECTED


def test_what_was_kept_ends() -> None:
    """Nothing that answers "not now" keeps Ready=True for ever: 5 periods."""
    story = Story().rounds(2, number(GOOD)).rounds(4, number(error(4)))
    assert condition_of(story.written, READY)[0] == "True"
    story.rounds(3, number(error(4)))
    assert condition_of(story.written, AVAILABLE) == ("Unknown", "Throttled")
    assert story.written.gateway is Gateway.UNKNOWN
    story.round(number(GOOD))
    assert condition_of(story.written, READY)[0] == "True"
    assert story.written.condition(THROTTLED) is None


def test_a_rejected_token_says_nothing_of_the_number() -> None:
    story = Story().rounds(2, number(GOOD)).rounds(3, number(error(190, 463, 401)))
    assert condition_of(story.written, ConditionType.CREDENTIALS_VALID) == ("False", "TokenExpired")
    assert condition_of(story.written, AVAILABLE) == ("Unknown", "CredentialsUnknown")


def test_a_number_not_found_is_said_once_the_thresholds_have_passed() -> None:
    story = Story().rounds(2, number(error(100, 33)))
    assert condition_of(story.written, ConditionType.ACCEPTED)[0] == "Unknown"
    story.rounds(2, number(error(100, 33)))
    assert condition_of(story.written, ConditionType.ACCEPTED) == ("False", "NumberNotFound")
    assert story.posted[-1] == "NumberNotFound"


def test_a_limit_is_partially_connected_and_available() -> None:
    story = Story().rounds(2, number(GOOD)).rounds(3, number(LIMITED))
    assert story.written.gateway is Gateway.PARTIALLY_CONNECTED
    assert condition_of(story.written, AVAILABLE) == ("True", "MinimumConnected")


def test_quality_is_warned_of_and_does_not_count() -> None:
    story = Story().rounds(2, number(GOOD)).rounds(2, number(answer(quality_rating="RED")))
    assert condition_of(story.written, ConditionType.QUALITY_ACCEPTABLE) == ("False", "QualityLow")
    assert condition_of(story.written, READY)[0] == "True"
    assert story.posted[-1] == "QualityLow"


@pytest.mark.parametrize("said", [GOOD, UNPAID, SILENT, error(190), error(4), error(100, 33), LIMITED])
def test_a_new_process_goes_on_from_the_status(said: NumberAnswer) -> None:
    before = Story().rounds(2, number(GOOD)).rounds(8, number(said))
    again = before.restarted()
    again.round(number(said))
    assert not again.writes
    assert not again.posted


def test_an_edit_from_a_client_to_a_number_takes_nothing_along() -> None:
    client = facts(nodes_of(primary("m", GatewayStatus.CONNECTED), core("c", GatewayStatus.CONNECTED)))
    story = Story().rounds(3, client)
    assert str(story.written.mode) == "Multiconnect"
    story.round(number(error(4), generation=2))
    story.rounds(3, number(GOOD, generation=2))
    assert str(story.written.mode) == "CloudAPI"
    assert [node.name for node in story.written.nodes] == ["account", "app", "business", "number"]
    assert story.written.primary_master is None
    back = facts(nodes_of(primary("m", GatewayStatus.CONNECTED), core("c", GatewayStatus.CONNECTED)))
    story.rounds(3, Facts(back.desired, 3, back.outcomes))
    assert str(story.written.mode) == "Multiconnect"
    assert condition_of(story.written, READY) == ("True", "Available")


def test_a_suspended_number_says_nothing() -> None:
    story = Story().rounds(2, number(GOOD)).rounds(1, number(GOOD, suspended=True))
    assert condition_of(story.written, ConditionType.SUSPENDED)[0] == "True"
    assert story.written.condition(READY) is None


def another(said: NumberAnswer, generation: int) -> Facts:
    """The resource names another number by now."""
    told = number(said, generation)
    cloud = CloudDesired(DEFAULT, number="900000000000099")
    return replace(told, desired=replace(told.desired, cloud=cloud))


@pytest.mark.parametrize("said", [error(4), answer("ABSENT"), SILENT])
@pytest.mark.parametrize("restarted", [False, True])
def test_an_edit_from_a_number_to_another_takes_nothing_along(said: NumberAnswer, restarted: bool) -> None:
    story = Story().rounds(2, number(GOOD))
    story = story.restarted() if restarted else story
    story.rounds(6, another(said, 2))
    assert story.written.gateway is Gateway.UNKNOWN
    assert condition_of(story.written, READY)[0] != "True"
    assert not story.written.nodes


def test_another_edit_keeps_what_is_known_while_requests_are_throttled() -> None:
    story = Story().rounds(2, number(GOOD)).rounds(3, number(error(4), generation=2))
    assert condition_of(story.written, AVAILABLE) == ("True", "Connected")
    assert story.written.nodes


def test_a_number_is_told_of_the_end_of_its_version_although_nothing_else_changes() -> None:
    """v21.0 ends on 2027-01-21."""
    old = answer(served="v21.0")
    told = number(old)
    told = replace(told, desired=replace(told.desired, cloud=CloudDesired("v21.0")))
    story = Story()
    story.wall = datetime(2026, 10, 22, tzinfo=UTC)
    story.rounds(3, told)
    supported = ConditionType.GRAPH_VERSION_SUPPORTED
    assert condition_of(story.written, supported)[0] == "True"
    story.seconds += 86400
    story.round(told)
    assert condition_of(story.written, supported) == ("False", "VersionEnding")


@pytest.mark.parametrize("first", [SILENT, error(190)])
def test_a_single_answer_is_never_certain(first: NumberAnswer) -> None:
    story = Story().rounds(2, number(GOOD)).round(number(first)).state
    again = Story().rounds(2, number(GOOD))
    again.round(number(first))
    again.round(number(UNPAID))
    assert condition_of(again.written, READY)[0] == "True", story
    again.round(number(UNPAID))
    assert condition_of(again.written, AVAILABLE) == ("False", "PaymentMethod")


def test_what_the_vendor_says_counts_although_requests_are_throttled_in_between() -> None:
    story = Story().rounds(2, number(GOOD))
    for said in (UNPAID, error(4), UNPAID):
        story.round(number(said))
    assert condition_of(story.written, AVAILABLE) == ("False", "PaymentMethod")


@pytest.mark.parametrize("said", [error(4), SILENT, error(190)])
def test_quality_and_version_stay_while_nothing_is_said_of_them(said: NumberAnswer) -> None:
    red = answer(quality_rating="RED")
    story = Story().rounds(2, number(red))
    for _ in range(4):
        story.round(number(said))
        story.round(number(red))
    assert story.posted.count("QualityLow") == 1
    story.rounds(6, number(said))
    assert condition_of(story.written, ConditionType.QUALITY_ACCEPTABLE) == ("False", "QualityLow")


def test_a_number_not_found_stays_so_while_requests_are_throttled() -> None:
    story = Story().rounds(5, number(error(100, 33)))
    for said in (error(4), error(100, 33), error(4), error(100, 33), error(4)):
        story.round(number(said))
        assert condition_of(story.written, ConditionType.ACCEPTED) == ("False", "NumberNotFound")
