"""A new process takes over from what is written: the verdict stays, graces run on, nothing is told again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from support.builders import (
    CONNECTED,
    CONNECTING,
    START,
    UNINITIALIZED,
    Story,
    answer,
    condition_of,
    core,
    facts,
    node,
    node_verdicts,
    primary,
    secondary,
    single,
)
from wahealth.api.convert import written_status
from wahealth.core.answer import FailureReason, Node, Role, Unauthorized, Unreachable
from wahealth.core.facts import Desired, Facts, Pod, Pods, Thresholds
from wahealth.core.reasons.credentials import LOGIN_REFUSED, TOKEN_EXPIRED
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import ConditionStatus, ConditionType, Finding, Mode

AVAILABLE, READY = ConditionType.AVAILABLE, ConditionType.READY
HA = answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1"))
HA_NONE = answer(primary("m0"), secondary("m1"), core("c0"), core("c1"))
SILENT = Unreachable(FailureReason.CONNECTION_REFUSED)
MISSING = Facts(
    Desired(),
    1,
    reference_problem=Finding(ConditionStatus.FALSE, "SecretNotFound", "Secret k does not exist."),
)


def test_nothing_is_written_and_nothing_is_told() -> None:
    for before in (facts(HA), facts(SILENT), facts(Unauthorized()), facts(single(UNINITIALIZED)), MISSING):
        story = Story().rounds(10, before)
        again = story.restarted().rounds(10, before)
        assert again.writes == []
        assert again.posted == []


def test_a_bad_round_after_a_restart_is_only_one() -> None:
    again = Story().rounds(3, facts(HA)).restarted().rounds(2, facts(SILENT))
    assert again.writes == []
    assert condition_of(again.rounds(1, facts(SILENT)).written, READY) == ("False", "ConnectionRefused")


def test_the_grace_of_an_upgrade_runs_on() -> None:
    uninitialized = facts(single(UNINITIALIZED))
    story = Story().rounds(1, facts(single(CONNECTED))).rounds(10, uninitialized)  # believed in the third round
    again = story.restarted().rounds(12, uninitialized)
    assert condition_of(again.written, AVAILABLE) == ("Unknown", "GracePeriod")
    assert condition_of(again.rounds(1, uninitialized).written, AVAILABLE) == ("False", "Uninitialized")


def test_the_start_up_grace_runs_on() -> None:
    again = Story().rounds(3, facts(SILENT)).restarted()
    again.rounds(1, facts(SILENT))
    assert condition_of(again.written, READY) == ("Unknown", "GracePeriod")
    assert condition_of(again.rounds(1, facts(SILENT)).written, READY) == ("False", "ConnectionRefused")


def test_a_reference_that_is_waited_for_is_not_waited_for_anew() -> None:
    story = Story().rounds(1, facts(HA)).rounds(3, MISSING)
    assert story.written.condition(ConditionType.RECONCILING) is not None
    again = story.restarted().rounds(4, MISSING)
    assert condition_of(again.written, ConditionType.STALLED) == ("True", "SecretNotFound")


def test_what_was_over_stays_over() -> None:
    connecting = facts(single(CONNECTING))
    story = Story().rounds(1, facts(single(CONNECTED))).rounds(6, connecting)
    assert condition_of(story.written, AVAILABLE) == ("False", "Connecting")
    assert story.restarted().rounds(3, connecting).writes == []


def test_a_missing_node_stays_missing_and_leaves_in_time() -> None:
    left_out = facts(answer(primary("m0"), secondary("m1"), core("c0", CONNECTED)))
    story = Story().rounds(1, facts(HA)).rounds(5, left_out)
    assert node_verdicts(story.written)["c1"] == "Missing"
    again = story.restarted().rounds(17, left_out)
    assert node_verdicts(again.written)["c1"] == "Missing"
    assert "c1" not in node_verdicts(again.rounds(1, left_out).written)


def test_a_node_is_known_by_its_name_until_the_answer_tells_its_key() -> None:
    again = Story().rounds(1, facts(HA)).restarted().rounds(1, facts(HA))
    assert sorted(again.state.observation.tracked) == ["10.0.0.1:c0", "10.0.0.1:c1", "10.0.0.1:m0", "10.0.0.1:m1"]  # type: ignore[union-attr]


def test_a_pod_that_went_while_nobody_watched_is_stale() -> None:
    there = {name: Pod(name, None) for name in ("m0", "m1", "c0", "c1")}
    story = Story().rounds(1, replace(facts(HA), pods=Pods({}, there)))
    rest = {name: pod for name, pod in there.items() if name != "c1"}
    again = story.restarted().rounds(3, replace(facts(HA), pods=Pods({}, rest)))
    assert node_verdicts(again.written)["c1"] == "Stale"


def test_a_failover_while_nobody_watched_is_told() -> None:
    other = answer(primary("m0"), secondary("m1"), core("c0"), core("c1", CONNECTED))
    again = Story().rounds(1, facts(HA)).restarted().rounds(1, facts(other))
    assert again.written.last_failover is not None
    assert (again.written.last_failover.origin, again.written.last_failover.to) == ("c0", "c1")


def test_a_status_of_somebody_else_counts_as_none() -> None:
    story = Story().rounds(1, facts(HA))
    emptied = Story(story.written._replace(conditions=(), observed_generation=None)).rounds(1, facts(HA))
    assert condition_of(emptied.written, READY) == ("True", "Available")


def test_a_status_that_is_overwritten_is_written_again() -> None:
    story = Story().rounds(3, facts(HA))
    good = story.written
    story.written = good._replace(gateway=good.gateway.__class__("Disconnected"))
    assert story.rounds(1, facts(HA)).written == good


def test_suspended_from_birth_then_resumed_by_another_process() -> None:
    suspended = replace(facts(HA), desired=Desired(suspended=True))
    again = Story().rounds(1, suspended).restarted().rounds(2, suspended)
    assert (again.writes, again.posted) == ([], [])
    again.rounds(1, replace(facts(SILENT), generation=2))
    assert condition_of(again.written, READY) == ("Unknown", "GracePeriod")


def test_nothing_is_waited_for_anew_with_a_high_success_threshold() -> None:
    thresholds = Thresholds(success_threshold=3)
    pods = Pods({}, {name: Pod(name, None, "kind-1") for name in ("m0", "m1", "c0", "c1")})
    told = replace(facts(HA, SILENT, thresholds=thresholds), pods=pods)
    again = Story().rounds(5, told).restarted().rounds(3, told)
    assert (again.writes, again.posted) == ([], [])


def test_the_primary_that_moved_while_nobody_watched_is_told() -> None:
    other = answer(secondary("m0"), primary("m1"), core("c0", CONNECTED), core("c1"))
    again = Story().rounds(1, facts(HA)).restarted().rounds(1, facts(other))
    assert again.posted == ["PrimaryMasterChanged", "FailoverCompleted"]


def test_a_mismatch_stays_one_while_nothing_is_said() -> None:
    wrong = facts(HA, mode=Mode.MULTICONNECT, shards=2)
    silent = facts(HA_NONE, mode=Mode.MULTICONNECT, shards=2)
    again = Story().rounds(5, wrong).restarted().rounds(5, silent)
    assert condition_of(again.written, READY) == ("False", "ModeMismatch")


def test_an_incomplete_set_is_nobody_to_fail_over_from() -> None:
    two = answer(primary("m0"), core("c0", CONNECTED), core("c1", CONNECTED))
    other = answer(primary("m0"), core("c2", CONNECTED), core("c1"))
    thresholds = Thresholds(failure_threshold=1, connecting_grace=0, failover_grace=0)
    hasty = partial(facts, thresholds=thresholds, mode=Mode.HIGH_AVAILABILITY)
    story = Story().rounds(3, hasty(two))
    assert condition_of(story.written, AVAILABLE) == ("False", "MultipleActiveCoreapps")
    assert story.restarted().rounds(1, hasty(other)).written.last_failover is None


def test_the_grace_of_a_starting_node_runs_on() -> None:
    starting = facts(answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1", UNINITIALIZED)))
    story = Story().rounds(1, facts(HA)).rounds(10, starting)  # its row is believed in the third round
    again = story.restarted().rounds(12, starting)
    assert node_verdicts(again.written)["c1"] == "Starting"
    assert node_verdicts(again.rounds(1, starting).written)["c1"] == "Faulty"


def test_a_grace_begins_when_its_state_was_seen_and_not_when_nobody_could_see() -> None:
    uninitialized = facts(single(UNINITIALIZED))
    story = Story().rounds(3, facts(single(CONNECTED))).rounds(25, facts(SILENT)).rounds(1, uninitialized)
    assert condition_of(story.restarted().rounds(3, uninitialized).written, AVAILABLE) == ("Unknown", "GracePeriod")


def test_what_only_an_edit_helps_stays_so() -> None:
    by_login = replace(facts(Unauthorized(), signs_in_by=Kind.LOGIN), unauthorized_finding=LOGIN_REFUSED)
    by_token = replace(facts(Unauthorized(), signs_in_by=Kind.TOKEN), unauthorized_finding=TOKEN_EXPIRED)
    for told in (MISSING, facts(Unauthorized()), by_login, by_token):
        story = Story().rounds(1, facts(single(CONNECTED))).rounds(6, told)
        assert story.written.condition(ConditionType.STALLED) is not None
        assert story.restarted().rounds(2, told).writes == []


def test_what_is_seen_after_a_suspension_from_birth_is_no_verdict_yet() -> None:
    """It has no observedGeneration, so the next process waits as well."""
    down = replace(facts(single(CONNECTING)), generation=2)
    story = Story().rounds(1, facts(suspended=True)).rounds(1, down)
    assert story.written.observed_generation is None
    again = story.restarted().rounds(1, down)
    assert again.state is not None
    assert again.state.confirmed is None
    assert condition_of(again.written, ConditionType.READY) == ("Unknown", "GracePeriod")


def test_a_verdict_that_was_not_believed_is_not_believed_after_a_suspension() -> None:
    suspended = Facts(Desired(suspended=True), 2)
    again = Story().rounds(1, facts(single(CONNECTING))).rounds(1, suspended).restarted()
    again.rounds(3, replace(facts(Unauthorized()), generation=3))
    assert condition_of(again.written, READY) == ("Unknown", "GracePeriod")
    assert again.posted == ["Resumed"]
    assert again.written.observed_generation is None


def test_times_never_go_back_behind_what_is_written() -> None:
    other = facts(answer(primary("m1"), secondary("m0"), core("c0"), core("c1", CONNECTED)))
    story = Story().rounds(3, facts(HA)).rounds(3, other)
    before = story.written
    story.wall = START - timedelta(days=1)
    after = story.rounds(3, facts(HA)).written
    assert after.last_failover is not None
    assert before.last_failover is not None
    assert after.last_failover.time >= before.last_failover.time
    assert all(n.since_time and n.since_time >= START for n in after.nodes)
    assert after.primary_master_since_time is not None
    assert after.primary_master_since_time >= START


def test_a_time_without_a_zone_is_no_status() -> None:
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "x",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00",
    }
    story = Story(written_status({"status": {"conditions": [condition]}})).rounds(1, facts(HA))
    assert condition_of(story.written, READY) == ("True", "Available")


def test_a_namesake_that_comes_and_goes_is_no_failover() -> None:
    def beside(*more: Node) -> Facts:
        return facts(answer(primary("m0"), node("c0", Role.COREAPP, CONNECTED, "10.0.0.3"), core("c1"), *more))

    story = Story().rounds(5, beside()).rounds(5, beside(node("c0", None, None, "10.0.0.9"))).rounds(5, beside())
    assert story.written.last_failover is None
    assert "ActiveCoreappChanged" not in story.posted
