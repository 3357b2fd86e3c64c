"""A DaemonSet as the web workload: its pods are asked, and it is restarted after a change of the key, it alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from support.clients import CANARY, FAST, OPERATOR, WaitFor, reasons, simulated
from wahealth.playground.environment import Environment, until
from wahealth.playground.manifests import deployment

ON_CHANGE = {"apiKeyRotation": {"restartPolicy": "OnChange", "minPeriodSeconds": 60}}
SPACE = "daemons"
CLIENT = simulated(SPACE, "shop", 1, 0, 0, CANARY, FAST, spec=ON_CHANGE)
PATH = f"/apis/apps/v1/namespaces/{SPACE}/daemonsets/shop-web"


@pytest.fixture(scope="module", autouse=True)
def added(environment: Environment, wait_for: WaitFor) -> None:
    environment.add(CLIENT)
    daemons = deployment(CLIENT, "web", 1, environment.port) | {"kind": "DaemonSet"}
    del daemons["spec"]["replicas"]
    environment.plane.kubectl("apply", "-f", "-", input=yaml.safe_dump(daemons))
    patch(environment, "wac", "shop", {"spec": {"target": {"workload": {"kind": "DaemonSet"}}}})
    wait_for(SPACE, "shop", ready="Available")


def patch(environment: Environment, kind: str, name: str, change: dict[str, Any]) -> None:
    environment.plane.kubectl("patch", kind, name, "-n", SPACE, "--type=merge", "-p", json.dumps(change))


def asked(environment: Environment) -> set[str]:
    return {endpoint["pod"] for endpoint in environment.client(SPACE, "shop")["status"]["endpoints"]}


def test_each_of_its_pods_is_asked_and_one_that_comes_instead_too(environment: Environment) -> None:
    scheduled = environment.plane.read(PATH)["status"]["desiredNumberScheduled"]
    until(lambda: len(asked(environment)) == scheduled, "all of them", 60)
    gone = min(asked(environment))
    environment.plane.kubectl("delete", "pod", gone, "-n", SPACE, "--wait=false")
    until(lambda: gone not in asked(environment) and len(asked(environment)) == scheduled, "another one", 90)


def test_it_is_restarted_once_and_nothing_else(environment: Environment, wait_for: WaitFor) -> None:
    generation = environment.plane.read(PATH)["metadata"]["generation"]
    patch(environment, "secret", "shop-api-key", {"stringData": {"WA_API_KEY": f"{CANARY}-2"}})
    until(lambda: "WebRestartTriggered" in reasons(environment, "shop", SPACE), "the restart is told", 90)
    wait_for(SPACE, "shop", ready="Available", credentials_in_use="Current", seconds=90)
    assert environment.plane.read(PATH)["metadata"]["generation"] == generation + 1
    ours = [e["objectRef"] for e in environment.audit() if e["user"]["username"] == OPERATOR and e["verb"] == "patch"]
    written = [(one["resource"], one["name"]) for one in ours if one.get("namespace") == SPACE]
    assert {one for one in written if one[0] != "whatsappclients"} == {("daemonsets", "shop-web")}
    assert written.count(("daemonsets", "shop-web")) == 1
