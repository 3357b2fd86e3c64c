"""The nodes of one answer, counted once. A node whose pod is gone, or without a role, is not counted.

What this version does not know, a status or a role, may be a connected coreapp: how many of these there may be is
counted beside.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from wahealth.core.answer import MASTERS, GatewayStatus, Node, Report, Role
from wahealth.core.observation.tracking import TrackedNode, TrackedNodes


class NodeSummary(NamedTuple):
    single: GatewayStatus | None  # what a single instance says; the rest is empty then
    connected: tuple[TrackedNode, ...] = ()  # coreapps that are connected
    primaries: tuple[TrackedNode, ...] = ()
    coreapps_say: frozenset[GatewayStatus] = frozenset()
    masters_say: frozenset[GatewayStatus] = frozenset()
    unclear: int = 0  # nodes that may be connected coreapps, for all that is known of them

    @property
    def connections(self) -> int:
        """How many connections to the WhatsApp servers there are."""
        return len(self.connected) if self.single is None else int(self.single is GatewayStatus.CONNECTED)

    def may_be(self, wanted: int) -> bool:
        """Too few are connected, and those that are unclear could make up what is missing."""
        return self.connections < wanted <= self.connections + self.unclear

    @property
    def primary_on_its_way(self) -> bool:
        """Connected, or getting there: in High Availability no primary master ever does."""
        return any(seen.node.gateway in _ON_ITS_WAY for seen in self.primaries)

    @property
    def primaries_connected(self) -> bool:
        """Every one of them, also where there is none."""
        return all(seen.node.gateway is GatewayStatus.CONNECTED for seen in self.primaries)


def summarize(view: Report, tracked: TrackedNodes) -> NodeSummary:
    if view.single is not None:
        return NodeSummary(view.single)
    live = [seen for seen in tracked.values() if not seen.gone and seen.absent_since is None]
    coreapps = [seen for seen in live if seen.node.role is Role.COREAPP]
    masters = [seen for seen in live if seen.node.role in MASTERS] if len(coreapps) < len(live) else []
    return NodeSummary(
        None,
        connected=tuple([seen for seen in coreapps if seen.node.gateway is GatewayStatus.CONNECTED]),
        primaries=tuple([seen for seen in masters if claims_primary(seen.node)]),
        coreapps_say=_said(coreapps),
        masters_say=_said(masters),
        unclear=sum(map(_is_unclear, live)),
    )


_ON_ITS_WAY = frozenset({GatewayStatus.CONNECTED, GatewayStatus.CONNECTING})


def _is_unclear(seen: TrackedNode) -> bool:
    node = seen.node
    if node.role is Role.COREAPP:
        return node.gateway is GatewayStatus.UNKNOWN
    return node.role is None and node.gateway in {GatewayStatus.CONNECTED, GatewayStatus.UNKNOWN}


def claims_primary(node: Node) -> bool:
    """A remembered role is no word of its own: a node that could not be asked leads nobody."""
    return node.role is Role.PRIMARY_MASTER and node.gateway is not None


def _said(nodes: Iterable[TrackedNode]) -> frozenset[GatewayStatus]:
    return frozenset([seen.node.gateway for seen in nodes if seen.node.gateway is not None])
