"""Laws that hold for every answer."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from builders import START, facts, planned
from wahealth.api.convert import believed, status_document
from wahealth.core.answer import (
    Answered,
    GatewayStatus,
    Malformed,
    Node,
    Outcome,
    PodOutcome,
    Refused,
    Report,
    Role,
    Unreachable,
    Unreached,
)
from wahealth.core.evaluate import evaluate
from wahealth.core.facts import Expectation, Facts
from wahealth.core.plan import Memory, plan
from wahealth.core.schedule import next_beat
from wahealth.core.status import ConditionType, Mode, Status
from wahealth.probe.payload import parse_health

names = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=8)
nodes = st.builds(
    lambda host, name, role, gateway: Node(f"{host}:{name}", host, name, role, gateway),
    names,
    names,
    st.none() | st.sampled_from(Role),
    st.none() | st.sampled_from(GatewayStatus),
)
reports = st.builds(
    lambda found: Report(None, tuple(found), None), st.lists(nodes, min_size=1, max_size=8, unique_by=lambda n: n.key)
) | st.builds(lambda gateway: Report(gateway, (), None), st.sampled_from(GatewayStatus))
outcomes: st.SearchStrategy[Outcome] = (
    st.builds(Answered, reports)
    | st.just(Refused())
    | st.builds(Unreachable, st.sampled_from(Unreached))
    | st.just(Malformed("the body is not JSON"))
)
expectations = st.builds(
    Expectation, st.none() | st.sampled_from(Mode), st.none() | st.sampled_from([1, 2, 4, 8]), st.booleans()
)
rounds = st.lists(outcomes, max_size=4)


def round_of(expected: Expectation, said: list[Outcome], before: Status) -> Facts:
    return replace(facts(*said), expected=expected, believed=before)


@given(expectations, rounds, rounds)
def test_applying_a_plan_twice_changes_nothing(
    expected: Expectation, first: list[Outcome], then: list[Outcome]
) -> None:
    before = planned(evaluate(round_of(expected, first, Status()))).status or Status()
    todo = plan(before, evaluate(round_of(expected, then, before)), Memory(), 1, START)
    after = todo.status or before
    again = plan(after, evaluate(round_of(expected, then, after)), todo.memory, 1, START.replace(year=2027))
    assert again.status is None
    assert again.events == ()


@given(st.data(), reports)
def test_the_order_of_nodes_and_pods_does_not_matter(data: st.DataObject, report: Report) -> None:
    shuffled = replace(report, nodes=tuple(data.draw(st.permutations(report.nodes))))
    pods = [PodOutcome("web-0", "10.0.0.1", Answered(report)), PodOutcome("web-1", "10.0.0.2", Refused())]
    turned = [pods[1], replace(pods[0], outcome=Answered(shuffled))]
    assert evaluate(Facts(Expectation(), 1, tuple(pods))) == evaluate(Facts(Expectation(), 1, tuple(turned)))


@given(expectations, rounds)
def test_ready_is_never_true_without_a_connection(expected: Expectation, said: list[Outcome]) -> None:
    status = evaluate(round_of(expected, said, Status()))
    ready = status.condition(ConditionType.READY)
    if ready and ready.status == "True":
        assert status.connected is not None
        assert status.connected.current >= 1


@given(expectations, rounds)
def test_the_status_document_reads_back_as_it_was(expected: Expectation, said: list[Outcome]) -> None:
    status = planned(evaluate(round_of(expected, said, Status()))).status or Status()
    assert believed({"status": json.loads(json.dumps(status_document(status)))}) == status


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.binary(max_size=200)
    | st.builds(lambda v: json.dumps(v).encode(), json_values)
    | st.builds(lambda v: json.dumps({"health": v}).encode(), json_values)
)
def test_no_bytes_raise(body: bytes) -> None:
    assert isinstance(parse_health(body), Answered | Malformed)


@given(st.floats(0, 1e6), st.floats(5, 3600), st.floats(0, 1))
def test_beats_come_within_a_period_and_keep_their_phase(now: float, period: float, phase: float) -> None:
    beat = next_beat(now, period, phase * period)
    assert now < beat <= now + period * 1.000001
    assert abs(next_beat(beat + period / 2, period, phase * period) - beat - period) < 1e-3
