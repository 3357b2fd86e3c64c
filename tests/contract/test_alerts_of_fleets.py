"""Alerts about many at once: each backend by itself, and forty numbers of one token as one page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.monitoring.promtool import ALERTS, RULES, Labels, firing

INHIBIT: list[dict[str, Any]] = yaml.safe_load((ALERTS.parent / "inhibit.yaml").read_text())["inhibit_rules"]
MATCHER = re.compile(r"(\w+)(=~|!~|!=|=)\"?([^\"]*)\"?")
LOST = {"Available": "unknown", "Reachable": "false"}
DOWN, WELL = {"Available": "false", "Reachable": "true"}, {"Available": "true", "Reachable": "true"}
Conditions = dict[str, str]  # the status by type


def clients(count: int, conditions: Conditions) -> dict[str, str]:
    return _told((f"client-{count}-{n}" for n in range(count)), "Single", conditions, "")


def numbers(count: int, conditions: Conditions, reason: str = "Available", secret: str = "token") -> dict[str, str]:
    return _told((f"{secret}-{count}-{n}" for n in range(count)), "CloudAPI", conditions, reason, secret)


def _told(names: Iterable[str], mode: str, conditions: Conditions, reason: str, secret: str = "key") -> dict[str, str]:
    series = []
    for name in names:
        who = f'namespace="acme",name="{name}"'
        series += [f'wahealth_client_info{{{who},mode="{mode}",version=""}}']
        series += [f'wahealth_client_credentials_info{{{who},secret="{secret}"}}']
        series += [f'wahealth_client_reason{{{who},reason="{reason}"}}'] if reason else []
        series += [f'wahealth_client_condition{{{who},type="{t}",status="{s}"}}' for t, s in conditions.items()]
    return dict.fromkeys(series, "1x130")


def incidents(fired: list[Labels]) -> list[str]:
    return [one["backend"] for one in fired if one["alertname"] == "FleetIncident"]


@pytest.mark.parametrize(
    ("series", "backends"),
    [
        (clients(60, WELL) | numbers(8, LOST, "ReadTimeout"), ["CloudAPI"]),  # 8 of 68, and yet all of theirs
        (clients(6, DOWN) | clients(5, WELL) | numbers(60, WELL), ["waweb"]),
        (clients(4, DOWN) | numbers(4, LOST, "ReadTimeout"), []),  # 8 in all, and too few of each
        (clients(6, DOWN) | numbers(6, DOWN, "EntityBlocked"), ["CloudAPI", "waweb"]),
        (numbers(20, DOWN, "PaymentMethod") | numbers(30, WELL, secret="other"), []),  # one account, which rings itself
    ],
    ids=["the vendor's outage", "the cluster's outage", "few of each", "both", "no payment"],
)
def test_each_backend_counts_by_itself(tmp_path: Path, series: dict[str, str], backends: list[str]) -> None:
    assert sorted(incidents(firing(tmp_path, series, "5m"))) == backends


def test_forty_numbers_of_one_token_are_one_alert(tmp_path: Path) -> None:
    rejected = {"CredentialsValid": "false", "Available": "unknown", "Reachable": "true"}
    throttled = {"Throttled": "true", "Available": "unknown", "Reachable": "true"}
    series = numbers(40, rejected, "TokenExpired", "rejected") | numbers(40, throttled, "Throttled", "throttled")
    fired = [one for one in firing(tmp_path, series, "1h") if one["severity"] == "critical"]
    found = {(one["alertname"], one["scope"], one["secret"]) for one in fired if one["scope"] != "operator"}
    assert found == {("TokenInvalid", "secret", "rejected"), ("Throttled", "secret", "throttled")}
    assert len([one for one in fired if one["scope"] != "operator"]) == 2


def test_forty_numbers_of_one_account_are_one_group(tmp_path: Path) -> None:
    """Alertmanager groups them by the name of the Secret, and lists each."""
    fired = firing(tmp_path, numbers(40, DOWN, "PaymentMethod"), "1h")
    told = [one for one in fired if one["scope"] != "operator"]
    assert len(told) == 40
    assert {(one["alertname"], one["namespace"], one["secret"]) for one in told} == {
        ("PaymentProblem", "acme", "token")
    }


# --- what silences what -------------------------------------------------------------------------------------------


def matches(labels: Labels, matchers: Iterable[str]) -> bool:
    """As Alertmanager reads them: all of them, each against a whole value."""
    return all(_matches(labels, one) for one in matchers)


def _matches(labels: Labels, matcher: str) -> bool:
    found = MATCHER.fullmatch(matcher)
    assert found, matcher
    label, operator, wanted = found.groups()
    pattern = wanted if "~" in operator else re.escape(wanted)
    return (re.fullmatch(pattern, labels.get(label, "")) is not None) is not operator.startswith("!")


def silenced_by(source: Labels) -> set[tuple[str, str]]:
    """Name and scope of each alert that it silences, where all labels that must be equal are."""
    rules = [rule for rule in INHIBIT if matches(source, rule["source_matchers"])]
    labels = [{"alertname": rule["alert"], **rule["labels"]} for rule in RULES]
    found = [one for one in labels for rule in rules if matches(one, rule["target_matchers"])]
    return {(one["alertname"], one["scope"]) for one in found}


def test_an_outage_silences_what_it_causes_to_its_own_backend_alone() -> None:
    for_clients = silenced_by({"alertname": "FleetIncident", "scope": "fleet", "backend": "waweb"})
    for_numbers = silenced_by({"alertname": "FleetIncident", "scope": "fleet", "backend": "CloudAPI"})
    assert {scope for _, scope in for_clients} == {"client"}
    assert for_numbers == {
        ("WhatsAppClientDown", "number"),
        ("WhatsAppClientNotSeen", "number"),
        ("PartiallyConnected", "number"),
        ("Flapping", "number"),
    }
    both = {"NotAccepted", "ProbeStale", "UnknownWord"}  # which ring for numbers, too
    assert not both & {name for name, _ in for_clients}


def test_each_name_in_the_rules_of_silence_is_an_alert() -> None:
    matchers = [one for rule in INHIBIT for side in ("source", "target") for one in rule[f"{side}_matchers"]]
    found = [MATCHER.fullmatch(one) for one in matchers if one.startswith("alertname")]
    named = {name for one in found if one for name in one[3].split("|")}
    assert named <= {rule["alert"] for rule in RULES}
    assert named
