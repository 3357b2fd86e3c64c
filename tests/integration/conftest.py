"""One environment for all integration tests: a real control plane, simulated clients, the operator as a process."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wahealth.kube import access
from wahealth.playground.environment import SYSTEM, Environment, until
from wahealth.playground.world import SimulatedClient

WaitFor = Callable[..., dict[str, Any]]

CANARY = "canary-key-that-nobody-shows"
FAST = {"failover_seconds": 2, "startup_seconds": 0.5}
OWN = f"{SYSTEM}/{access.NAME}"
OUTSIDE = "127.64.255.254"  # a host that is no pod's
FLAGS = (
    *("--secret-refresh", "2", "--log-level", "debug", "--max-probes-in-flight", "128", "--own-deployment", OWN),
    *("--allow-url-hosts", f"waweb.example.com,{OUTSIDE}", "--allow-url-networks", f"{OUTSIDE}/32"),
)
OPERATOR = f"system:serviceaccount:{SYSTEM}:{access.NAME}"
TEAM = "team"

CLIENTS = (
    SimulatedClient(TEAM, "single", coreapps=1, masters=0, webs=1, key=CANARY, settings=FAST),
    SimulatedClient(TEAM, "ha", key=CANARY, settings={"shards": 1, **FAST}),
    SimulatedClient(TEAM, "mc", coreapps=5, key=CANARY, settings={"shards": 4, "multiconnect": True, **FAST}),
    SimulatedClient(TEAM, "unregistered", 1, 0, 1, CANARY, {"registered": False, **FAST}),
    SimulatedClient(TEAM, "short-key", 1, 0, 1, "too-short", FAST),
    SimulatedClient(TEAM, "silent", 1, 0, 1, CANARY, {"refuse": True, **FAST}),
)


@pytest.fixture(scope="session")
def environment() -> Iterator[Environment]:
    with Environment(say=lambda text: print(text, file=sys.stderr), nodes=1) as running:
        running.apply([own_deployment()])
        running.start_operator(FLAGS)
        yield running
        the_key_is_shown_nowhere(running)


def own_deployment() -> dict[str, Any]:
    """The operator's own, for its events; the process itself is the environment's."""
    labels = {"app": access.NAME}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "operator", "image": "none"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": access.NAME, "namespace": SYSTEM},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


def forms_of(secret: str) -> tuple[str, ...]:
    """As it is, and as base64 shows it, wherever in a text it stands: without what depends on its neighbours."""
    encoded = (base64.b64encode(b"x" * before + secret.encode()).decode() for before in range(3))
    return secret, *(one[4 if before else 0 : -4] for before, one in enumerate(encoded))


def the_key_is_shown_nowhere(environment: Environment) -> None:
    """After all tests: the beginning of every canary stands in no log of the operator (at debug), no status, no event,
    no process's arguments."""
    said = [environment.plane.kubectl("get", "wac,events.events.k8s.io", "-A", "-o", "json")]
    logs = list(Path(environment.plane.directory).glob("operator*.log"))
    assert logs
    said += [log.read_text() for log in logs]
    said += [read_if_there(arguments) for arguments in Path("/proc").glob("[0-9]*/cmdline")]
    assert not [form for form in forms_of(CANARY[:11]) for text in said if form in text]


def read_if_there(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


@pytest.fixture(scope="session")
def team(environment: Environment) -> None:
    """The six clients of the namespace `team`."""
    environment.add(*CLIENTS)


@pytest.fixture(scope="session")
def wait_for(environment: Environment) -> WaitFor:
    """Wait until a client's status has these: `ready` is the reason of Ready, all else a field of status."""

    def wait(namespace: str, name: str, seconds: float = 40, **wanted: Any) -> dict[str, Any]:
        def seen() -> dict[str, Any] | None:
            status: dict[str, Any] = environment.client(namespace, name)["status"]
            return status if matches(status, wanted) else None

        try:
            found: dict[str, Any] = until(seen, f"{namespace}/{name} with {wanted}", seconds)
        except Exception:
            print(
                environment.client(namespace, name)["status"], environment.operator and environment.operator.log_tail()
            )
            raise
        return found

    return wait


def conditions(status: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {c["type"]: (c["status"], c["reason"]) for c in status["conditions"]}


def matches(status: dict[str, Any], wanted: dict[str, Any]) -> bool:
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
    return [e["reason"] for e in environment.events(namespace) if e["regarding"]["name"] == name]
