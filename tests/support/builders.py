"""The world in short words: nodes, answers, facts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from wahealth.api.convert import status_document, written_status
from wahealth.core.answer import Answered, GatewayStatus, Node, Outcome, PodOutcome, Report, Role
from wahealth.core.cloud.wanted import HOSTS
from wahealth.core.egress.hosts import Hosts
from wahealth.core.egress.networks import Networks
from wahealth.core.egress.origin import Origin
from wahealth.core.egress.proxy import Proxy
from wahealth.core.facts import Desired, Facts, Thresholds
from wahealth.core.instant import Instant
from wahealth.core.plan import Plan
from wahealth.core.reconcile import evaluate_once, reconcile
from wahealth.core.restore import restore_state
from wahealth.core.state import State
from wahealth.core.status import ConditionType, Mode, Status
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.targets import Limits, Targets
from wahealth.probe.dns import Lookup, Resolver, look_up
from wahealth.probe.payload import parse_health

PAYLOADS = Path(__file__).parents[1] / "fixtures" / "payloads"
START = datetime(2026, 1, 1, tzinfo=UTC)
PERIOD = 30  # seconds, of a `resource`

CONNECTED, CONNECTING, DISCONNECTED = GatewayStatus.CONNECTED, GatewayStatus.CONNECTING, GatewayStatus.DISCONNECTED
UNINITIALIZED, UNREGISTERED, UNKNOWN = GatewayStatus.UNINITIALIZED, GatewayStatus.UNREGISTERED, GatewayStatus.UNKNOWN


def node(name: str, role: Role | None, gateway: GatewayStatus | None, host: str = "10.0.0.1") -> Node:
    return Node(f"{host}:{name}", host, name, role, gateway)


def core(name: str, gateway: GatewayStatus | None = DISCONNECTED) -> Node:
    return node(name, Role.COREAPP, gateway)


def primary(name: str, gateway: GatewayStatus | None = DISCONNECTED) -> Node:
    return node(name, Role.PRIMARY_MASTER, gateway)


def secondary(name: str, gateway: GatewayStatus | None = DISCONNECTED) -> Node:
    return node(name, Role.SECONDARY_MASTER, gateway)


def answer(*nodes: Node, version: str | None = None) -> Answered:
    return Answered(Report(None, nodes, version))


def single(gateway: GatewayStatus) -> Answered:
    return Answered(Report(gateway, (), None))


# Everything is believed in the round that shows it.
IMMEDIATE = Thresholds(
    period=30, failure_threshold=1, success_threshold=1, uninitialized_grace=0, connecting_grace=0, failover_grace=0
)


def facts(*outcomes: Outcome, mode: Mode | None = None, shards: int | None = None, **more: Any) -> Facts:
    """One pod an outcome: web-0, web-1, … `more` are fields of the Expectation."""
    pods = tuple(PodOutcome(f"web-{i}", f"10.0.1.{i}", outcome) for i, outcome in enumerate(outcomes))
    return Facts(Desired(mode, shards, **more), 1, pods)


def verdict(*outcomes: Outcome, **more: Any) -> Status:
    """What one round says, by itself."""
    return evaluate_once(facts(*outcomes, **more))


def at(seconds: float) -> Instant:
    return Instant(seconds, START + timedelta(seconds=seconds))


class Story:
    """Rounds of one resource, a period apart; `written` is what the resource says so far."""

    def __init__(self, written: Status | None = None) -> None:
        self.written = written or Status()
        self.state: State | None = None
        self.seconds = 0.0
        self.wall = START
        self.posted: list[str] = []
        self.writes: list[Status] = []

    def round(self, said: Facts) -> Plan:
        now = Instant(self.seconds, self.wall + timedelta(seconds=self.seconds))
        state = self.state or restore_state(self.written, said.generation, said.desired.thresholds, now)
        todo = reconcile(state, said, self.written, now)
        self.state = todo.state
        self.posted += [event.reason for event in todo.events]
        if todo.status is not None:
            self.written = todo.status
            self.writes.append(todo.status)
        self.seconds += said.desired.thresholds.period
        return todo

    def rounds(self, times: int, said: Facts) -> Story:
        for _ in range(times):
            self.round(said)
        return self

    def restarted(self) -> Story:
        """As a new process sees it: only what is written."""
        again = Story(written_status({"status": json.loads(json.dumps(status_document(self.written)))}))
        again.seconds = self.seconds
        return again


def condition_of(status: Status, type_: ConditionType) -> tuple[str, str]:
    """(status, reason) of a condition."""
    found = status.condition(type_)
    assert found is not None, f"no condition {type_}"
    return found.status.value, found.reason


def node_verdicts(status: Status) -> dict[str, str]:
    """By the name of a node: what it is."""
    return {n.name: n.verdict.value for n in status.nodes}


def payload(name: str) -> dict[str, Any]:
    """`{note, http_status, body}`."""
    read: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return read


def parsed(name: str) -> Answered:
    outcome = parse_health(json.dumps(payload(name)["body"]).encode())
    assert isinstance(outcome, Answered), outcome
    return outcome


def resource(
    name: str = "a",
    namespace: str = "acme",
    *,
    generation: int = 1,
    version: str = "1",
    observed: int | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """A WhatsAppClient as the API server shows it; `observed` is the generation that its status is about."""
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-{name}"}
    usual = {
        "target": {"workload": {"name": "web"}},
        "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}},
        "probe": {"periodSeconds": PERIOD},
    }
    return {
        "metadata": {**metadata, "generation": generation, "resourceVersion": version},
        "spec": usual | spec,
        "status": {"gateway": "Unknown", **({"observedGeneration": observed} if observed else {})},
    }


def any_targets(
    inventory: Inventory,
    *hosts: str,
    lookup: Lookup = look_up,
    networks: tuple[str, ...] = (),
    proxy: Proxy | None = None,
) -> Targets:
    """The pods that the inventory has, and `hosts` outside of the cluster, in public networks or in `networks`."""
    urls = Networks(tuple(map(ip_network, networks)), only_public=True)
    cloud = {one: Origin("https", host, 443) for one, host in HOSTS.items()}
    limits = Limits(Networks(), Hosts(frozenset(hosts)), urls, proxy, cloud)
    return Targets(inventory, limits, Resolver(lookup))
