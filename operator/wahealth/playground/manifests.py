"""Simulated clients as Kubernetes objects: namespaces, workloads, Secrets, the CA, the resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wahealth.api.v1alpha1 import API_VERSION, KIND

Document = dict[str, Any]

CLIENT_LABEL = "simulator.wahealth.io/client"
ROLE_LABEL = "simulator.wahealth.io/role"
SETTINGS = "simulator.wahealth.io/settings"
CA_NAME = "waweb-ca"
SERVER_NAME = "whatsapp-web"  # the name in the simulated waweb's certificate
GOOD_KEY = "an-api-key-of-the-playground"
IMAGE = "localhost/wahealth-simulator"


@dataclass(frozen=True)
class ClientManifests:
    """One simulated client. `coreapps`, `masters` and `webs` are numbers of pods, `settings` are those of the
    simulator, `spec` overrides top-level fields of the resource's spec."""

    namespace: str
    name: str
    coreapps: int = 2
    masters: int = 2
    webs: int = 2
    key: str = GOOD_KEY
    settings: Document = field(default_factory=dict)
    spec: Document = field(default_factory=dict)

    @property
    def workloads(self) -> dict[str, int]:
        """The number of pods by role, without roles that have none: a single instance has no masters."""
        return {role: n for role, n in (("web", self.webs), ("coreapp", self.coreapps), ("master", self.masters)) if n}


def namespaces(clients: tuple[ClientManifests, ...], ca: str) -> Iterator[Document]:
    """Each namespace, with a ConfigMap that holds the certificate (PEM) of its clients' waweb."""
    for name in sorted({client.namespace for client in clients}):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        yield kubernetes_object("v1", "ConfigMap", name, CA_NAME, data={"ca.crt": ca})


def objects(client: ClientManifests, port: int) -> Iterator[Document]:
    """Secret, Deployments and resource of a client; `port` is waweb's."""
    yield secret(client)
    for role, replicas in client.workloads.items():
        yield deployment(client, role, replicas, port)
    yield resource(client, port)


def secret(client: ClientManifests) -> Document:
    return kubernetes_object(
        "v1", "Secret", client.namespace, f"{client.name}-api-key", stringData={"WA_API_KEY": client.key}
    )


def resource(client: ClientManifests, port: int) -> Document:
    spec = {
        "target": {"workload": {"name": f"{client.name}-web", "port": port}},
        "auth": {"apiKey": {"secretKeyRef": {"name": f"{client.name}-api-key"}}},
        "tls": {"caRef": {"kind": "ConfigMap", "name": CA_NAME}, "serverName": SERVER_NAME},
        "probe": {"periodSeconds": 5, "failureThreshold": 2},
        "grace": {"uninitializedSeconds": 20, "connectingSeconds": 10, "failoverSeconds": 10},
    }
    return kubernetes_object(API_VERSION, KIND, client.namespace, client.name, spec=spec | client.spec)


def deployment(client: ClientManifests, role: str, replicas: int, port: int) -> Document:
    labels = {CLIENT_LABEL: client.name, ROLE_LABEL: role}
    template = {
        "metadata": {"labels": labels, "annotations": {SETTINGS: json.dumps(client.settings)}},
        "spec": {"nodeSelector": {"type": "kwok"}, "containers": [_container(client, role, port)]},
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return kubernetes_object("apps/v1", "Deployment", client.namespace, f"{client.name}-{role}", spec=spec)


def _container(client: ClientManifests, role: str, port: int) -> Document:
    container: Document = {"name": role, "image": IMAGE}
    if role == "web":
        reference = {"name": f"{client.name}-api-key", "key": "WA_API_KEY"}
        container["env"] = [{"name": "WA_API_KEY", "valueFrom": {"secretKeyRef": reference}}]
        container["ports"] = [{"containerPort": port}]
    return container


def kubernetes_object(api_version: str, kind: str, namespace: str, name: str, **content: Any) -> Document:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}
