"""What in a topology contradicts the mode, from the nodes as they are listed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wahealth.core.answer import GatewayStatus, Role
from wahealth.core.status import Mode, NodeVerdict, TopologyNode
from wahealth.core.verdict.verdict import Oddity

Nodes = Sequence[TopologyNode]
_NOT_THERE = frozenset({NodeVerdict.STALE, NodeVerdict.MISSING})


def no_primary(nodes: Nodes, mode: Mode | None) -> Oddity | None:
    """Documented: one master holds the lease, in High Availability and in Multiconnect."""
    return None if _leading(nodes) or mode is None else Oddity.NO_PRIMARY


def several_primaries(nodes: Nodes, _: Mode | None) -> Oddity | None:
    """Documented: primary_master is the one that holds the lease."""
    return Oddity.SEVERAL_PRIMARIES if _leading(nodes) > 1 else None


def unexpected_connection(nodes: Nodes, mode: Mode | None) -> Oddity | None:
    """Documented: a secondary master is disconnected, and in High Availability the primary master, too."""
    unexpected = {Role.SECONDARY_MASTER} | ({Role.PRIMARY_MASTER} if mode is Mode.HIGH_AVAILABILITY else set())
    found = any(n.verdict is NodeVerdict.ACTIVE and n.role in unexpected for n in nodes)
    return Oddity.UNEXPECTED_CONNECTION if found else None


def unknown_status(nodes: Nodes, _: Mode | None) -> Oddity | None:
    return Oddity.UNKNOWN_STATUS if any(n.gateway_status is GatewayStatus.UNKNOWN for n in nodes) else None


def _leading(nodes: Nodes) -> int:
    """How many say that they are the primary; one that could not be asked says nothing."""
    return sum(n.role is Role.PRIMARY_MASTER and n.gateway_status is not None for n in nodes)


RULES: tuple[Callable[[Nodes, Mode | None], Oddity | None], ...] = (
    no_primary,
    several_primaries,
    unexpected_connection,
    unknown_status,
)


def oddities(nodes: Nodes, mode: Mode | None, single: GatewayStatus | None) -> frozenset[Oddity]:
    if single is not None:
        return frozenset({Oddity.UNKNOWN_STATUS} if single is GatewayStatus.UNKNOWN else ())
    there = [node for node in nodes if node.verdict not in _NOT_THERE]
    return frozenset(oddity for rule in RULES if (oddity := rule(there, mode)) is not None)
