"""What the operator writes onto pods: a Service that selects the connected node, and a gate that kubelet minds."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.conftest import Client
from wahealth.api.crd import custom_resource_definition
from wahealth.api.v1alpha1 import API_VERSION, KIND
from wahealth.core.marks import CLIENT, GATE, GATEWAY, ROLE
from wahealth.kube import access
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.cluster.processes import Leashed
from wahealth.playground.environment import until

SYSTEM = "wahealth-system"


@pytest.fixture(scope="module")
def operator(plane: ControlPlane) -> Iterator[Leashed]:
    """With the rights of its ServiceAccount and of the option for pods, and nothing more."""
    if not isinstance(plane, ControlPlane):
        pytest.skip("the operator would run outside of the cluster, where no pod can be reached")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}}
    rights = [*access.manifests(SYSTEM), *access.optional(SYSTEM, access.Option.MARK_PODS)]
    documents = [custom_resource_definition(), namespace, *rights]
    plane.kubectl("apply", "--server-side", "-f", "-", input="\n---\n".join(map(json.dumps, documents)))
    plane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    kubeconfig = plane.service_account_kubeconfig(SYSTEM, access.NAME)
    argv = [sys.executable, "-m", "wahealth", "operator", f"--kubeconfig={kubeconfig}", "--log-format=text"]
    process = plane.start("operator", argv)
    yield process
    process.stop()


@pytest.fixture(scope="module")
def client(plane: ControlPlane, operator: Leashed) -> Client:
    client = Client(plane, "marked", {"shards": 1, "failover_seconds": 2, "startup_seconds": 0.2})
    client.example("web-native-sidecar", "web", 1)
    client.example("coreapp-sidecar", "coreapp", 2, gate=GATE)
    client.example("master-sidecar", "master", 1)
    selected = {"selector": {ROLE: "coreapp", GATEWAY: "connected"}, "ports": [{"port": 6250}]}
    client.apply(client.object("v1", "Service", "active-coreapp", spec=selected))
    mark(client, {"roleLabels": "Enabled", "readinessGates": "Enforce"})
    return client


def mark(client: Client, pods: dict[str, Any]) -> None:
    spec = {
        "target": {"service": {"name": "whatsapp-web-service"}},
        "auth": {"apiKey": {"secretKeyRef": {"name": "web-api-key"}}},
        "tls": {"caRef": {"kind": "ConfigMap", "name": "waweb-ca"}, "serverName": "whatsapp-web"},
        "probe": {"periodSeconds": 5, "failureThreshold": 2},
        "grace": {"connectingSeconds": 10, "failoverSeconds": 10},
        "pods": pods,
    }
    client.apply(client.object(API_VERSION, KIND, "shop", spec=spec))


def labels(client: Client, name: str) -> list[str]:
    return sorted(pod["metadata"]["labels"].get(name, "") for pod in client.pods() if name in pod["metadata"]["labels"])


def test_a_gate_opens_for_active_and_standby(client: Client) -> None:
    until(lambda: client.ready("coreapp") == [True, True], "both coreapps ready, by the gate", 90)
    reasons = [c["reason"] for pod in client.pods("coreapp") for c in pod["status"]["conditions"] if c["type"] == GATE]
    assert sorted(reasons) == ["Active", "Standby"]


def test_a_service_sends_to_the_connected_node(client: Client) -> None:
    until(lambda: len(client.served("active-coreapp")) == 1, "one coreapp is selected", 60)
    assert labels(client, ROLE) == ["coreapp", "coreapp", "primary-master"]
    assert labels(client, CLIENT) == ["shop"] * 3


def test_and_follows_a_failover(client: Client) -> None:
    (before,) = client.served("active-coreapp")
    active = next(pod for pod in client.pods("coreapp") if pod["status"]["podIP"] == before)
    client.kubectl("delete", "pod", active["metadata"]["name"], "--wait=false")
    until(lambda: client.served("active-coreapp") not in ([], [before]), "another coreapp is selected", 90)
    assert labels(client, GATEWAY).count("connected") == 1
    until(lambda: client.ready("coreapp") == [True, True], "both coreapps ready, by the gate", 90)


def test_switched_off_the_labels_go(client: Client) -> None:
    mark(client, {"readinessGates": "Enforce"})
    until(lambda: labels(client, CLIENT) == [], "no label", 30)
    mark(client, {"roleLabels": "Enabled", "readinessGates": "Enforce"})
    until(lambda: labels(client, CLIENT) == ["shop"] * 3, "the labels", 30)


def test_with_the_resource_they_go_too(client: Client) -> None:
    client.kubectl("delete", "whatsappclient", "shop", "--timeout=20s")
    until(lambda: labels(client, CLIENT) == [], "no label", 30)


def test_without_an_operator_a_new_pod_waits_and_a_person_can_open_its_gate(client: Client, operator: Leashed) -> None:
    """As the README says: what there is stays ready; the way out is to open the gate by hand, or to take it out."""
    operator.stop()
    old, new = (pod["metadata"]["name"] for pod in client.pods("coreapp"))
    client.kubectl("delete", "pod", new, "--wait=false")

    def fresh() -> dict[str, Any] | None:
        return next((pod for pod in client.pods("coreapp") if pod["metadata"]["name"] not in {old, new}), None)

    def waits() -> bool:
        conditions = {c["type"]: c["status"] for c in (fresh() or {"status": {}})["status"].get("conditions", ())}
        return conditions.get("ContainersReady") == "True" and conditions.get("Ready") == "False"

    until(waits, "its containers are ready, and the pod is not", 90)
    assert sorted(client.ready("coreapp")) == [False, True]
    patch = {"status": {"conditions": [{"type": GATE, "status": "True", "reason": "ByHand"}]}}
    pod = fresh()
    assert pod is not None
    client.kubectl("patch", "pod", pod["metadata"]["name"], "--subresource=status", "-p", json.dumps(patch))
    until(lambda: client.ready("coreapp") == [True, True], "ready, by hand", 30)
