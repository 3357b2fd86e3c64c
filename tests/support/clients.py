"""The clients that integration tests look at, and what is read of them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from wahealth.kube import access
from wahealth.playground.environment import SYSTEM, Environment
from wahealth.playground.manifests import ClientManifests, Document

WaitFor = Callable[..., dict[str, Any]]

CANARY = "canary-key-that-nobody-shows"
FAST = {"failover_seconds": 2, "startup_seconds": 0.5}
OPERATOR = f"system:serviceaccount:{SYSTEM}:{access.NAME}"
TEAM = "team"
PERIOD = 2  # seconds; the world's CustomResourceDefinition admits it, the real one begins at 5
PROBE = {"periodSeconds": PERIOD, "failureThreshold": 2}


def simulated(
    namespace: str,
    name: str,
    coreapps: int = 2,
    masters: int = 2,
    webs: int = 2,
    key: str = CANARY,
    settings: Document | None = None,
    spec: Document | None = None,
) -> ClientManifests:
    """One that is asked often, unless `spec` has its own `probe`."""
    return ClientManifests(
        namespace,
        name,
        coreapps,
        masters,
        webs,
        key,
        FAST if settings is None else settings,
        {"probe": PROBE} | (spec or {}),
    )


SIX = (
    simulated(TEAM, "single", coreapps=1, masters=0, webs=1),
    simulated(TEAM, "ha", settings={"shards": 1, **FAST}),
    simulated(TEAM, "mc", coreapps=5, settings={"shards": 4, "multiconnect": True, **FAST}),
    simulated(TEAM, "unregistered", 1, 0, 1, settings={"registered": False, **FAST}),
    simulated(TEAM, "short-key", 1, 0, 1, "too-short"),
    simulated(TEAM, "silent", 1, 0, 1, settings={"refuse": True, **FAST}),
)
READY = {  # the reason of Ready that each of them comes to
    "single": "Available",
    "ha": "Available",
    "mc": "Available",
    "unregistered": "Unregistered",
    "short-key": "APIKeyTooShort",
    "silent": "ConnectionRefused",
}


def conditions(status: Document) -> dict[str, tuple[str, str]]:
    """By type: (status, reason)."""
    return {c["type"]: (c["status"], c["reason"]) for c in status["conditions"]}


def matches(status: Document, wanted: Document) -> bool:
    """`ready` is the reason of Ready, `credentials_in_use` the key in use, all else a field of status."""
    in_use = status.get("credentials", {}).get("keyInUse")
    if wanted.get("credentials_in_use", in_use) != in_use:
        return False
    plain = {k: v for k, v in wanted.items() if k not in {"ready", "credentials_in_use"}}
    reason = conditions(status).get("Ready", ("", ""))[1]
    return wanted.get("ready", reason) == reason and all(status.get(k) == v for k, v in plain.items())


def operator_writes(environment: Environment, namespace: str | None = None) -> list[tuple[str, str]]:
    """(verb, resource/subresource) of every write that the operator's ServiceAccount made, but for its Lease; in that
    namespace, or anywhere."""
    ours = [entry for entry in environment.audit() if entry["user"]["username"] == OPERATOR]
    writes = [entry for entry in ours if entry["verb"] not in {"get", "list", "watch"}]
    writes = [entry for entry in writes if entry["objectRef"]["resource"] != "leases"]
    writes = [entry for entry in writes if namespace in {None, entry["objectRef"].get("namespace")}]
    return [(entry["verb"], _resource(entry["objectRef"])) for entry in writes]


def _resource(reference: dict[str, str]) -> str:
    return "/".join(filter(None, [reference["resource"], reference.get("subresource")]))


def reasons(environment: Environment, name: str, namespace: str = TEAM) -> list[str]:
    return [e["reason"] for e in environment.events(namespace) if e["involvedObject"]["name"] == name]


def forms_of(secret: str) -> tuple[str, ...]:
    """As it is, and as base64 shows it, wherever in a text it stands: without what depends on its neighbours."""
    encoded = (base64.b64encode(b"x" * before + secret.encode()).decode() for before in range(3))
    return secret, *(one[4 if before else 0 : -4] for before, one in enumerate(encoded))
