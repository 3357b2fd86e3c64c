"""The key changes: no false alarm, and exactly the web workload is restarted where the resource wants it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from support.clients import CANARY, FAST, OPERATOR, WaitFor, conditions, reasons, simulated
from wahealth.kube import access
from wahealth.playground.environment import SYSTEM, Environment, until

ON_CHANGE = {"apiKeyRotation": {"restartPolicy": "OnChange", "minPeriodSeconds": 60}}
CLIENT = simulated("rotation", "shop", key=CANARY, settings={"shards": 1, **FAST}, spec=ON_CHANGE)
MIXED = simulated("rotation", "mixed", 1, 0, 1, CANARY, FAST, spec=ON_CHANGE)
BARRED = simulated("rotation", "barred", 1, 0, 1, CANARY, FAST, spec=ON_CHANGE)


@pytest.fixture(scope="module", autouse=True)
def added(environment: Environment, wait_for: WaitFor) -> None:
    environment.add(CLIENT, MIXED, BARRED)
    for client in (CLIENT, MIXED, BARRED):
        wait_for("rotation", client.name, ready="Available")


def change_key(environment: Environment, name: str, key: str) -> None:
    patch = {"stringData": {"WA_API_KEY": key}}
    environment.plane.kubectl("patch", "secret", f"{name}-api-key", "-n", "rotation", "-p", json.dumps(patch))


def workload(environment: Environment, name: str) -> dict[str, Any]:
    found: dict[str, Any] = environment.plane.read(f"/apis/apps/v1/namespaces/rotation/deployments/{name}")
    return found


def restarts(environment: Environment, name: str) -> list[str]:
    """Every workload of that client that the operator ever wrote to, once a write."""
    ours = [e for e in environment.audit() if e["user"]["username"] == OPERATOR and e["verb"] == "patch"]
    written = [e["objectRef"] for e in ours if e["objectRef"].get("namespace") == "rotation"]
    workloads = [one["name"] for one in written if one["resource"] in {"deployments", "statefulsets"}]
    return [workload for workload in workloads if workload.startswith(f"{name}-")]


def ready_was_true_throughout(environment: Environment, name: str) -> bool:
    told = reasons(environment, name, "rotation")
    return not {"APIKeyRejected", "HealthNodeUnreachable", "GatewayDisconnected"} & set(told)


def test_the_web_workload_is_restarted_once_and_nothing_else(environment: Environment, wait_for: WaitFor) -> None:
    generations = {role: workload(environment, f"shop-{role}")["metadata"]["generation"] for role in CLIENT.workloads}
    change_key(environment, "shop", f"{CANARY}-2")
    wait_for("rotation", "shop", ready="Available", credentials_in_use="Current", seconds=60)
    until(lambda: "WebRestartTriggered" in reasons(environment, "shop", "rotation"), "the restart is told", 60)
    status = until(lambda: settled(environment), "no pod refuses the new key", 60)
    assert conditions(status)["Ready"] == ("True", "Available")
    after = {role: workload(environment, f"shop-{role}")["metadata"]["generation"] for role in CLIENT.workloads}
    assert after == {**generations, "web": generations["web"] + 1}
    assert restarts(environment, "shop") == ["shop-web"]
    assert {"APIKeyRotated", "WebRestartRequired"} <= set(reasons(environment, "shop", "rotation"))
    assert ready_was_true_throughout(environment, "shop")


def settled(environment: Environment) -> dict[str, Any] | None:
    status: dict[str, Any] = environment.client("rotation", "shop")["status"]
    accepted = [endpoint.get("keyAccepted") for endpoint in status["endpoints"]]
    return status if accepted == [True, True] and "RestartRequired" not in conditions(status) else None


def test_what_may_hold_a_coreapp_is_never_restarted(environment: Environment, wait_for: WaitFor) -> None:
    mixed = workload(environment, "mixed-web")
    ports = [{"containerPort": environment.port}, {"containerPort": 6250}]
    mixed["spec"]["template"]["spec"]["containers"][0]["ports"] = ports
    environment.plane.kubectl("replace", "-f", "-", input=yaml.safe_dump(mixed))
    environment.plane.kubectl("rollout", "status", "deployment/mixed-web", "-n", "rotation", "--timeout=30s")
    wait_for("rotation", "mixed", ready="Available")
    change_key(environment, "mixed", f"{CANARY}-2")
    until(lambda: "WebRestartSkipped" in reasons(environment, "mixed", "rotation"), "the refusal is told", 60)
    ours = [e for e in environment.events("rotation") if e["involvedObject"]["name"] == "mixed"]
    (told,) = [e["message"] for e in ours if e["reason"] == "WebRestartSkipped"]
    assert "container mixed-web" not in told
    assert "has a port of coreapps and masters" in told
    assert restarts(environment, "mixed") == []
    assert conditions(environment.client("rotation", "mixed")["status"])["Ready"] == ("True", "Available")


def test_without_the_right_it_says_so(environment: Environment) -> None:
    role, binding = access.optional(SYSTEM, access.Option.RESTART)
    environment.plane.kubectl("delete", "clusterrolebinding", binding["metadata"]["name"])
    try:
        change_key(environment, "barred", f"{CANARY}-2")
        until(lambda: "WebRestartSkipped" in reasons(environment, "barred", "rotation"), "the refusal is told", 60)
    finally:
        environment.apply([role, binding])
    told = [e["message"] for e in environment.events("rotation") if e["involvedObject"]["name"] == "barred"]
    assert any("The operator may not patch Deployment barred-web" in note for note in told)
    assert restarts(environment, "barred") == ["barred-web"]
    assert conditions(environment.client("rotation", "barred")["status"])["Ready"] == ("True", "Available")


def test_another_workload_of_the_same_name_is_not_restarted(environment: Environment) -> None:
    """Server-side apply with the uid of one that is gone."""
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop-web", "namespace": "rotation", "uid": "00000000-0000-0000-0000-000000000000"},
        "spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}},
    }
    with pytest.raises(Exception, match=r"[Uu][Ii][Dd]"):
        environment.plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=yaml.safe_dump(body))
