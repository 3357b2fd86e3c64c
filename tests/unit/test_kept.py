"""Words about who asks: what was believed of the client stays, is told with its reason, and has an end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.builders import (
    CONNECTED,
    DISCONNECTED,
    Story,
    answer,
    condition_of,
    core,
    facts,
    primary,
    secondary,
    single,
)
from wahealth.core.answer import FailureReason, Forbidden, Outcome, Throttled, Unauthorized, Unreachable
from wahealth.core.facts import Facts, Thresholds
from wahealth.core.reasons.row import Surface
from wahealth.core.reconcile import evaluate_once
from wahealth.core.resting import rest_of
from wahealth.core.status import ConditionType, Gateway

GOOD = single(CONNECTED)
HA = answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1"))
BUSY = Unreachable(FailureReason.HTTP_STATUS, "HTTP 503", status=503)
AVAILABLE, CREDENTIALS, READY, REACHABLE, REDUNDANCY = (
    ConditionType.AVAILABLE,
    ConditionType.CREDENTIALS_VALID,
    ConditionType.READY,
    ConditionType.REACHABLE,
    ConditionType.REDUNDANCY_SATISFIED,
)


def left_alone(outcome: Outcome) -> Facts:
    """A round in which the one pod was not asked; what it said last is known."""
    known = facts(outcome)
    return replace(known, outcomes=tuple(one._replace(asked=False) for one in known.outcomes))


@pytest.mark.parametrize("last", [BUSY, Throttled(120.0)])
def test_one_answer_with_retry_after_is_one_round_however_long_the_pod_is_left_alone(last: Outcome) -> None:
    story = Story().rounds(3, facts(GOOD))
    story.round(facts(last))
    story.rounds(20, left_alone(last))
    assert condition_of(story.written, READY) == ("True", "Available")
    assert len(story.writes) == 1


def test_503_is_an_outage_after_as_many_rounds_in_which_somebody_was_asked() -> None:
    story = Story().rounds(3, facts(GOOD))
    for _ in range(2):
        story.round(facts(BUSY))
        story.rounds(3, left_alone(BUSY))
    assert condition_of(story.written, READY)[0] == "True"
    story.round(facts(BUSY))
    assert condition_of(story.written, READY) == ("False", "HTTPStatus")
    assert "HealthNodeUnreachable" in story.posted


def test_who_is_asked_too_often_is_no_outage_and_says_so() -> None:
    story = Story().rounds(3, facts(HA)).rounds(6, facts(Throttled()))
    status = story.written
    assert condition_of(status, READY) == ("True", "Available")
    assert condition_of(status, REACHABLE) == ("True", "HealthNodeAnswered")
    assert "raise spec.probe.periodSeconds" in status.condition(REACHABLE).message  # type: ignore[union-attr]
    assert status.gateway is Gateway.CONNECTED
    assert status.connected is not None
    assert status.connected.summary == "1/1"
    assert story.posted.count("Throttled") == 1
    assert "HealthNodeUnreachable" not in story.posted


def test_what_is_kept_has_an_end_after_ten_minutes_and_its_numbers_go() -> None:
    story = Story().rounds(3, facts(HA)).rounds(20, facts(Throttled()))
    assert condition_of(story.written, AVAILABLE)[0] == "True"
    story.rounds(1, facts(Throttled()))
    status = story.written
    assert condition_of(status, AVAILABLE) == ("Unknown", "Throttled")
    assert condition_of(status, READY) == ("Unknown", "Throttled")
    assert status.gateway is Gateway.UNKNOWN
    assert status.connected is not None
    assert (status.connected.current, status.connected.expected, status.connected.summary) == (None, 1, "-/1")
    assert status.connected_coreapps == ()
    assert status.redundancy is None
    story.round(facts(HA))
    assert condition_of(story.written, READY) == ("True", "Available")


def test_with_a_long_period_the_end_is_five_periods() -> None:
    thresholds = Thresholds(period=300.0)
    story = Story().rounds(1, facts(GOOD, thresholds=thresholds)).rounds(5, facts(Throttled(), thresholds=thresholds))
    assert condition_of(story.written, AVAILABLE)[0] == "True"
    story.rounds(1, facts(Throttled(), thresholds=thresholds))
    assert condition_of(story.written, AVAILABLE) == ("Unknown", "Throttled")


def test_an_outage_that_is_known_stays_one_while_the_client_wants_to_be_left_alone() -> None:
    story = Story().rounds(3, facts(GOOD)).rounds(4, facts(single(DISCONNECTED)))
    assert condition_of(story.written, READY) == ("False", "Disconnected")
    story.rounds(10, facts(Throttled()))
    assert condition_of(story.written, READY) == ("False", "Disconnected")
    assert story.posted.count("GatewayDisconnected") == 1


def test_a_429_in_between_neither_ends_nor_goes_on_with_a_run_of_bad_rounds() -> None:
    story = Story().rounds(3, facts(GOOD))
    for _ in range(3):
        story.round(facts(single(DISCONNECTED)))
        story.round(facts(Throttled()))
    assert condition_of(story.written, READY) == ("False", "Disconnected")
    calm = Story().rounds(3, facts(GOOD)).rounds(2, facts(single(DISCONNECTED))).rounds(5, facts(Throttled()))
    assert condition_of(calm.written, READY) == ("True", "Available")


def test_of_a_new_client_that_wants_to_be_left_alone_nothing_is_known() -> None:
    story = Story().rounds(10, facts(Throttled()))
    assert condition_of(story.written, READY) == ("Unknown", "GracePeriod")
    assert "probed less often" in story.written.condition(READY).message  # type: ignore[union-attr]
    story.round(facts(GOOD))
    assert condition_of(story.written, READY) == ("True", "Available")


def test_nothing_says_of_it_that_it_was_not_seen_for_ten_minutes_before_they_are_over() -> None:
    story = Story().rounds(2, facts(Throttled()))
    said_of = {type_: story.written.condition(type_) for type_ in (AVAILABLE, REDUNDANCY, READY)}
    assert all(found is not None and "so nothing is known about it yet" in found.message for found in said_of.values())


def test_who_asks_once_hears_nothing_of_minutes_and_of_no_flag_that_there_is_not() -> None:
    status = evaluate_once(facts(Throttled(300.0), surface=Surface.DESK))
    messages = [condition.message for condition in status.conditions]
    assert condition_of(status, AVAILABLE)[0] == condition_of(status, READY)[0] == "Unknown"
    assert condition_of(status, REACHABLE) == ("True", "HealthNodeAnswered")
    assert not any("minutes" in message or "--period" in message for message in messages)
    assert "The client asks to be probed less often: wait, and find out who else probes it." in messages


def test_forbidden_is_no_wrong_key_and_nothing_that_only_an_edit_would_cure() -> None:
    story = Story().rounds(3, facts(GOOD)).rounds(100, facts(Forbidden()))
    status = story.written
    assert condition_of(status, CREDENTIALS) == ("False", "AccessForbidden")
    assert condition_of(status, REACHABLE)[0] == "True"
    assert condition_of(status, AVAILABLE) == ("Unknown", "CredentialsUnknown")
    assert status.condition(ConditionType.STALLED) is None
    assert "AccessForbidden" in story.posted
    refused = Story().rounds(3, facts(GOOD)).rounds(100, facts(Unauthorized()))
    assert refused.written.condition(ConditionType.STALLED) is not None


@pytest.mark.parametrize("said_last", [Throttled(), Forbidden(), BUSY])
def test_a_restart_of_the_operator_changes_nothing_of_it(said_last: Outcome) -> None:
    story = Story().rounds(3, facts(HA)).rounds(30, facts(said_last))
    again = story.restarted().rounds(3, facts(said_last))
    assert again.written == story.restarted().written


def test_one_pod_that_answers_is_enough_and_the_others_are_told_with_their_reason() -> None:
    story = Story().rounds(3, facts(GOOD, GOOD)).rounds(4, facts(GOOD, Throttled()))
    assert condition_of(story.written, READY) == ("True", "Available")
    assert [endpoint.reason for endpoint in story.written.endpoints] == [None, "Throttled"]
    assert "Throttled" not in story.posted


def test_how_long_a_pod_is_left_alone() -> None:
    assert rest_of(Throttled(70.0), 30.0) == 70.0
    assert rest_of(Throttled(86_400.0), 30.0) == 150.0
    assert rest_of(Unreachable(FailureReason.HTTP_STATUS, retry_after=20.0), 30.0) == 20.0
    assert rest_of(GOOD, 30.0) == rest_of(Unauthorized(), 30.0) == 0.0


def test_a_sign_in_of_a_proxy_is_no_wrong_key_and_nothing_that_only_an_edit_would_cure() -> None:
    story = Story().rounds(3, facts(GOOD)).rounds(100, facts(Forbidden("Basic")))
    status = story.written
    assert condition_of(status, CREDENTIALS) == ("False", "ProxySignIn")
    found = status.condition(CREDENTIALS)
    assert found is not None
    assert "asks for Basic" in found.message
    assert condition_of(status, REACHABLE)[0] == "True"
    assert condition_of(status, AVAILABLE) == ("Unknown", "CredentialsUnknown")
    assert status.condition(ConditionType.STALLED) is None
    assert "ProxySignIn" in story.posted
    assert [endpoint.reason for endpoint in status.endpoints] == ["ProxySignIn"]
