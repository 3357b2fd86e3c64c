"""Every state that a client can be in against the alerts that ring, as the real promtool plays them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from support.monitoring.number_moods import situations
from support.monitoring.promtool import CASES, firing
from support.monitoring.states import LABELS, State, all_rules, number_states, rules_that_found, states
from wahealth.core.instant import Instant
from wahealth.core.number.situation import Situation
from wahealth.core.status import ConditionStatus, ConditionType

TABLE = CASES / "states.md"
HEAD = """# Which alerts ring in which state

Each state of conditions that the rules of `core/verdict` and `core/number` come to, and the alerts that ring after four
hours in it, as promtool says. Written by `python -m pytest tests/contract/test_alerts_of_states.py`, where it differs:
read it, and commit it.
"""
COLUMNS = """
## {title}

| what happened | conditions that are not as they should be | gateway | alerts |
|---|---|---|---|
"""
FALSE, TRUE, UNKNOWN = ConditionStatus.FALSE.value, ConditionStatus.TRUE.value, ConditionStatus.UNKNOWN.value
# What each condition says when something is wrong.
TROUBLE: dict[ConditionType, set[str]] = {
    ConditionType.ACCEPTED: {FALSE},
    ConditionType.CREDENTIALS_VALID: {FALSE},
    ConditionType.REACHABLE: {FALSE},
    ConditionType.AVAILABLE: {FALSE, UNKNOWN},
    ConditionType.REDUNDANCY_SATISFIED: {FALSE},
    ConditionType.READY: {FALSE, UNKNOWN},
    ConditionType.RESTART_REQUIRED: {TRUE},
    ConditionType.PODS_CLAIMED: {FALSE},
    ConditionType.PROBING_REDUCED: {TRUE},
    ConditionType.THROTTLED: {TRUE},
    ConditionType.QUALITY_ACCEPTABLE: {FALSE},
    ConditionType.TEMPLATES_USABLE: {FALSE},
    ConditionType.TEMPLATES_USABLE: {FALSE},
    ConditionType.GRAPH_VERSION_SUPPORTED: {FALSE},
    ConditionType.STALLED: {TRUE},
}
FOR_BOTH = {"NotAccepted", "UnknownWord"}  # alerts whose words fit clients and numbers
Ringing = dict[State, set[str]]
Reached = dict[State, str]  # each state with its story


@pytest.fixture(scope="module")
def clients() -> tuple[Reached, set[str]]:
    """The states of clients, and the rules that found something on the way."""
    found: Reached = {}
    rules = rules_that_found(lambda: found.update(states()))
    return found, rules


@pytest.fixture(scope="module")
def reached(clients: tuple[Reached, set[str]]) -> dict[str, Reached]:
    return {"Clients of waweb": clients[0], "Phone numbers of the Cloud API": number_states()}


@pytest.fixture(scope="module")
def scopes(reached: dict[str, Reached], tmp_path_factory: pytest.TempPathFactory) -> dict[State, dict[str, str]]:
    """By state: the alerts that ring, each with its scope."""
    numbered = {f"s{number}": state for number, state in enumerate(state for of in reached.values() for state in of)}
    series = {name: values for namespace, state in numbered.items() for name, values in series_of(namespace, state)}
    rings: dict[State, dict[str, str]] = defaultdict(dict)
    for labels in firing(tmp_path_factory.mktemp("states"), series, "4h"):
        if labels["scope"] not in {"fleet", "operator"}:
            rings[numbered[labels["namespace"]]][labels["alertname"]] = labels["scope"]
    assert rings
    return rings


@pytest.fixture(scope="module")
def ringing(scopes: dict[State, dict[str, str]]) -> Ringing:
    return defaultdict(set, {state: set(rings) for state, rings in scopes.items()})


def series_of(namespace: str, state: State) -> Iterator[tuple[str, str]]:
    labels = f'namespace="{namespace}",name="a"'
    for type_, status in state.conditions:
        yield f'wahealth_client_condition{{{labels},type="{type_}",status="{status.lower()}"}}', "1x250"
    for name, own, value in state.others:
        more = f',{LABELS[name]}="{own[0]}"' if own else ""
        yield f"wahealth_client_{name}{{{labels}{more}}}", f"{value:g}x250"


def troubles(state: State) -> list[str]:
    return [
        f"{type_} {status}" for type_, status in state.conditions if status in TROUBLE.get(ConditionType(type_), ())
    ]


def test_each_rule_of_the_verdict_found_something(clients: tuple[Reached, set[str]]) -> None:
    assert all_rules() - clients[1] == set()


def test_each_situation_of_a_number_is_come_to() -> None:
    assert situations(Instant(0.0, datetime(2026, 11, 28, tzinfo=UTC))) == set(Situation)


def test_no_state_of_trouble_without_an_alert(reached: dict[str, Reached], ringing: Ringing) -> None:
    silent = {
        story: troubles(state)
        for of in reached.values()
        for state, story in of.items()
        if troubles(state) and not ringing.get(state)
    }
    assert silent == {}


def test_no_alert_without_a_trouble(reached: dict[str, Reached], ringing: Ringing) -> None:
    """But for a word that nobody knows, and for a number that is limited, of which no condition tells."""
    untold = {"UnknownWord", "PartiallyConnected"}
    told = {
        story: rings
        for of in reached.values()
        for state, story in of.items()
        if (rings := ringing.get(state, set()) - untold) and not troubles(state)
    }
    assert told == {}


def test_no_alert_speaks_of_a_client_to_a_number_or_the_other_way_round(
    reached: dict[str, Reached], scopes: dict[State, dict[str, str]]
) -> None:
    clients, numbers = ({scope_of for state in of for scope_of in scopes[state].items()} for of in reached.values())
    assert {scope for _, scope in clients} == {"client"}
    assert {name for name, scope in numbers if scope == "client"} == FOR_BOTH


def test_the_table_is_as_it_was_read(reached: dict[str, Reached], ringing: Ringing) -> None:
    written = HEAD
    for title, of in reached.items():
        written += COLUMNS.format(title=title) + "".join(
            f"{row(story, state, ringing)}\n" for state, story in of.items()
        )
    differs = not TABLE.exists() or TABLE.read_text() != written
    if differs:
        TABLE.write_text(written)
    assert not differs, f"{TABLE.name} differs and is written anew: read what changed, and commit it"


def row(story: str, state: State, ringing: Ringing) -> str:
    said = {name: own[0] for name, own, _ in state.others if own}
    told = ", ".join(troubles(state)) or "none"
    told += f" ({said['reason']})" if "reason" in said else ""
    return f"| {story} | {told} | {said.get('gateway', '')} | {', '.join(sorted(ringing.get(state, ()))) or 'none'} |"
