"""A real Prometheus scrapes the operator: it takes all samples, the alerts see what is, the dashboard has answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.clients import FAST, simulated
from support.monitoring.dashboard import LabelValues, Query, filled, queries, variables
from support.monitoring.prometheus import Found, Prometheus, scraping
from support.worlds import Worlds
from wahealth.playground.environment import Environment, until

TEAM = "monitored"
KEY, LOGIN = "another-key", "login"
REFUSED = {"auth": {"apiKey": {"secretKeyRef": {"name": KEY}}}}
SIGNS_IN = {"auth": {"userCredentials": {"secretRef": {"name": LOGIN}}}}
SECRETS = {
    KEY: {"WA_API_KEY": "not-the-key-that-it-runs"},
    LOGIN: {"username": "monitoring", "password": "a-password"},
}
CLIENTS = (
    simulated(TEAM, "single", 1, 0, 1, settings=FAST),
    simulated(TEAM, "ha", settings={"shards": 1, **FAST}),
    simulated(TEAM, "mc", coreapps=5, settings={"shards": 4, "multiconnect": True, **FAST}),
    simulated(TEAM, "down", 1, 0, 1, settings={"gateway_status": "disconnected", **FAST}),
    simulated(TEAM, "refused", 1, 0, 1, settings=FAST, spec=REFUSED),
    simulated(TEAM, "token", 1, 0, 1, settings={**SECRETS[LOGIN], **FAST}, spec=SIGNS_IN),
)
NUMBER = {
    "target": {"cloud": {"phoneNumberID": "900000000000001"}},
    "auth": {"bearerToken": {"secretKeyRef": {"name": "number-token", "key": "token"}}},
}
READY = {
    "single": "Available",
    "ha": "Available",
    "mc": "Available",
    "down": "Disconnected",
    "refused": "APIKeyRejected",
    "token": "Available",
    "number": "TargetForbidden",  # the operator runs without --allow-cloud
}
MODES = ["CloudAPI", "HighAvailability", "Multiconnect", "Single"]


@pytest.fixture(scope="module")
def prometheus(worlds: Worlds) -> Iterator[Prometheus]:
    """Its operator has asked for all clients, and has seen a failover."""
    with worlds.own() as environment:
        environment.start_operator()
        environment.apply(secrets())
        environment.add(*CLIENTS)
        environment.apply([number()])
        with scraping(environment.plane, environment.listen) as running:
            until(lambda: verdicts(environment) == READY, "a verdict on each client", 90)
            kill_the_active_coreapp(environment, "ha")
            yield running


def secrets() -> Iterator[dict[str, Any]]:
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": TEAM}}
    for name, entries in SECRETS.items():
        metadata = {"name": name, "namespace": TEAM}
        yield {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": entries}


def number() -> dict[str, Any]:
    metadata = {"name": "number", "namespace": TEAM}
    return {"apiVersion": "wahealth.io/v1alpha1", "kind": "WhatsAppClient", "metadata": metadata, "spec": NUMBER}


def verdicts(environment: Environment) -> dict[str, str]:
    """By client: the reason of Ready."""
    listed = environment.clients(TEAM)
    return {
        client["metadata"]["name"]: condition["reason"]
        for client in listed
        for condition in client["status"]["conditions"]
        if condition["type"] == "Ready"
    }


def kill_the_active_coreapp(environment: Environment, name: str) -> None:
    nodes = environment.client(TEAM, name)["status"]["topology"]["nodes"]
    pod = next(node["podName"] for node in nodes if node["verdict"] == "Active")
    environment.plane.kubectl("delete", "pod", pod, "-n", TEAM, "--wait=false")


def test_it_takes_each_sample_of_the_operator(prometheus: Prometheus) -> None:
    (target,) = prometheus.targets()
    assert (target["health"], target["lastError"]) == ("up", "")
    assert lowest(prometheus.instant("up")) == 1
    scraped = one(prometheus.instant("scrape_samples_scraped"))
    kept = one(prometheus.instant("scrape_samples_post_metric_relabeling"))
    assert scraped == kept > 0
    refused = {name: n for name, n in prometheus.own().items() if name.startswith("prometheus_target_scrapes_sample_")}
    assert len(refused) >= 3
    assert set(refused.values()) == {0}


def one(found: Found) -> float:
    (series,) = found
    return float(series["value"][1])


def lowest(found: Found) -> float:
    return min(float(series["value"][1]) for series in found)


def test_each_alert_is_evaluated(prometheus: Prometheus) -> None:
    def evaluated() -> Found:
        rules = prometheus.rules()
        return [] if any(rule["health"] == "unknown" for rule in rules) else rules

    rules = until(evaluated, "an evaluation of each rule", 20)
    assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []


def test_the_alert_is_for_the_client_that_is_down_and_for_no_other(prometheus: Prometheus) -> None:
    def alerts() -> Found:
        rules = [rule for rule in prometheus.rules() if rule["name"] == "WhatsAppClientDown"]
        return [alert for rule in rules for alert in rule["alerts"]]

    (alert,) = until(alerts, "an alert", 20)
    assert alert["state"] == "pending"
    assert (alert["labels"]["namespace"], alert["labels"]["name"]) == (TEAM, "down")
    assert alert["labels"]["scope"] == "client"


@pytest.mark.parametrize("variable", tuple(variables()), ids=lambda variable: variable.variable)
def test_each_variable_of_the_dashboard_can_be_chosen(prometheus: Prometheus, variable: LabelValues) -> None:
    found = prometheus.label_values(variable.label, filled(variable.selector, {"namespace": ".+", "mode": ".*"}))
    assert found == {"namespace": [TEAM], "mode": MODES, "client": sorted(READY)}[variable.variable]


@pytest.mark.parametrize("query", tuple(queries()), ids=lambda query: query.panel)
def test_each_query_of_the_dashboard_has_samples(prometheus: Prometheus, query: Query) -> None:
    """Of some client at least, where one is chosen; without an error of any."""
    ask = prometheus.instant if query.instant else prometheus.range
    clients = sorted(READY) if "$client" in query.expression else [""]

    def samples() -> Found:
        values = {"namespace": ".+", "mode": ".*", "__rate_interval": "10s"}
        found = [ask(filled(query.expression, values | {"client": client})) for client in clients]
        return [series for of_one in found for series in of_one]

    until(samples, f"a sample of {query.expression}", 30)
