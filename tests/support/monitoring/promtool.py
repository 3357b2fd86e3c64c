"""Prometheus' own tool: it checks the alerts, tries the cases written for them, and plays series to them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from wahealth.playground.cluster.binaries import provide

ALERTS = Path(__file__).parents[3] / "manifests" / "monitoring" / "alerts.yaml"
CASES = Path(__file__).parent
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]
]
_SERIES = re.compile(r"\{([^}]*)\}")
_LABEL = re.compile(r'(\w+)="([^"]*)"')

Labels = dict[str, str]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What it says of these arguments, in the folder of the cases."""
    program = provide(["promtool"], say=lambda text: print(text, file=sys.stderr))["promtool"]
    return subprocess.run([program, *arguments], cwd=CASES, capture_output=True, text=True, check=False)


def firing(directory: Path, series: Mapping[str, str], at: str) -> list[Labels]:
    """The labels of each alert that fires `at` a time such as "2h"; `series`: its values, one a minute, by its name.

    `directory`: where the question is written down.
    """
    asked = {"expr": 'ALERTS{alertstate="firing"}', "eval_time": at, "exp_samples": []}
    given = [{"series": name, "values": values} for name, values in series.items()]
    one = {"interval": "1m", "input_series": given, "promql_expr_test": [asked]}
    path = directory / "played.yaml"
    path.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": [one]}))
    done = run("test", "rules", str(path))
    said = done.stdout + done.stderr
    assert done.returncode == 0 or "got:" in said, said
    return [dict(_LABEL.findall(labels)) for labels in _SERIES.findall(said.partition("got:")[2])]
