"""Alerts: Prometheus' own tool takes them and plays them, each has a runbook, and each asks for series that there
are.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from wahealth.playground.cluster.binaries import provide

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "manifests" / "monitoring"
TESTS = ROOT / "tests" / "support" / "monitoring"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
NAMES = sorted({rule["alert"] for rule in RULES})


def promtool(*arguments: str) -> str:
    program = provide(["promtool"], say=lambda text: print(text, file=sys.stderr))["promtool"]
    done = subprocess.run([program, *arguments], cwd=TESTS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_own_tool_takes_them() -> None:
    assert f"{len(RULES)} rules found" in promtool("check", "rules", str(MONITORING / "alerts.yaml"))


def test_each_fires_when_it_should_and_only_then() -> None:
    promtool("test", "rules", "alerts_test.yaml")


def test_each_is_tried_as_firing_and_as_silent() -> None:
    cases = yaml.safe_load((TESTS / "alerts_test.yaml").read_text())["tests"]
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
