"""Readiness of a coreapp or master pod, which finds itself in the answer of the web pods: one function per rule.

The order of the table is its precedence. A standby is ready: otherwise no rollout would ever end, and no node could be
drained. A fault of another component never makes this pod unready.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from wahealth.core.answer import MASTERS, GatewayStatus, Node
from wahealth.core.readiness.depth import Depth, Readiness
from wahealth.core.rules import first_match
from wahealth.core.status import NodeVerdict, TopologyNode
from wahealth.core.strenum import FastStrEnum

MISSING = "Missing"


class PodRole(FastStrEnum):
    """The component that a pod runs."""

    WEB = "web"
    COREAPP = "coreapp"
    MASTER = "master"


class Identity(NamedTuple):
    """The role, name and IP address of this pod."""

    role: PodRole
    name: str
    address: str


def own_node(nodes: Sequence[Node], identity: Identity) -> Node | None:
    """The node that this pod is; None if the answer does not list it.

    Seen: its key is `<pod IP>:<pod name>`; with other networks only one of the two is right.
    """
    by_host = [node for node in nodes if node.host == identity.address]
    both = next((node for node in by_host if node.container == identity.name), None)
    by_name = (node for node in nodes if node.container == identity.name)
    return both or next(iter(by_host), None) or next(by_name, None)


class SelfView(NamedTuple):
    """The node of this pod in the answer (None: not listed), and the same node in the status, with its verdict."""

    node: Node | None
    listed: TopologyNode | None
    missing: bool = False  # answers have not listed it for longer than a failover may take


Rule = Callable[[SelfView], Readiness | None]


def missing(view: SelfView) -> Readiness | None:
    if view.node is not None:
        return None
    return Readiness(MISSING, Depth.REACHABLE if view.missing else None)


def uninitialized(view: SelfView) -> Readiness | None:
    return Readiness("Uninitialized", Depth.REACHABLE) if _says(view, GatewayStatus.UNINITIALIZED) else None


def unregistered(view: SelfView) -> Readiness | None:
    return Readiness("Unregistered", Depth.REGISTERED) if _says(view, GatewayStatus.UNREGISTERED) else None


def connecting(view: SelfView) -> Readiness | None:
    """The node is connecting. Documented (page "Health"): connecting is good; we take it as good for its grace."""
    if not _says(view, GatewayStatus.CONNECTING):
        return None
    return Readiness("Connecting", Depth.CONNECTED if _is(view, NodeVerdict.FAULTY) else None)


def degraded_master(view: SelfView) -> Readiness | None:
    """A faulty master stays ready. Documented (page "High Availability"): coreapps serve without masters."""
    masters = view.node is not None and view.node.role in MASTERS
    return Readiness("DegradedMaster") if masters and _is(view, NodeVerdict.FAULTY) else None


def faulty(view: SelfView) -> Readiness | None:
    return Readiness("Faulty", Depth.CONNECTED) if _is(view, NodeVerdict.FAULTY) else None


def as_it_is(view: SelfView) -> Readiness:
    """Any other node is ready: active, standby, or not judged yet."""
    role = view.node.role if view.node and view.node.role else "Node"
    return Readiness(f"{view.listed.verdict if view.listed else ''}{role}")


RULES: tuple[Rule, ...] = (missing, uninitialized, unregistered, connecting, degraded_master, faulty, as_it_is)


def of_node(view: SelfView) -> Readiness:
    """The readiness of a coreapp or master pod."""
    return first_match(RULES, view)


def _says(view: SelfView, status: GatewayStatus) -> bool:
    return view.node is not None and view.node.gateway is status


def _is(view: SelfView, verdict: NodeVerdict) -> bool:
    return view.listed is not None and view.listed.verdict is verdict
