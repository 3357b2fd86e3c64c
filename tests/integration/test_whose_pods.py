"""Whose pods are: nothing is written on pods of others, and two resources do not fight over a pod."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from support.clients import OPERATOR, PERIOD, WaitFor, conditions, reasons, simulated
from support.storm import Replica
from support.worlds import FLAGS
from wahealth.core.control.pod_labels import CLIENT, GATE, GATEWAY, ROLE
from wahealth.playground import manifests
from wahealth.playground.environment import Environment, until
from wahealth.playground.manifests import CLIENT_LABEL, ROLE_LABEL, Document

SPACE = "claims"
BANK = {"app": "bank"}
PATIENCE = 90.0
LOST = ("False", "ClaimedByAnother")
REWRITE = 30.0  # seconds after which the same would be written again


def pods_of(name: str, **pods: str) -> Document:
    return {"pods": {"selector": {"matchLabels": {CLIENT_LABEL: name}}, **pods}}


SHOP = simulated(SPACE, "shop", 2, 1, 1, spec=pods_of("shop", roleLabels="Enabled", readinessGates="Enforce"))
HOSTILE = simulated(SPACE, "hostile", 1, 0, 1, spec=pods_of("hostile", roleLabels="Enabled", readinessGates="Enforce"))


def with_gate(deployment: Document) -> Document:
    deployment["spec"]["template"]["spec"]["readinessGates"] = [{"conditionType": GATE}]
    return deployment


def bank() -> Document:
    """A workload that has nothing to do with any client, and names the gate."""
    found = with_gate(manifests.deployment(simulated(SPACE, "bank"), "coreapp", 2, 443))
    found["spec"]["selector"]["matchLabels"] = found["spec"]["template"]["metadata"]["labels"] = BANK
    return found


def copy_shop(environment: Environment, name: str, **pods: str) -> None:
    """A younger resource that looks at the same client, and selects the same pods."""
    found = manifests.resource(SHOP, environment.port)
    found["metadata"]["name"] = name
    found["spec"] |= pods_of("shop", **pods)
    environment.apply([found])


@pytest.fixture(scope="module")
def claimed(environment: Environment, wait_for: WaitFor) -> Iterator[Environment]:
    """The pods of the client `shop` are marked."""
    environment.add(SHOP, HOSTILE)
    gated = [
        with_gate(manifests.deployment(SHOP, role, n, environment.port)) for role, n in (("coreapp", 2), ("master", 1))
    ]
    environment.apply([*gated, bank()])
    environment.set_client(SPACE, "shop", shards=1)
    wait_for(SPACE, "shop", ready="Available", seconds=PATIENCE)
    until(lambda: is_marked_by(environment, "shop"), "the pods of shop are marked", PATIENCE)
    yield environment
    environment.plane.kubectl("delete", "wac", "--all", "-n", SPACE)


def pods(environment: Environment, **labels: str) -> list[Document]:
    found = environment.pods(SPACE)
    return [pod for pod in found if labels.items() <= pod["metadata"]["labels"].items() and pod["status"].get("podIP")]


def nodes_of_shop(environment: Environment) -> list[Document]:
    found = pods(environment, **{CLIENT_LABEL: "shop"})
    return [pod for pod in found if pod["metadata"]["labels"][ROLE_LABEL] != "web"]


def gate_of(pod: Document) -> Document:
    return next((c for c in pod["status"].get("conditions", ()) if c["type"] == GATE), {})


def is_marked_by(environment: Environment, name: str) -> bool:
    found = nodes_of_shop(environment)
    message = f"Written by WhatsAppClient {name}."
    return len(found) == 3 and all(
        pod["metadata"]["labels"].get(CLIENT) == name and gate_of(pod).get("message") == message for pod in found
    )


def patches(environment: Environment) -> list[str]:
    """Pods that the operator wrote onto, in order."""
    references = [
        e["objectRef"] for e in environment.audit() if e["user"]["username"] == OPERATOR and e["verb"] == "patch"
    ]
    return [r["name"] for r in references if r["resource"] == "pods" and r.get("namespace") == SPACE]


def patched(environment: Environment, name: str, spec: Document) -> None:
    environment.plane.kubectl("patch", "wac", name, "-n", SPACE, "--type=merge", "-p", json.dumps({"spec": spec}))


def condition(environment: Environment, name: str) -> tuple[str, str] | None:
    return conditions(environment.client(SPACE, name)["status"]).get("PodsClaimed")


def test_an_answer_that_names_pods_of_others_marks_none_of_them(claimed: Environment) -> None:
    """Neither those of another workload nor those of another client; under their very names and addresses."""

    def foreign() -> list[Document]:
        found = pods(claimed, **BANK)
        return found if len(found) == 2 else []

    victims = [*until(foreign, "the pods of the bank", PATIENCE), *nodes_of_shop(claimed)]
    keys = [f"{pod['status']['podIP']}:{pod['metadata']['name']}" for pod in victims]
    states = {key: {"role": "primary_master", "gateway_status": "disconnected"} for key in keys}
    claimed.set_client(SPACE, "hostile", body=json.dumps({"health": states}))

    def confirmed() -> bool:
        nodes = claimed.client(SPACE, "hostile")["status"].get("topology", {}).get("nodes", ())
        return {node.get("podIP") for node in nodes} == {pod["status"]["podIP"] for pod in victims}

    until(confirmed, "the answer is believed", PATIENCE)
    before = patches(claimed)
    time.sleep(4 * PERIOD)
    assert patches(claimed) == before
    for pod in foreign():
        assert not {CLIENT, ROLE, GATEWAY} & pod["metadata"]["labels"].keys()
        assert gate_of(pod) == {}
    assert is_marked_by(claimed, "shop")


def test_of_several_that_claim_a_pod_the_oldest_writes_and_the_others_say_so(claimed: Environment) -> None:
    younger: dict[str, dict[str, str]] = {
        "reporting": {"readinessGates": "Report"},
        "labelling": {"roleLabels": "Enabled"},
        "enforcing": {"roleLabels": "Enabled", "readinessGates": "Enforce"},
    }
    for name, wanted in younger.items():
        copy_shop(claimed, name, **wanted)
    for name in younger:
        until(lambda name=name: condition(claimed, name) == LOST, f"{name} says so", PATIENCE)  # type: ignore[misc]
        until(lambda name=name: "ClaimedByAnother" in reasons(claimed, name, SPACE), "an event", PATIENCE)  # type: ignore[misc]
    before = patches(claimed)
    time.sleep(REWRITE + 2 * PERIOD)
    assert patches(claimed) == before
    assert is_marked_by(claimed, "shop")
    assert condition(claimed, "shop") is None
    for name in younger:
        assert conditions(claimed.client(SPACE, name)["status"])["Ready"] == ("True", "Available")
        assert reasons(claimed, name, SPACE).count("ClaimedByAnother") == 1
    claimed.plane.kubectl("delete", "wac", *younger, "-n", SPACE)


def test_when_the_older_one_lets_go_the_younger_takes_over(claimed: Environment) -> None:
    copy_shop(claimed, "copy", roleLabels="Enabled", readinessGates="Report")
    until(lambda: condition(claimed, "copy") == LOST, "the younger one says so", PATIENCE)
    patched(claimed, "shop", {"pods": {"roleLabels": "Disabled", "readinessGates": "Disabled"}})
    until(lambda: is_marked_by(claimed, "copy"), "the younger one has taken over", PATIENCE)
    until(lambda: condition(claimed, "copy") is None, "and says no more", PATIENCE)
    patched(claimed, "shop", {"pods": {"roleLabels": "Enabled", "readinessGates": "Enforce"}})
    until(lambda: is_marked_by(claimed, "shop"), "the older one is back", PATIENCE)
    claimed.plane.kubectl("delete", "wac", "copy", "-n", SPACE)


def test_a_coreapp_that_ends_loses_its_label_before_its_successor_gets_it(claimed: Environment) -> None:
    """It is kept from going by a finalizer, as one that ends slowly."""

    def connected() -> list[str]:
        everywhere = claimed.plane.read(f"/api/v1/namespaces/{SPACE}/pods")["items"]
        return [p["metadata"]["name"] for p in everywhere if p["metadata"]["labels"].get(GATEWAY) == "connected"]

    def finalizers(pod: str, *names: str) -> None:
        patch = json.dumps({"metadata": {"finalizers": list(names)}})
        claimed.plane.kubectl("patch", "pod", pod, "-n", SPACE, "--type=merge", "-p", patch)

    (leaving,) = until(lambda: len(found := connected()) == 1 and found, "one is connected", PATIENCE)
    finalizers(leaving, "example.com/slow")
    before = len(patches(claimed))
    claimed.plane.kubectl("delete", "pod", leaving, "-n", SPACE, "--wait=false")
    try:
        (successor,) = until(lambda: leaving not in (found := connected()) and found, "its successor is", PATIENCE)
        order = [pod for pod in patches(claimed)[before:] if pod in {leaving, successor}]
        assert order.index(leaving) < len(order) - 1 - order[::-1].index(successor)
        metadata = claimed.plane.read(f"/api/v1/namespaces/{SPACE}/pods/{leaving}")["metadata"]
        assert "deletionTimestamp" in metadata
    finally:
        finalizers(leaving)
    until(lambda: is_marked_by(claimed, "shop"), "as it was", PATIENCE)


def test_a_new_process_opens_the_gate_that_its_resource_closed(claimed: Environment) -> None:
    def gates() -> dict[str, tuple[str, str]]:
        found = {pod["metadata"]["name"]: gate_of(pod) for pod in nodes_of_shop(claimed)}
        return {name: (gate.get("status", ""), gate.get("reason", "")) for name, gate in found.items()}

    (master,) = [pod for pod in nodes_of_shop(claimed) if pod["metadata"]["labels"][ROLE_LABEL] == "master"]
    name = master["metadata"]["name"]
    claimed.control.patch(f"/pods/{SPACE}/{name}", json={"errors": True}).raise_for_status()
    until(lambda: gates()[name] == ("False", "Faulty"), "its gate is closed", PATIENCE)
    claimed.stop_operator()
    operator = Replica("operator", claimed.start_operator(FLAGS), claimed.listen)
    until(operator.is_up, "the operator is back", PATIENCE)
    patched(claimed, "shop", {"pods": {"readinessGates": "Disabled"}})
    until(lambda: gates()[name] == ("True", "SwitchedOff"), "its gate is opened", PATIENCE)
    assert all(pod["metadata"]["labels"].get(CLIENT) == "shop" for pod in nodes_of_shop(claimed))
    claimed.control.delete(f"/pods/{SPACE}/{name}").raise_for_status()
    patched(claimed, "shop", {"pods": {"readinessGates": "Enforce"}})
    until(lambda: is_marked_by(claimed, "shop"), "as it was", PATIENCE)
