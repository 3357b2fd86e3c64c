"""Laws that hold for every sequence of answers about a phone number."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from support.builders import START, Story
from support.phone_numbers import IDS, TYPES, answer, error
from wahealth.api.convert import status_document
from wahealth.core.answer import FailureReason, Malformed, NumberAnswer, PodOutcome, Unreachable
from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.core.cloud.number_checks import MANAGEMENT, NumberChecks, Template, TemplateStatus, TokenReport
from wahealth.core.cloud.report import NumberReport
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.facts import Desired, Facts, Thresholds
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import ConditionStatus, ConditionType, Gateway
from wahealth.core.status_diff import status_to_write
from wahealth.probe.cloud.graph_payload import number_outcome_of

AVAILABLE, READY = ConditionType.AVAILABLE, ConditionType.READY
VERSION = "v26.0"
GOOD = answer()

codes = st.sampled_from([131000, 138024, 138025, 141000, 141006, 141010, 141014])
messaging = st.sampled_from(["AVAILABLE", "AVAILABLE", "LIMITED", "BLOCKED", None])
known_statuses = st.sampled_from(["CONNECTED", "CONNECTED", "PENDING", "FLAGGED", "BANNED", "DELETED"])
ratings = st.sampled_from(["GREEN", "YELLOW", "RED", "NA", "PURPLE", None])


def entities_of(words: st.SearchStrategy[str | None]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(
        st.builds(
            lambda type_, word, said: {
                "entity_type": type_,
                "id": IDS[type_],
                "can_send_message": word,
                "errors": [{"error_code": code} for code in said],
            },
            st.sampled_from(TYPES),
            words,
            st.lists(codes, max_size=3),
        ),
        min_size=1,
        max_size=5,
    )


bodies = st.fixed_dictionaries(
    {
        "id": st.just(IDS["PHONE_NUMBER"]),
        "status": known_statuses,
        "quality_rating": ratings,
        "health_status": st.fixed_dictionaries({"can_send_message": messaging, "entities": entities_of(messaging)}),
    }
)
versions = st.sampled_from([VERSION, "v25.0", "nonsense"])
throttled: st.SearchStrategy[NumberAnswer] = st.sampled_from(
    [GraphError(ErrorClass.THROTTLE, status, code, retry_after=300.0) for status, code in ((403, 4), (400, 80007))]
)
others = st.sampled_from(
    [
        *(Unreachable(FailureReason.READ_TIMEOUT), Malformed("the body is not JSON")),
        *(error(190), error(200), error(2, status=500), error(100, 33), error(131031), error(131042)),
    ]
)
undecided: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"id": "1", "status": "CONNECTED"},
        {"id": "1", "status": "HIBERNATING", "health_status": {"can_send_message": "AVAILABLE"}},
        {"id": "1", "status": "CONNECTED", "health_status": {"can_send_message": "PAUSED"}},
        {"id": "1", "health_status": {"entities": [{"entity_type": "APP", "can_send_message": "PAUSED"}]}},
    ]
)


def read(body: dict[str, Any], version: str = VERSION) -> NumberAnswer:
    return number_outcome_of(200, json.dumps(body).encode(), version)


reports = st.builds(read, bodies)
answers = reports | others | throttled | st.builds(read, undecided)
stories = st.lists(answers, min_size=1, max_size=12)
desires = st.builds(
    lambda limited, ignored, rated, registered, thresholds: Desired(
        signs_in_by=Kind.TOKEN,
        registration_required=registered,
        thresholds=thresholds,
        cloud=CloudDesired(VERSION, limited, ignored, rated),
    ),
    st.booleans(),
    st.frozensets(codes, max_size=3),
    st.booleans(),
    st.booleans(),
    st.builds(
        Thresholds,
        period=st.sampled_from([60.0, 300.0]),
        failure_threshold=st.integers(1, 4),
        success_threshold=st.integers(1, 3),
        startup_rounds=st.just(2),
    ),
)


def told(desired: Desired, said: NumberAnswer) -> Facts:
    return Facts(desired, 1, (PodOutcome("number", "graph.example.com", said),))


def story_of(desired: Desired, said: list[NumberAnswer]) -> Story:
    story = Story()
    for one in said:
        story.round(told(desired, one))
    return story


def confirmed(desired: Desired, before: list[NumberAnswer]) -> Story:
    """A story whose last answer has lasted for longer than any start-up."""
    return story_of(desired, [*before, *before[-1:] * 12])


class Verdict(NamedTuple):
    gateway: Gateway
    available: ConditionStatus | None
    ready: ConditionStatus | None
    reason: str


def verdict(story: Story) -> Verdict:
    status, found = story.written, story.written.condition(AVAILABLE)
    return Verdict(
        status.gateway,
        status.condition_status(AVAILABLE),
        status.condition_status(READY),
        found.reason if found else "",
    )


@given(desires, stories)
def test_applying_a_plan_twice_changes_nothing(desired: Desired, said: list[NumberAnswer]) -> None:
    story = Story()
    for one in said:
        todo = story.round(told(desired, one))
        if todo.desired is not None:
            assert status_to_write(story.written, todo.desired, START + timedelta(days=1)) is None


@given(st.data(), desires, st.lists(bodies, min_size=1, max_size=6))
def test_the_order_of_entities_does_not_matter(
    data: st.DataObject, desired: Desired, said: list[dict[str, Any]]
) -> None:
    one, other = Story(), Story()
    for body in said:
        health = body["health_status"]
        shuffled = {**health, "entities": data.draw(st.permutations(health["entities"]))}
        one.round(told(desired, read(body)))
        other.round(told(desired, read({**body, "health_status": shuffled})))
    assert (one.written, one.posted) == (other.written, other.posted)


@given(desires, st.lists(st.tuples(bodies, ratings, versions), min_size=1, max_size=8))
def test_neither_quality_nor_version_changes_ready(
    desired: Desired, said: list[tuple[dict[str, Any], str | None, str]]
) -> None:
    """With a successThreshold of 1: with more, a round in which they change counts as one that differs."""
    desired = replace(desired, thresholds=replace(desired.thresholds, success_threshold=1))
    one, other = Story(), Story()
    for body, rating, version in said:
        one.round(told(desired, read(body)))
        other.round(told(desired, read({**body, "quality_rating": rating}, version)))
        assert verdict(one) == verdict(other)


looks = st.builds(
    NumberChecks,
    st.none()
    | st.builds(
        TokenReport,
        st.booleans(),
        expires=st.none() | st.integers(-2, 9).map(lambda days: START + timedelta(days=days)),
        scopes=st.none() | st.just(frozenset[str]()) | st.just(frozenset({MANAGEMENT})),
        accounts=st.none() | st.just(frozenset[str]()),
    ),
    st.none() | st.booleans(),
    st.none() | st.just(()) | st.just((Template("hello", "en", TemplateStatus.PAUSED),)),
)


@given(desires, st.lists(st.tuples(answers, st.none() | looks), min_size=1, max_size=8))
def test_nothing_besides_a_number_changes_ready(
    desired: Desired, said: list[tuple[NumberAnswer, NumberChecks | None]]
) -> None:
    """With a successThreshold of 1; see above."""
    thresholds = replace(desired.thresholds, success_threshold=1)
    cloud = desired.cloud and replace(desired.cloud, templates=("hello",), account=IDS["WABA"])
    desired = replace(desired, thresholds=thresholds, cloud=cloud)
    one, other = Story(), Story()
    for outcome, checks in said:
        one.round(told(desired, outcome))
        other.round(replace(told(desired, outcome), checks=checks))
        assert verdict(one).ready == verdict(other).ready


@given(desires, stories, st.lists(undecided, min_size=1, max_size=8))
def test_an_unknown_word_decides_nothing(
    desired: Desired, before: list[NumberAnswer], said: list[dict[str, Any]]
) -> None:
    """However long it lasts: Available and the gateway stay, where something was confirmed."""
    story = confirmed(desired, before)
    known = verdict(story)
    for body in said:
        story.round(told(desired, read(body)))
        assert (story.written.gateway, story.written.condition_status(AVAILABLE)) == (known.gateway, known.available)


@given(desires, stories, st.lists(throttled, min_size=1, max_size=15))
def test_throttling_changes_a_verdict_in_one_way_only(
    desired: Desired, before: list[NumberAnswer], said: list[NumberAnswer]
) -> None:
    """It stays as it was; once the time is over, it is unknown."""
    story = confirmed(desired, before)
    known = verdict(story)
    for rounds, one in enumerate(said):
        story.round(told(desired, one))
        now = verdict(story)
        if now[:2] != known[:2]:
            assert (now.gateway, now.available, now.reason) == (Gateway.UNKNOWN, ConditionStatus.UNKNOWN, "Throttled")
        if now.reason != known.reason:
            assert now.reason == "Throttled"
        was_known = known.available is not ConditionStatus.UNKNOWN  # else there is nothing to keep for a time
        if now.reason == "Throttled" and was_known and not any(map(is_throttled, before)):
            assert rounds * desired.thresholds.period >= desired.thresholds.throttled_grace


def is_throttled(said: NumberAnswer) -> bool:
    return isinstance(said, GraphError) and said.kind is ErrorClass.THROTTLE


@given(desires, stories)
def test_ready_is_not_true_for_longer_than_what_was_kept_may_last(desired: Desired, before: list[NumberAnswer]) -> None:
    """Nothing that says "not now" keeps a number Ready for ever."""
    story = story_of(desired, before)
    period = desired.thresholds.period
    for _ in range(int(desired.thresholds.throttled_grace / period) + 2):
        story.round(told(desired, error(4)))
    assert story.written.condition_status(READY) is not ConditionStatus.TRUE


@given(desires, answers)
def test_a_single_bad_answer_never_flips_a_settled_verdict(desired: Desired, bad: NumberAnswer) -> None:
    patient = replace(desired.thresholds, failure_threshold=max(2, desired.thresholds.failure_threshold))
    desired = replace(desired, thresholds=patient)
    story = story_of(desired, [GOOD] * 3)
    assert verdict(story).ready is ConditionStatus.TRUE
    story.round(told(desired, bad))
    assert verdict(story).ready is ConditionStatus.TRUE


@given(desires, stories)
def test_no_id_is_written_or_posted(desired: Desired, said: list[NumberAnswer]) -> None:
    story = Story()
    for one in said:
        todo = story.round(told(desired, one))
        told_ = json.dumps(status_document(story.written)) + " ".join(event.note for event in todo.events)
        assert not any(id_ in told_ for id_ in IDS.values())


@given(desires, stories, reports | others)
def test_a_process_that_starts_says_nothing_new_of_an_answer_that_goes_on(
    desired: Desired, before: list[NumberAnswer], said: NumberAnswer
) -> None:
    story = story_of(desired, [*before, *[said] * 12])
    again = story.restarted()
    again.round(told(desired, said))
    assert not again.writes


@given(desires, reports)
def test_a_number_that_says_the_same_is_written_once_and_then_steady(desired: Desired, said: NumberAnswer) -> None:
    assert isinstance(said, NumberReport)
    story = story_of(desired, [said] * 12)
    writes = len(story.writes)
    for _ in range(4):
        story.round(told(desired, said))
    assert len(story.writes) == writes <= 2
