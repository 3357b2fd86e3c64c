"""Kinds of workloads by option: an Argo Rollout is asked and restarted, a DeploymentConfig is asked.

Neither controller is here: what they make, a ReplicaSet and a ReplicationController, is made by hand, and so is what
they say of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.clients import CANARY, FAST, OPERATOR, WaitFor, reasons, simulated
from support.worlds import FLAGS, Worlds
from wahealth.kube.inventory.kinds import KINDS
from wahealth.playground.environment import Environment, until
from wahealth.playground.manifests import ClientManifests, Document, deployment

SPACE = "rollouts"
ON_CHANGE = {"apiKeyRotation": {"restartPolicy": "OnChange", "minPeriodSeconds": 60}}
ROLLOUT = simulated(SPACE, "shop", 1, 0, 0, CANARY, FAST, spec=ON_CHANGE)
CONFIG = simulated(SPACE, "bank", 1, 0, 0, CANARY, FAST, spec=ON_CHANGE)
PATH = f"/apis/argoproj.io/v1alpha1/namespaces/{SPACE}/rollouts/shop-web"
PATIENCE = 90.0


@pytest.fixture(scope="module")
def environment(worlds: Worlds) -> Environment:
    return worlds.shared((*FLAGS, "--watch-workloads", "Rollout,DeploymentConfig", "--resync", "5"))


@pytest.fixture(scope="module", autouse=True)
def added(environment: Environment) -> Iterator[None]:
    """The operator runs before their kinds are there."""
    crds = [crd("Rollout"), crd("DeploymentConfig")]
    environment.add(ROLLOUT, CONFIG)
    environment.apply(crds)
    for crd_ in crds:
        environment.plane.kubectl("wait", "--for=condition=Established", f"crd/{crd_['metadata']['name']}")
    made_of_it = {"rollouts-pod-template-hash": "5d9"}
    environment.apply(
        [
            owner(environment, ROLLOUT, "Rollout", observedGeneration="1", phase="Healthy"),
            version(environment, ROLLOUT, "apps/v1", "ReplicaSet", "5d9", made_of_it),
            owner(environment, CONFIG, "DeploymentConfig", observedGeneration=1, replicas=2, updatedReplicas=2),
            version(environment, CONFIG, "v1", "ReplicationController", "3", {"deployment": "bank-web-3"}),
        ]
    )
    for name, kind in (("shop", "Rollout"), ("bank", "DeploymentConfig")):
        patch(environment, "wac", name, {"spec": {"target": {"workload": {"kind": kind}}}})
    yield
    environment.plane.kubectl("delete", "wac", "--all", "-n", SPACE)
    environment.plane.kubectl("delete", "crd", *(crd_["metadata"]["name"] for crd_ in crds))


def crd(kind: str) -> Document:
    """As far as the operator looks at it."""
    found, anything = KINDS[kind], {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything, "status": anything}}
    versions = [{"name": found.api_version.partition("/")[2], "served": True, "storage": True}]
    names = {"kind": kind, "plural": found.plural}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{found.plural}.{found.group}"},
        "spec": {
            "group": found.group,
            "names": names,
            "scope": "Namespaced",
            "versions": [versions[0] | {"schema": {"openAPIV3Schema": schema}}],
        },
    }


def owner(environment: Environment, client: ClientManifests, kind: str, **status: Any) -> Document:
    found = deployment(client, "web", 2, environment.port)
    return found | {"apiVersion": KINDS[kind].api_version, "kind": kind, "status": status}


def version(
    environment: Environment, client: ClientManifests, api: str, kind: str, number: str, labels: dict[str, str]
) -> Document:
    """What the controller makes of a version of the workload."""
    found = deployment(client, "web", 2, environment.port) | {"apiVersion": api, "kind": kind}
    found["metadata"]["name"] += f"-{number}"
    of_pods = found["spec"]["template"]["metadata"]["labels"] = found["spec"]["template"]["metadata"]["labels"] | labels
    found["spec"]["selector"] = of_pods if api == "v1" else {"matchLabels": of_pods}
    return found


def patch(environment: Environment, kind: str, name: str, change: Document) -> None:
    environment.plane.kubectl("patch", kind, name, "-n", SPACE, "--type=merge", "-p", json.dumps(change))


def asked(environment: Environment, name: str) -> set[str]:
    return {one["pod"] for one in environment.client(SPACE, name)["status"].get("endpoints", ())}


def web_pods(environment: Environment, name: str) -> set[str]:
    return {name_ for pod in environment.pods(SPACE) if (name_ := pod["metadata"]["name"]).startswith(f"{name}-web-")}


@pytest.mark.parametrize("name", ["shop", "bank"])
def test_its_pods_are_asked_once_the_kind_is_served(environment: Environment, wait_for: WaitFor, name: str) -> None:
    wait_for(SPACE, name, ready="Available", seconds=PATIENCE)
    assert len(web_pods(environment, name)) == 2
    assert asked(environment, name) == web_pods(environment, name)


def test_a_rollout_is_restarted_once_and_nothing_else(environment: Environment, wait_for: WaitFor) -> None:
    wait_for(SPACE, "shop", ready="Available", seconds=PATIENCE)
    patch(environment, "secret", "shop-api-key", {"stringData": {"WA_API_KEY": f"{CANARY}-2"}})
    wanted = until(lambda: environment.plane.read(PATH)["spec"].get("restartAt"), "restartAt", PATIENCE)
    until(lambda: "WebRestartTriggered" in reasons(environment, "shop", SPACE), "the restart is told", PATIENCE)
    environment.plane.kubectl("delete", "pod", "-n", SPACE, "--wait=false", *web_pods(environment, "shop"))
    done = {"restartedAt": wanted, "observedGeneration": "2"}
    patch(environment, "rollouts.argoproj.io", "shop-web", {"status": done})
    wait_for(SPACE, "shop", ready="Available", credentials_in_use="Current", seconds=PATIENCE)
    assert environment.plane.read(PATH)["spec"]["restartAt"] == wanted
    ours = [e["objectRef"] for e in environment.audit() if e["user"]["username"] == OPERATOR and e["verb"] == "patch"]
    written = [(one["resource"], one["name"]) for one in ours if one.get("namespace") == SPACE]
    assert [one for one in written if one[0] not in {"whatsappclients", "events"}] == [("rollouts", "shop-web")]


def test_a_deployment_config_is_left_alone_and_an_event_says_so(environment: Environment, wait_for: WaitFor) -> None:
    wait_for(SPACE, "bank", ready="Available", seconds=PATIENCE)
    patch(environment, "secret", "bank-api-key", {"stringData": {"WA_API_KEY": f"{CANARY}-3"}})
    until(lambda: "WebRestartSkipped" in reasons(environment, "bank", SPACE), "it is told", PATIENCE)
    wait_for(SPACE, "bank", ready="Available", credentials_in_use="Previous", seconds=PATIENCE)
