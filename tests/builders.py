"""The world in short words: nodes, answers, facts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wahealth.core.answer import Answered, GatewayStatus, Node, Outcome, PodOutcome, Report, Role, Unreachable
from wahealth.core.evaluate import evaluate
from wahealth.core.facts import Expectation, Facts
from wahealth.core.plan import Memory, Plan, plan
from wahealth.core.status import ConditionType, Mode, Status
from wahealth.probe.payload import parse_health

PAYLOADS = Path(__file__).parent / "fixtures" / "payloads"
START = datetime(2026, 1, 1, tzinfo=UTC)

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


def facts(
    *outcomes: Outcome, mode: Mode | None = None, shards: int | None = None, believed: Status | None = None
) -> Facts:
    """One pod an outcome: web-0, web-1, …"""
    pods = tuple(PodOutcome(f"web-{i}", f"10.0.1.{i}", outcome) for i, outcome in enumerate(outcomes))
    return Facts(Expectation(mode, shards), 1, pods, believed=believed or Status())


def verdict(*outcomes: Outcome, **more: Any) -> Status:
    return evaluate(facts(*outcomes, **more))


def said(status: Status, type_: ConditionType) -> tuple[str, str]:
    """(status, reason) of a condition."""
    found = status.condition(type_)
    assert found is not None, f"no condition {type_}"
    return found.status.value, found.reason


def verdicts(status: Status) -> dict[str, str]:
    """By the name of a node: what it is."""
    return {n.name: n.verdict.value for n in status.nodes}


def planned(status: Status, believed: Status | None = None, memory: Memory | None = None) -> Plan:
    return plan(believed or Status(), status, memory or Memory(), 1, START)


def story(*rounds: Answered | Unreachable) -> list[str]:
    """The reasons of the events that one pod's answers, one a round, would have told."""
    believed, memory, told = Status(), Memory(), []
    for outcome in rounds:
        todo = planned(evaluate(replace(facts(outcome), believed=believed)), believed, memory)
        believed, memory = todo.status or believed, todo.memory
        told += [event.reason for event in todo.events]
    return told


def payload(name: str) -> dict[str, Any]:
    """`{note, http_status, body}`."""
    read: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return read


def parsed(name: str) -> Answered:
    outcome = parse_health(json.dumps(payload(name)["body"]).encode())
    assert isinstance(outcome, Answered), outcome
    return outcome
