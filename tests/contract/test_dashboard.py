"""The Grafana dashboard, as it is written, and what its panels make of series that somebody thought of.

What they make of a real operator's is tried in tests/integration.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.monitoring.dashboard import document, filled, panels, queries, variables
from wahealth.core.status import Gateway
from wahealth.playground.cluster.binaries import provide

METRICS = Path(__file__).parents[2] / "docs" / "metrics.md"
OF_A_HISTOGRAM = re.compile(r"_(bucket|sum|count)$")
SHOWS_NUMBERS = {"stat", "timeseries", "state-timeline"}


def shown() -> list[dict[str, Any]]:
    """Panels, without the rows."""
    return [panel for panel in panels() if panel["type"] != "row"]


def called(title: str) -> dict[str, Any]:
    return next(panel for panel in shown() if panel["title"] == title)


def test_each_panel_has_an_id_and_a_title_of_its_own() -> None:
    for field in ("id", "title"):
        found = [panel[field] for panel in panels()]
        assert len(found) == len(set(found))


def test_no_panel_lies_upon_another() -> None:
    def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
        at = panel["gridPos"]
        return {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}

    assert [(a["title"], b["title"]) for a, b in combinations(panels(), 2) if cells(a) & cells(b)] == []
    assert [panel["title"] for panel in panels() if max(x for x, _ in cells(panel)) >= 24] == []


def test_it_asks_for_metrics_that_there_are() -> None:
    there = set(re.findall(r"`(wahealth_\w+)`", METRICS.read_text()))
    asked = {name for query in queries() for name in re.findall(r"wahealth_\w+", query.expression)}
    asked |= {name for one in variables() for name in re.findall(r"wahealth_\w+", one.selector)}
    assert {OF_A_HISTOGRAM.sub("", name) for name in asked} <= there


def test_each_panel_asks_and_says_what_it_shows() -> None:
    assert [panel["title"] for panel in shown() if not panel["targets"]] == []
    assert [panel["title"] for panel in shown() if not panel["description"].endswith(".")] == []


def test_each_number_has_a_unit() -> None:
    assert {panel["type"] for panel in shown()} <= SHOWS_NUMBERS | {"table"}
    numbers = [panel for panel in shown() if panel["type"] in SHOWS_NUMBERS]
    assert [panel["title"] for panel in numbers if not panel["fieldConfig"]["defaults"].get("unit")] == []


def test_which_prometheus_it_asks_is_chosen_and_not_written_down() -> None:
    def uids(part: Any) -> set[str]:
        if isinstance(part, list):
            return {uid for one in part for uid in uids(one)}
        if not isinstance(part, dict):
            return set()
        own = {json.dumps(part["datasource"])} if "datasource" in part else set()
        return own.union(*(uids(one) for one in part.values()))

    assert uids(document()) == {json.dumps({"type": "prometheus", "uid": "${datasource}"})}
    assert document()["templating"]["list"][0]["name"] == "datasource"
    assert (document()["id"], document()["uid"]) == (None, "wahealth")


def test_what_is_of_a_client_is_asked_for_in_the_chosen_namespaces_only() -> None:
    """Braces after each name of a client's series, with the variable in them."""
    for query in queries():
        selectors = re.findall(r"wahealth_client_\w+(\{.*?\})?", query.expression)
        assert [one for one in selectors if 'namespace=~"$namespace"' not in one] == [], query


def test_each_state_of_a_gateway_has_a_name_and_a_colour() -> None:
    gateway = called("Gateway")
    mapped = gateway["fieldConfig"]["defaults"]["mappings"][0]["options"]
    words = {number: one["text"] for number, one in mapped.items()}
    asked = dict(re.findall(r'(\d) \* wahealth_client_gateway\{state="(\w+)"', gateway["targets"][0]["expr"]))
    assert asked == words
    assert set(words.values()) == {str(state) for state in Gateway}
    overrides = called("Clients by gateway")["fieldConfig"]["overrides"]
    assert {one["matcher"]["options"] for one in overrides} == set(words.values())


# --- what a panel makes of series ---------------------------------------------------------------------------------

CHOSEN = {"namespace": "acme", "mode": ".*", "client": "up"}
Series = dict[str, str]  # by series: its values, one a minute
Shown = dict[str, float]  # by labels

LED = {'wahealth_leader{instance="a",shard="0"}': "1x90", 'wahealth_build_info{instance="a"}': "1x90"}


def client(name: str, available: str, gateway: str, instance: str = "a", suspended: bool = False) -> Series:
    """A client of the namespace that is chosen, as a replica tells of it."""
    labels = f'instance="{instance}",namespace="acme",name="{name}"'
    told = [
        f"wahealth_client_info{{{labels}}}",
        f'wahealth_client_condition{{{labels},type="Available",status="{available}"}}',
        f'wahealth_client_gateway{{{labels},state="{gateway}"}}',
    ]
    asked = [] if suspended else [f"wahealth_client_probe_period_seconds{{{labels}}}"]
    return dict.fromkeys([*told, *asked], "1x90")


UP, DOWN = client("up", "true", "Connected"), client("down", "false", "Disconnected")
DOWN_TWICE = DOWN | client("down", "false", "Connecting", instance="b")
DOWN_ELSEWHERE = {series.replace("acme", "other"): values for series, values in DOWN.items()}
PAUSED = client("paused", "false", "Disconnected", suspended=True)
WITHOUT_PAYMENT = {
    **client("number", "false", "Disconnected"),
    'wahealth_client_reason{instance="a",namespace="acme",name="number",reason="PaymentMethod"}': "1x90",
    'wahealth_client_credentials_info{instance="a",namespace="acme",name="number",secret="token"}': "1x90",
}
NUMBER = {
    series.replace("client_info{", 'client_info{mode="CloudAPI",'): values for series, values in WITHOUT_PAYMENT.items()
}
FAILOVER = 'wahealth_client_failovers_total{namespace="acme",name="up",kind="ActiveCoreapp"}'
BUG = 'wahealth_internal_errors_total{where="round"}'


@pytest.mark.parametrize(
    ("title", "series", "shown"),
    [
        ("Unavailable", LED, {}),  # nothing is known: no reassuring 0
        ("Unavailable", UP, {"{}": 0}),
        ("Unavailable", UP | DOWN, {"{}": 1}),
        ("Unavailable", DOWN_TWICE, {"{}": 1}),  # while one replica follows another
        ("Unavailable", UP | DOWN_ELSEWHERE, {"{}": 0}),
        ("Unavailable", UP | PAUSED, {"{}": 0}),
        ("Suspended", UP | PAUSED, {"{}": 1}),
        ("Suspended", UP, {"{}": 0}),
        ("Clients that are not available", UP | PAUSED, {}),
        (
            "Clients that are not available",
            UP | DOWN,
            {'{namespace="acme",name="down",status="false",state="Disconnected"}': 1},
        ),
        (
            "Clients that are not available",
            UP | NUMBER,
            {'{namespace="acme",name="number",status="false",state="Disconnected",reason="PaymentMethod"}': 1},
        ),
        ("By reason", UP | NUMBER, {'{reason="PaymentMethod"}': 1}),
        ("Phone numbers by Secret", UP | NUMBER, {'{namespace="acme",secret="token"}': 1}),
        ("Phone numbers by Secret", UP | WITHOUT_PAYMENT, {}),  # a client of waweb
        ("Gateway", UP, {'{namespace="acme",name="up"}': 6}),
        (
            "Failovers in the last hour",
            {FAILOVER: "_x80 1x9"},
            {'{namespace="acme",name="up",kind="ActiveCoreapp"}': 1},
        ),
        ("Internal errors", LED, {"{}": 0}),
        ("Internal errors", {}, {}),
        ("Internal errors", LED | {BUG: "_x80 1x9"}, {'{where="round"}': 1}),  # the first one too
        ("Shards without a leader", LED, {"{}": 0}),
        ("Shards without a leader", LED | {'wahealth_leader{instance="a",shard="1"}': "0x90"}, {"{}": 1}),
    ],
)
def test_a_panel_shows(tmp_path: Path, title: str, series: Series, shown: Shown) -> None:
    expression = filled(called(title)["targets"][0]["expr"], CHOSEN)
    evaluated(tmp_path, expression, series, shown)


@pytest.mark.parametrize("title", ["Clients", "Unavailable", "By reason"])
@pytest.mark.parametrize(("mode", "shown"), [("CloudAPI", 1.0), (".*", 1.0), ("Single", 0.0)])
def test_a_mode_that_is_chosen_leaves_out_the_others(tmp_path: Path, title: str, mode: str, shown: float) -> None:
    expression = filled(called(title)["targets"][0]["expr"], CHOSEN | {"mode": mode})
    evaluated(tmp_path, f"sum({expression}) or vector(0)", NUMBER, {"{}": shown})


def test_a_client_that_two_replicas_tell_of_is_one_row(tmp_path: Path) -> None:
    expression = filled(called("Clients that are not available")["targets"][0]["expr"], CHOSEN)
    evaluated(tmp_path, f"count({expression})", DOWN_TWICE, {"{}": 1})


def evaluated(directory: Path, expression: str, series: Series, shown: Shown) -> None:
    """At the end, by Prometheus' own tool."""
    given = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": expression,
                "eval_time": "89m",
                "exp_samples": [{"labels": labels, "value": value} for labels, value in shown.items()],
            }
        ],
    }
    file = directory / "dashboard_test.yaml"
    file.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [given]}))
    promtool = provide(["promtool"], say=lambda text: print(text, file=sys.stderr))["promtool"]
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
