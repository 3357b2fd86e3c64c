"""A real node for all end-to-end tests: the real kubelet probes real containers of the project's own image."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.current import CurrentCluster
from wahealth.playground.cluster import real_node
from wahealth.playground.cluster.control_plane import ControlPlane, ControlPlaneFailed
from wahealth.playground.cluster.real_node import RealNode
from wahealth.playground.environment import until
from wahealth.playground.manifests import CLIENT_LABEL, ROLE_LABEL, SETTINGS
from wahealth.playground.pki import self_signed

Document = dict[str, Any]
Plane = ControlPlane | CurrentCluster

INSIDE = "WAHEALTH_E2E_IMAGE"  # where the image is; set by `make e2e`, which makes the namespaces
CURRENT = "WAHEALTH_E2E_CURRENT"  # the image's name on the cluster of $KUBECONFIG; set by `make e2e` when it is told to
RELEASE = "WAHEALTH_E2E_RELEASE"  # the folder of a release; set by `make release-check`
IMAGE = os.environ.get(CURRENT, "localhost/wahealth:e2e")
EXAMPLES = Path(__file__).parents[2] / "manifests" / "examples"
PORT, CONTROL, PROBES = 8443, 8099, 8086
NAME, MADE = "wahealth-e2e-simulator", "wahealth.io/e2e"
KEY = "an-api-key-of-the-real-node"
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 54321,
    "seccompProfile": {"type": "RuntimeDefault"},
}

collect_ignore_glob = [] if {INSIDE, CURRENT} & os.environ.keys() else ["test_*.py"]


@pytest.fixture(scope="session")
def plane() -> Iterator[Plane]:
    if CURRENT in os.environ:
        cluster = CurrentCluster()
        cluster.kubectl("apply", "-f", "-", input=yaml.safe_dump(_simulators_rights()))
        yield cluster
        cluster.kubectl("delete", "namespace", "-l", f"{MADE}=true", "--wait=false")
        cluster.kubectl("delete", "clusterrole,clusterrolebinding", "-l", f"{MADE}=true")
        return
    real_node.bridge()
    with ControlPlane(say=lambda text: print(text, file=sys.stderr), host=real_node.ADDRESS) as running:
        node = RealNode(running, os.environ["WAHEALTH_E2E_CGROUP"])
        node.start()
        node.load(Path(os.environ[INSIDE]))
        running.kubectl("apply", "-f", "-", input=yaml.safe_dump(_simulators_rights()))
        yield running


def _rbac(kind: str, name: str, **content: Any) -> Document:
    metadata = {"name": name, "labels": {MADE: "true"}}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, **content}


def _simulators_rights() -> Document:
    """What a simulated waweb needs to know its client's pods."""
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}]
    rules += [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    return _rbac("ClusterRole", NAME, rules=rules)


def _simulators_are(namespace: str) -> Document:
    """All pods of this namespace have these rights, and nobody else."""
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME}
    group = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": f"system:serviceaccounts:{namespace}"}
    return _rbac("ClusterRoleBinding", f"{NAME}-{namespace}", roleRef=reference, subjects=[group])


class Client:
    """One simulated client in a namespace of its own, of the manifests that people copy."""

    def __init__(self, plane: Plane, namespace: str, settings: Document, key: str = KEY) -> None:
        self.plane, self.namespace, self.settings = plane, namespace, settings
        pem, private = self_signed("whatsapp-web", ["whatsapp-web"])
        labels = {"pod-security.kubernetes.io/enforce": "restricted", MADE: "true"}
        self.apply(
            _simulators_are(namespace),
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}},
            self.object("v1", "ConfigMap", "waweb-ca", data={"ca.crt": pem.decode()}),
            self.object("v1", "Secret", "waweb-tls", data={"crt": _encoded(pem), "key": _encoded(private)}),
            self.object("v1", "Secret", "waweb-key", data={"WA_API_KEY": _encoded(KEY.encode())}),
            self.object("v1", "Secret", "web-api-key", data={"WA_API_KEY": _encoded(key.encode())}),
            self.object(
                *("v1", "Service", "whatsapp-web-service"),
                spec={"selector": {"name": "whatsapp-web"}, "ports": [{"port": 443, "targetPort": PORT}]},
            ),
        )
        self.kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=110s")

    def object(self, api_version: str, kind: str, name: str, **content: Any) -> Document:
        return {
            "apiVersion": api_version,
            "kind": kind,
            "metadata": {"name": name, "namespace": self.namespace},
            **content,
        }

    def apply(self, *documents: Document) -> None:
        self.plane.kubectl("apply", "--server-side", "-f", "-", input=yaml.safe_dump_all(documents))

    def kubectl(self, *arguments: str) -> str:
        return self.plane.kubectl("-n", self.namespace, *arguments)

    def read(self, what: str, api: str = "api/v1") -> Document:
        """What the API server has there in the client's namespace."""
        found: Document = self.plane.read(f"/{api}/namespaces/{self.namespace}/{what}")
        return found

    def leave(self) -> None:
        """Its pods go, by and by."""
        self.kubectl("delete", "deployments", "--all", "--wait=false")

    def example(self, name: str, role: str, replicas: int, gate: str | None = None) -> None:
        """A manifest that people copy, with the simulated client in the vendor's containers; with a readiness gate."""
        deployment = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())
        deployment["spec"]["replicas"] = replicas
        template = deployment["spec"]["template"]
        template["metadata"]["labels"] |= {CLIENT_LABEL: self.namespace, ROLE_LABEL: role}
        template["metadata"]["annotations"] = {SETTINGS: json.dumps(self.settings)}
        pod = template["spec"]
        pod |= {"readinessGates": [{"conditionType": gate}]} if gate else {}
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            ours = container["name"] == "wahealth"
            container |= {"image": IMAGE, "imagePullPolicy": "IfNotPresent"}
            container["securityContext"] = RESTRICTED
            self._as_sidecar(container) if ours else self._as_simulated(container, pod, role)
        deployment["metadata"]["namespace"] = self.namespace
        self.apply(deployment)

    def _as_sidecar(self, container: Document) -> None:
        service = self.read("services/whatsapp-web-service")["spec"]["clusterIP"]
        written = [arg.replace("whatsapp-web-service", service) for arg in container["args"]]
        written = [arg.replace("127.0.0.1:443", f"127.0.0.1:{PORT}") for arg in written]
        container["args"] = [*written, "--period=2", "--timeout=2"]

    def _as_simulated(self, container: Document, pod: Document, role: str) -> None:
        if role != "web":
            container["command"] = ["python3", "-m", "http.server", "6250", "--directory", "/opt"]
            return
        container["ports"] = [{"containerPort": PORT}]
        listens = {"tcpSocket": {"port": PORT}}
        container["startupProbe"] = {**listens, "periodSeconds": 1, "failureThreshold": 240}  # Python takes its time
        container["livenessProbe"] = {**listens, "periodSeconds": 2, "failureThreshold": 3}
        container["env"] = [
            {"name": "WA_API_KEY", "valueFrom": {"secretKeyRef": {"name": "waweb-key", "key": "WA_API_KEY"}}},
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        ]
        flags = [f"--port={PORT}", f"--control-port={CONTROL}", "--certificate=/tls/crt", "--certificate-key=/tls/key"]
        container["args"] = ["simulator", "--in-pod=$(POD_IP)", *flags]
        container["volumeMounts"] = [{"name": "tls", "mountPath": "/tls"}]
        pod["volumes"].append({"name": "tls", "secret": {"secretName": "waweb-tls"}})

    def pods(self, role: str | None = None) -> list[Document]:
        items: list[Document] = self.read(f"pods?labelSelector={ROLE_LABEL}={role}" if role else "pods")["items"]
        return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]

    def ready(self, role: str | None = None) -> list[bool]:
        return [_condition(pod, "Ready") for pod in self.pods(role)]

    def restarts(self) -> dict[str, int]:
        """By pod and container."""
        return {
            f"{pod['metadata']['name']}/{status['name']}": status["restartCount"]
            for pod in self.pods()
            for kind in ("containerStatuses", "initContainerStatuses")
            for status in pod["status"].get(kind, ())
        }

    def set(self, pod: str, **settings: Any) -> None:
        """Through the control interface of the simulated waweb in that pod."""
        code = (
            "import sys, urllib.request as u; u.urlopen(u.Request("
            f"'http://127.0.0.1:{CONTROL}/clients/{self.namespace}/{self.namespace}',"
            " data=sys.argv[1].encode(), method='PATCH'))"
        )

        def done() -> bool:
            try:
                self.kubectl("exec", pod, "-c", "waweb", "--", "python3", "-c", code, json.dumps(settings))
            except ControlPlaneFailed:  # it is just starting
                return False
            return True

        until(done, "the simulated waweb takes its settings", 120)

    @contextmanager
    def saying(self, gateway_status: str) -> Iterator[None]:
        """All its nodes say so, as long as this lasts."""
        (pod,) = (pod["metadata"]["name"] for pod in self.pods("web"))
        self.set(pod, gateway_status=gateway_status)
        try:
            yield
        finally:
            self.set(pod, gateway_status=None)

    def page(self, role: str, name: str) -> list[Document]:
        """What the sidecar of each pod of that role says there; of one that does not run or says no, nothing."""
        return [self._page(pod["metadata"]["name"], name) for pod in self.pods(role)]

    def _page(self, pod: str, name: str) -> Document:
        try:
            return self.read(f"pods/{pod}:{PROBES}/proxy/{name}")
        except ControlPlaneFailed:
            return {}

    def served(self, service: str = "whatsapp-web-service") -> list[str]:
        """Addresses to which the Service sends."""
        where = f"endpointslices?labelSelector=kubernetes.io/service-name={service}"
        slices = self.read(where, "apis/discovery.k8s.io/v1")["items"]
        endpoints = (endpoint for one in slices for endpoint in one.get("endpoints") or ())
        return sorted(e["addresses"][0] for e in endpoints if e["conditions"].get("ready"))


@contextmanager
def running_client(plane: Plane, namespace: str) -> Iterator[Client]:
    """One with a sidecar in each of its five pods, all ready."""
    client = Client(plane, namespace, {"shards": 1, "failover_seconds": 1, "startup_seconds": 0.2})
    client.example("web-native-sidecar", "web", 1)
    client.example("coreapp-sidecar", "coreapp", 2)
    client.example("master-sidecar", "master", 2)
    until(lambda: client.ready() == [True] * 5, "five pods ready", 240)
    yield client
    client.leave()


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _condition(pod: Document, type_: str) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(c["type"] == type_ and c["status"] == "True" for c in conditions)
