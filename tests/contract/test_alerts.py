"""Alerts: Prometheus' own tool takes them and plays them, each has a runbook, and each asks for series that there
are.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from support.monitoring.promtool import ALERTS, CASES, RULES, run
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionType

ROOT = Path(__file__).parents[2]
FILES = ("alerts_test.yaml", "numbers_test.yaml")
NAMES = sorted({rule["alert"] for rule in RULES})


def promtool(*arguments: str) -> str:
    done = run(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_own_tool_takes_them() -> None:
    assert f"{len(RULES)} rules found" in promtool("check", "rules", str(ALERTS))


@pytest.mark.parametrize("file", FILES)
def test_each_fires_when_it_should_and_only_then(file: str) -> None:
    promtool("test", "rules", file)


def test_each_is_tried_as_firing_and_as_silent() -> None:
    cases = [case for file in FILES for case in yaml.safe_load((CASES / file).read_text())["tests"]]
    fires, silent = Counter[str](), Counter[str]()
    for given in cases:
        for tried in given.get("alert_rule_test", ()):
            (fires if tried["exp_alerts"] else silent)[tried["alertname"]] += 1
    assert sorted(fires) == sorted(silent) == NAMES


def test_a_suspended_client_rings_for_nothing() -> None:
    """Each that is about clients says so, but for the one that asks for a period, which it has none of."""
    about_clients = [rule for rule in RULES if rule["labels"]["scope"] != "operator"]
    exempt = [rule["alert"] for rule in about_clients if 'type="Suspended",status="true"' not in rule["expr"]]
    assert exempt == ["ProbeStale"]


def test_what_rings_for_a_number_speaks_of_nothing_that_only_a_client_has() -> None:
    words = re.compile(r"shard|coreapp|master|pod|node|API key|client", re.IGNORECASE)
    said = [rule["annotations"]["summary"] for rule in RULES if rule["labels"]["scope"] in {"number", "secret"}]
    said += [rule["annotations"]["summary"] for rule in RULES if rule["alert"] in {"NotAccepted", "UnknownWord"}]
    assert [text for text in said if words.search(text)] == []


def test_each_asks_for_words_that_there_are() -> None:
    """A reason or a condition that is none would make an alert that never rings."""
    asked = [one for rule in RULES for one in re.findall(r'(reason|type)=~?"([^"]+)"', rule["expr"])]
    assert {word for label, words in asked if label == "reason" for word in words.split("|")} <= set(Reason)
    assert {word for label, words in asked if label == "type" for word in words.split("|")} <= set(ConditionType)


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_runbook(name: str) -> None:
    paths = {rule["annotations"]["runbook"] for rule in RULES if rule["alert"] == name}
    assert paths == {f"manifests/monitoring/runbooks/{name}.md"}
    text = (ROOT / paths.pop()).read_text()
    assert re.findall(r"^#+ (.*)$", text, re.MULTILINE) == [name, "Meaning", "Impact", "Diagnosis", "Mitigation"]


def test_each_asks_for_series_that_there_are() -> None:
    there = set(re.findall(r"`(wahealth_\w+)`", (ROOT / "docs" / "metrics.md").read_text()))
    asked = {name for rule in RULES for name in re.findall(r"wahealth_\w+", rule["expr"])}
    assert asked <= there
