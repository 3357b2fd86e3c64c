"""Resources as `kubectl wa` reads them: documents with a status that some operator wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from wahealth.wa.client import Client, client_of
from wahealth.wa.cluster import Part
from wahealth.wa.freshness import Operators, Watch
from wahealth.wa.looking import Look
from wahealth.wa.screen import Line

Document = dict[str, Any]
NONE = Part()
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def ago(seconds: float) -> str:
    """A time before NOW, as Kubernetes writes it."""
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(kind: str, status: str, reason: str, message: str, seconds: float = 60) -> Document:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": ago(seconds),
    }


def node(name: str, role: str, verdict: str, **more: Any) -> Document:
    return {"name": name, "role": role, "verdict": verdict, "podName": name, "sinceTime": ago(840), **more}


DOWN = "0 of 1 coreapp is connected to the WhatsApp servers"


def resource(name: str = "support", namespace: str = "acme", **status: Any) -> Document:
    """A client in High Availability whose coreapps are not connected; `status` replaces fields of its status."""
    return {
        "apiVersion": "wahealth.io/v1alpha1",
        "kind": "WhatsAppClient",
        "metadata": {"name": name, "namespace": namespace, "uid": "a-uid", "generation": 1},
        "spec": {
            "target": {"workload": {"kind": "Deployment", "name": f"{name}-web"}},
            "auth": {"apiKey": {"secretKeyRef": {"name": f"{name}-api-key", "key": "WA_API_KEY"}}},
            "probe": {"periodSeconds": 30},
        },
        "status": {
            "observedGeneration": 1,
            "mode": "HighAvailability",
            "gateway": "Disconnected",
            "clientVersion": "v2.53.1",
            "connected": {"current": 0, "expected": 1, "summary": "0/1"},
            "primaryMasterSinceTime": ago(41 * 86400),
            "conditions": [
                condition("Accepted", "True", "Accepted", "The spec is valid and everything it refers to exists."),
                condition("CredentialsValid", "True", "KeyAccepted", "The client accepts the API key."),
                condition("Reachable", "True", "HealthNodeAnswered", "The health node answers on all 2 web pods."),
                condition("Available", "False", "Disconnected", f"{DOWN}: look at the coreapps.", 840),
                condition("Ready", "False", "Disconnected", f"{DOWN}: look at the coreapps.", 840),
            ],
            "endpoints": [{"pod": f"{name}-web-{n}", "address": "10.0.0.1", "reachable": True} for n in range(2)],
            "topology": {
                "nodes": [
                    node("core-0", "Coreapp", "Stale", nodeName="n7"),
                    node("core-1", "Coreapp", "Faulty", gatewayStatus="Disconnected"),
                    node("master-0", "PrimaryMaster", "Standby"),
                    node("master-1", "SecondaryMaster", "Standby"),
                ]
            },
            "tls": {"notAfterTime": ago(-23.5 * 86400), "fingerprintSHA256": "ab"},
            "history": [
                state(840, "False", "Disconnected", connected="0/1"),
                state(880, "True", "Available", connected="1/1", connectedCoreapps=["core-1"]),
                state(880 + 25 * 86400, "True", "Available", connected="1/1", connectedCoreapps=["core-0"]),
            ],
            "lastFailover": {
                "time": ago(880),
                "kind": "ActiveCoreapp",
                "from": "core-0",
                "to": "core-1",
                "durationSeconds": 12,
            },
            **status,
        },
    }


def state(seconds: float, ready: str, reason: str, **more: Any) -> Document:
    gateway = {"True": "Connected", "False": "Disconnected"}.get(ready, "Unknown")
    return {"time": ago(seconds), "ready": ready, "reason": reason, "gateway": gateway, **more}


def healthy(name: str = "support", namespace: str = "acme", **status: Any) -> Document:
    """The same client, connected."""
    said = "1 of 1 coreapp is connected to the WhatsApp servers."
    connected = {
        "gateway": "Connected",
        "connected": {"current": 1, "expected": 1, "summary": "1/1"},
        "conditions": [
            condition("CredentialsValid", "True", "KeyAccepted", "The client accepts the API key.", 600),
            condition("Reachable", "True", "HealthNodeAnswered", "The health node answers on all 2 web pods.", 600),
            condition("Available", "True", "Connected", said, 600),
            condition("RedundancySatisfied", "True", "SparesAvailable", "A spare is available.", 600),
            condition("Ready", "True", "Available", said, 600),
        ],
        "topology": {
            "nodes": [
                node("core-0", "Coreapp", "Active", nodeName="n1", gatewayStatus="Connected"),
                node("core-1", "Coreapp", "Standby", nodeName="n2", gatewayStatus="Disconnected"),
                node("master-0", "PrimaryMaster", "Standby", nodeName="n1"),
                node("master-1", "SecondaryMaster", "Standby", nodeName="n2"),
            ]
        },
        "redundancy": {"coreapps": 2, "masters": 2, "tolerableFailures": 1},
        "connectedCoreapps": ["core-0"],
        "history": [state(600, "True", "Available", connected="1/1", connectedCoreapps=["core-0"])],
    }
    return resource(name, namespace, **{**connected, **status})


def lease(seconds: float = 2, name: str = "wahealth-operator", holder: str = "wahealth-7c9d-x_0123abcd") -> Document:
    return {
        "metadata": {"name": name, "namespace": "wahealth-system"},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": ago(seconds)},
    }


def client(document: Document | None = None) -> Client:
    return client_of(resource() if document is None else document)


def look(document: Document | None = None, age: float = 2, events: Part = NONE, pods: Part = NONE) -> Look:
    """What is seen of a resource that an operator has looked at `age` seconds ago."""
    watches = Operators((Watch("wahealth-7c9d-x", age, 15),))
    return Look(client(document), watches, events, pods, NOW)


def words(lines: Any) -> str:
    """Lines as text, as where there is no terminal."""
    return "\n".join("".join(piece.text for piece in line).rstrip() for line in _lines(lines))


def _lines(lines: Any) -> list[Line]:
    return list(lines)
