"""What each node of the answer is to the client: active, standby, starting or faulty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from wahealth.core.answer import MASTERS, GatewayStatus, Node, Role
from wahealth.core.status import Mode, NodeVerdict, Redundancy, TopologyNode

MOST_LISTED = 80  # keeps the status under 64 KiB; the counts stay exact
_STARTING = frozenset({GatewayStatus.CONNECTING, GatewayStatus.UNINITIALIZED})


def topology(nodes: Sequence[Node], mode: Mode | None, enough_connected: bool) -> tuple[TopologyNode, ...]:
    """All of them, ordered by name. `enough_connected`: as many coreapps are connected as the mode wants."""
    names = shown_names(nodes)
    listed = (_listed(node, names[node.key], _verdict(node, mode, enough_connected)) for node in nodes)
    return tuple(sorted(listed, key=lambda n: n.name))


def redundancy(nodes: Sequence[TopologyNode], wanted: int) -> Redundancy:
    """`wanted`: how many coreapps are to be connected."""
    usable = [n for n in nodes if n.verdict in {NodeVerdict.ACTIVE, NodeVerdict.STANDBY}]
    coreapps = sum(n.role is Role.COREAPP for n in usable)
    masters = sum(n.role in MASTERS for n in usable)
    return Redundancy(coreapps, masters, max(0, coreapps - wanted))


def shown_names(nodes: Sequence[Node]) -> Mapping[str, str]:
    """By key: the container part, or the whole key where two nodes would share it."""
    times = Counter(node.container for node in nodes)
    return {node.key: node.container if times[node.container] == 1 else node.key for node in nodes}


def _listed(node: Node, name: str, verdict: NodeVerdict) -> TopologyNode:
    return TopologyNode(name, node.role, node.gateway, verdict, node.reported)


def _verdict(node: Node, mode: Mode | None, enough_connected: bool) -> NodeVerdict:
    if node.gateway is None:
        return NodeVerdict.FAULTY
    if node.gateway is GatewayStatus.CONNECTED:
        return NodeVerdict.ACTIVE
    if node.gateway in _STARTING:
        return NodeVerdict.STARTING
    return NodeVerdict.FAULTY if _is_missed(node, mode, enough_connected) else NodeVerdict.STANDBY


def _is_missed(node: Node, mode: Mode | None, enough_connected: bool) -> bool:
    """A disconnected primary master is as it should be in High Availability, and missed in Multiconnect."""
    if node.role is Role.COREAPP:
        return not enough_connected
    return node.role is Role.PRIMARY_MASTER and mode is Mode.MULTICONNECT
