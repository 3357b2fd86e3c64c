"""What the operator writes onto pods: a Service that selects the connected node, and a gate that kubelet minds."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest

from e2e.conftest import Client, Document, Plane
from wahealth.api.crd import custom_resource_definition
from wahealth.api.v1alpha1 import API_VERSION, KIND
from wahealth.core.control.pod_labels import CLIENT, GATE, GATEWAY, ROLE
from wahealth.kube import access
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.cluster.processes import ManagedProcess
from wahealth.playground.environment import until, until_kinds_are_served
from wahealth.playground.manifests import CLIENT_LABEL

SYSTEM = "wahealth-system"


class Operator:
    """A process beside the cluster, started when it is wanted."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._process: ManagedProcess | None = None

    def start(self) -> None:
        if self._process is None:
            kubeconfig = self._plane.service_account_kubeconfig(SYSTEM, access.NAME)
            argv = [sys.executable, "-m", "wahealth", "operator", f"--kubeconfig={kubeconfig}", "--log-format=text"]
            self._process = self._plane.start("operator", argv)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None


@pytest.fixture(scope="module")
def operator(plane: Plane) -> Iterator[Operator]:
    """With the rights of its ServiceAccount and of the option for pods, and nothing more; all of it goes at the end."""
    if not isinstance(plane, ControlPlane):
        pytest.skip("the operator would run outside of the cluster, where no pod can be reached")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}}
    rights = [*access.manifests(SYSTEM), *access.optional(SYSTEM, access.Option.MARK_PODS)]
    documents = "\n---\n".join(map(json.dumps, [custom_resource_definition(), namespace, *rights]))
    plane.kubectl("apply", "--server-side", "-f", "-", input=documents)
    until_kinds_are_served(plane.read)
    operator = Operator(plane)
    yield operator
    operator.stop()
    plane.kubectl("delete", "--ignore-not-found", "-f", "-", input=documents)


@pytest.fixture(scope="module")
def unmarked(plane: Plane, operator: Operator) -> Iterator[Client]:
    client = Client(plane, "marked", {"shards": 1, "failover_seconds": 2, "startup_seconds": 0.2})
    client.example("web-native-sidecar", "web", 1)
    client.example("coreapp-sidecar", "coreapp", 2, gate=GATE)
    client.example("master-sidecar", "master", 1)
    selected = {"selector": {CLIENT: "shop", ROLE: "coreapp", GATEWAY: "connected"}, "ports": [{"port": 6250}]}
    client.apply(client.object("v1", "Service", "active-coreapp", spec=selected))
    yield client
    client.leave()


@pytest.fixture
def client(unmarked: Client, operator: Operator) -> Client:
    """Its pods are marked, and one of its two coreapps is selected, whatever was before."""
    operator.start()
    mark(unmarked, {"roleLabels": "Enabled", "readinessGates": "Enforce"})
    until(lambda: unmarked.ready("coreapp") == [True, True], "both coreapps ready, by the gate", 240)
    until(lambda: labels(unmarked, CLIENT) == ["shop"] * 3, "the labels", 120)
    until(lambda: len(unmarked.served("active-coreapp")) == 1, "one coreapp is selected", 120)
    return unmarked


def mark(client: Client, pods: Document) -> None:
    spec = {
        "target": {"service": {"name": "whatsapp-web-service"}},
        "auth": {"apiKey": {"secretKeyRef": {"name": "web-api-key"}}},
        "tls": {"caRef": {"kind": "ConfigMap", "name": "waweb-ca"}, "serverName": "whatsapp-web"},
        "probe": {"periodSeconds": 5, "failureThreshold": 2},
        "grace": {"connectingSeconds": 10, "failoverSeconds": 10},
        "pods": {"selector": {"matchLabels": {CLIENT_LABEL: client.namespace}}, **pods},
    }
    client.apply(client.object(API_VERSION, KIND, "shop", spec=spec))


def labels(client: Client, name: str) -> list[str]:
    return sorted(pod["metadata"]["labels"].get(name, "") for pod in client.pods() if name in pod["metadata"]["labels"])


def test_a_gate_opens_for_active_and_standby(client: Client) -> None:
    def reasons() -> list[str]:
        conditions = (c for pod in client.pods("coreapp") for c in pod["status"]["conditions"])
        return sorted(c["reason"] for c in conditions if c["type"] == GATE)

    until(lambda: reasons() == ["Active", "Standby"], "both gates open", 120)
    assert client.ready("coreapp") == [True, True]


def test_a_service_sends_to_the_connected_node(client: Client) -> None:
    assert len(client.served("active-coreapp")) == 1
    assert labels(client, ROLE) == ["coreapp", "coreapp", "primary-master"]
    assert labels(client, CLIENT) == ["shop"] * 3


def test_and_follows_a_failover(client: Client) -> None:
    (before,) = client.served("active-coreapp")
    active = next(pod for pod in client.pods("coreapp") if pod["status"]["podIP"] == before)
    client.kubectl("delete", "pod", active["metadata"]["name"], "--wait=false")
    until(lambda: client.served("active-coreapp") not in ([], [before]), "another coreapp is selected", 120)
    assert labels(client, GATEWAY).count("connected") == 1
    until(lambda: client.ready("coreapp") == [True, True], "both coreapps ready, by the gate", 240)


def test_switched_off_the_labels_go(client: Client) -> None:
    mark(client, {"readinessGates": "Enforce"})
    until(lambda: labels(client, CLIENT) == [], "no label", 120)
    mark(client, {"roleLabels": "Enabled", "readinessGates": "Enforce"})
    until(lambda: labels(client, CLIENT) == ["shop"] * 3, "the labels", 120)


def test_with_the_resource_they_go_too(client: Client) -> None:
    client.kubectl("delete", "whatsappclient", "shop", "--timeout=90s")
    until(lambda: labels(client, CLIENT) == [], "no label", 120)


def test_without_an_operator_a_new_pod_waits_and_a_person_can_open_its_gate(client: Client, operator: Operator) -> None:
    """As docs/kubelet.md says: what is ready stays ready; the gate is opened by hand, or taken out of the template."""
    operator.stop()
    old, new = (pod["metadata"]["name"] for pod in client.pods("coreapp"))
    client.kubectl("delete", "pod", new, "--wait=false")

    def fresh() -> Document | None:
        return next((pod for pod in client.pods("coreapp") if pod["metadata"]["name"] not in {old, new}), None)

    def waits() -> bool:
        conditions = {c["type"]: c["status"] for c in (fresh() or {"status": {}})["status"].get("conditions", ())}
        return conditions.get("ContainersReady") == "True" and conditions.get("Ready") == "False"

    until(waits, "its containers are ready, and the pod is not", 240)
    assert sorted(client.ready("coreapp")) == [False, True]
    patch = {"status": {"conditions": [{"type": GATE, "status": "True", "reason": "ByHand"}]}}
    pod = fresh()
    assert pod is not None
    client.kubectl("patch", "pod", pod["metadata"]["name"], "--subresource=status", "-p", json.dumps(patch))
    until(lambda: client.ready("coreapp") == [True, True], "ready, by hand", 120)
