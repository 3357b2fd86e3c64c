"""Every state that a client can be in against the alerts that ring, as the real promtool plays them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from support.monitoring.states import State, all_rules, rules_that_found, states
from wahealth.core.status import ConditionStatus, ConditionType
from wahealth.playground.cluster.binaries import provide

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "manifests" / "monitoring" / "alerts.yaml"
TABLE = ROOT / "tests" / "support" / "monitoring" / "states.md"
HEAD = """# Which alerts ring in which state

Each state of conditions that the rules of `core/verdict` come to, and the alerts that ring after two hours in it, as
promtool says. Written by `python -m pytest tests/contract/test_alerts_of_states.py`, where it differs: read it, and
commit it.

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
    ConditionType.STALLED: {TRUE},
}
Ringing = dict[State, set[str]]


@pytest.fixture(scope="module")
def reached() -> tuple[dict[State, str], set[str]]:
    """Each state with its story, and the rules that found something on the way."""
    found: dict[State, str] = {}
    rules = rules_that_found(lambda: found.update(states()))
    return found, rules


@pytest.fixture(scope="module")
def ringing(reached: tuple[dict[State, str], set[str]], tmp_path_factory: pytest.TempPathFactory) -> Ringing:
    numbered = {f"s{number}": state for number, state in enumerate(reached[0])}
    series = [one for name, state in numbered.items() for one in series_of(name, state)]
    expected = {"expr": 'ALERTS{alertstate="firing",scope="client"}', "eval_time": "2h", "exp_samples": []}
    given = {"interval": "1m", "input_series": series, "promql_expr_test": [expected]}
    path = tmp_path_factory.mktemp("states") / "test.yaml"
    path.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": [given]}))
    program = provide(["promtool"], say=lambda text: print(text, file=sys.stderr))["promtool"]
    done = subprocess.run([program, "test", "rules", str(path)], capture_output=True, text=True, check=False)
    rings: Ringing = defaultdict(set)
    got = (done.stdout + done.stderr).partition("got:")[2]
    for labels in re.findall(r"\{([^}]*)\}", got):
        of = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        rings[numbered[of["name"]]].add(of["alertname"])
    assert rings, done.stdout + done.stderr
    return rings


def series_of(name: str, state: State) -> list[dict[str, str]]:
    labels = f'namespace="acme",name="{name}"'
    conditions = [
        (f'wahealth_client_condition{{{labels},type="{type_}",status="{status.lower()}"}}', 1.0)
        for type_, status in state.conditions
    ]
    names = {"gateway": "state", "oddity": "kind"}
    others = [
        (f"wahealth_client_{row}{{{labels}" + (f',{names[row]}="{own[0]}"' if own else "") + "}", value)
        for row, own, value in state.others
    ]
    return [{"series": series, "values": f"{value:g}x130"} for series, value in conditions + others]


def troubles(state: State) -> list[str]:
    return [
        f"{type_} {status}" for type_, status in state.conditions if status in TROUBLE.get(ConditionType(type_), ())
    ]


def test_each_rule_of_the_verdict_found_something(reached: tuple[dict[State, str], set[str]]) -> None:
    assert all_rules() - reached[1] == set()


def test_no_state_of_trouble_without_an_alert(reached: tuple[dict[State, str], set[str]], ringing: Ringing) -> None:
    silent = {
        story: troubles(state) for state, story in reached[0].items() if troubles(state) and not ringing.get(state)
    }
    assert silent == {}


def test_no_alert_without_a_trouble(reached: tuple[dict[State, str], set[str]], ringing: Ringing) -> None:
    """But for a word that nobody knows, of which no condition tells."""
    told = {state: ringing.get(state, set()) - {"UnknownWord"} for state in reached[0]}
    assert {reached[0][state]: rings for state, rings in told.items() if rings and not troubles(state)} == {}


def test_the_table_is_as_it_was_read(reached: tuple[dict[State, str], set[str]], ringing: Ringing) -> None:
    written = HEAD + "".join(f"{row(story, state, ringing)}\n" for state, story in reached[0].items())
    differs = not TABLE.exists() or TABLE.read_text() != written
    if differs:
        TABLE.write_text(written)
    assert not differs, f"{TABLE.name} differs and is written anew: read what changed, and commit it"


def row(story: str, state: State, ringing: Ringing) -> str:
    gateway = next((own[0] for name, own, _ in state.others if name == "gateway"), "")
    told = ", ".join(troubles(state)) or "none"
    return f"| {story} | {told} | {gateway} | {', '.join(sorted(ringing.get(state, ()))) or 'none'} |"
