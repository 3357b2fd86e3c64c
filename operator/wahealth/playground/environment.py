"""The whole playground: control plane, simulated nodes, the process of the simulated clients, the operator's process.

The demo and the integration tests run on it.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import httpx
import yaml

from wahealth.api.crd import custom_resource_definition
from wahealth.api.v1alpha1 import API_VERSION, KIND, PLURAL
from wahealth.kube import access
from wahealth.playground import manifests
from wahealth.playground.cluster.command_lines import free_ports
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.cluster.nodes import claim_port, start_nodes
from wahealth.playground.cluster.processes import ManagedProcess
from wahealth.playground.manifests import ClientManifests, Document
from wahealth.playground.pki import self_signed

SYSTEM = "wahealth-system"
POD_NETWORKS = ("--allow-pod-networks", "127.64.0.0/16")  # simulated pods live on loopback
_GROUP = f"/apis/{API_VERSION}"
Say = Callable[[str], None]


class NeverCame(Exception):
    """What was waited for did not come in time; the text names it and the time."""


class Environment:
    """A running playground, as a context manager. However it ends, no process and no file stays behind."""

    def __init__(self, say: Say, nodes: int = 1) -> None:
        self._say = say
        self._nodes = nodes
        self._leaving = contextlib.ExitStack()
        self.plane = ControlPlane(say=say)
        self.operator: ManagedProcess | None = None
        self.listen = ""
        self._audit: list[Document] = []
        self._audit_bytes = 0

    def __enter__(self) -> Self:
        try:
            self._build_up()
        except BaseException:
            self._leaving.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._leaving.close()

    def _build_up(self) -> None:
        self._leaving.enter_context(self.plane)
        self.port = self._leaving.enter_context(claim_port())
        start_nodes(self.plane, self._nodes)
        self._start_simulator()
        self._install()

    def _install(self) -> None:
        """The CRD and the operator's rights, all options included."""
        rights = [
            *access.manifests(SYSTEM),
            *(right for option in access.Option for right in access.optional(SYSTEM, option)),
        ]
        self.apply([custom_resource_definition(), _namespace(SYSTEM), *rights])
        until_kinds_are_served(self.plane.read)

    @property
    def python(self) -> list[str]:
        return [sys.executable, "-m", "wahealth"]

    def _start_simulator(self) -> None:
        certificate, key = (self.plane.directory / f"waweb.{end}" for end in ("crt", "key"))
        pem, private = self_signed(manifests.SERVER_NAME, [manifests.SERVER_NAME])
        certificate.write_bytes(pem)
        key.write_bytes(private)
        self.ca = pem.decode()
        flags = {
            "kubeconfig": self.plane.kubeconfig,
            "port": self.port,
            "certificate": certificate,
            "certificate-key": key,
        }
        argv = [*self.python, "simulator", *(f"--{name}={value}" for name, value in flags.items())]
        self.simulator = self.plane.start("simulator", argv)
        self.control = httpx.Client(base_url=_ready_line(self.simulator)["control"], trust_env=False)
        self._leaving.callback(self.control.close)

    def start_cloud(self, file: Document) -> tuple[str, ...]:
        """Starts the simulated Cloud API with what `file` describes. Returns the flags that lead an operator there."""
        settings, ca = (self.plane.directory / f"cloud.{end}" for end in ("json", "crt"))
        settings.write_text(json.dumps(file))
        process = self.plane.start("cloud", [*self.python, "simulator", f"--cloud={settings}", "--port=0"])
        ready = _ready_line(process)
        ca.write_text(ready["ca"])
        return "--allow-cloud", f"--cloud-origin={ready['url']}", f"--egress-ca-file={ca}"

    def start_operator(
        self, flags: Iterable[str] = (), env: Mapping[str, str] | None = None, kubeconfig: Path | None = None
    ) -> ManagedProcess:
        """Starts the operator as a process that has only its ServiceAccount's rights. `self.listen` is the address and
        port of its own endpoints."""
        self.listen = f"127.0.0.1:{free_ports(1)[0]}"
        given = {
            "--kubeconfig": str(kubeconfig or self.kubeconfig()),
            "--log-format": "text",
            "--lease-namespace": SYSTEM,
            "--listen": self.listen,
        }
        argv = [*self.python, "operator", *(word for pair in given.items() for word in pair), *POD_NETWORKS, *flags]
        self.operator = self.plane.start("operator", argv, env=dict(env) if env else None)
        return self.operator

    def kubeconfig(self) -> Path:
        """The kubeconfig of the operator's ServiceAccount."""
        return self.plane.service_account_kubeconfig(SYSTEM, access.NAME)

    def stop_operator(self) -> None:
        if self.operator is not None:
            self.operator.stop()
            self.operator = None

    def add(self, *clients: ClientManifests) -> None:
        """Creates the objects of these clients, their namespaces first."""
        self.apply(manifests.namespaces(clients, self.ca))
        self.apply(document for client in clients for document in manifests.objects(client, self.port))

    def apply(self, documents: Iterable[Document]) -> None:
        self.plane.kubectl("apply", "--server-side", "-f", "-", input=yaml.safe_dump_all(documents))

    def client(self, namespace: str, name: str) -> Document:
        """A WhatsAppClient as the API server returns it."""
        found: Document = self.plane.read(f"{_GROUP}/namespaces/{namespace}/{PLURAL}/{name}")
        return found

    def clients(self, namespace: str | None = None) -> list[Document]:
        """All WhatsAppClients of a namespace; None means of all namespaces."""
        found: list[Document] = self.plane.read(f"{_GROUP}/{_within(namespace)}{PLURAL}")["items"]
        return found

    def pods(self, namespace: str) -> list[Document]:
        """The pods of a namespace, without those that are being deleted."""
        listed: list[Document] = self.plane.read(f"/api/v1/namespaces/{namespace}/pods")["items"]
        return [pod for pod in listed if "deletionTimestamp" not in pod["metadata"]]

    def events(self, namespace: str | None = None) -> list[Document]:
        """The events of all WhatsAppClients of a namespace, or of all, oldest first."""
        listed = self.plane.read(f"/api/v1/{_within(namespace)}events")["items"]
        ours = [e for e in listed if e["involvedObject"].get("kind") == KIND]
        return sorted(ours, key=last_seen)

    def set_client(self, namespace: str, name: str, **settings: Any) -> None:
        """Changes the settings of a simulated client through the simulator's control interface."""
        self.control.patch(f"/clients/{namespace}/{name}", json=settings).raise_for_status()

    def audit(self) -> list[Document]:
        """Every request to the API server so far, as audit events; the log is read incrementally."""
        with self.plane.audit_log.open("rb") as log:
            log.seek(self._audit_bytes)
            whole, newline, _ = log.read().rpartition(b"\n")
        self._audit += map(json.loads, whole.splitlines())
        self._audit_bytes += len(whole) + len(newline)
        return list(self._audit)


def _ready_line(simulator: ManagedProcess) -> Document:
    """What a simulator prints once it is ready."""

    def first_line() -> Document | None:
        lines = [line for line in simulator.log_tail(50).splitlines() if line.startswith('{"control"')]
        return json.loads(lines[0]) if lines else None

    line: Document = until(first_line, "the simulator is ready", 20)
    return line


def _within(namespace: str | None) -> str:
    return f"namespaces/{namespace}/" if namespace else ""


def last_seen(event: Document) -> str:
    return str(event["lastTimestamp"])


def until(seen: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """The first true value of `seen`, which is called four times a second. Raises `NeverCame` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        if value := seen():
            return value
        if time.monotonic() >= deadline:
            raise NeverCame(f"{what}: not within {seconds:g} s")
        time.sleep(0.25)


def until_kinds_are_served(read: Callable[[str], Any], seconds: float = 90) -> None:
    """Waits until all CustomResourceDefinitions are served; `read` is such as `ControlPlane.read`. `kubectl wait` would
    fail if one has no conditions yet."""

    def served() -> bool:
        kinds = read("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]
        found = (c for kind in kinds for c in kind.get("status", {}).get("conditions") or ())
        ready = [c for c in found if c["type"] == "Established" and c["status"] == "True"]
        return len(ready) == len(kinds)

    until(served, "all kinds are served", seconds)


def _namespace(name: str) -> Document:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
