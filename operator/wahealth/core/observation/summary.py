"""A summary of the nodes in one answer. A node without a role, or whose pod is gone, is not counted.

A node with a status or a role that this version does not know may be a connected coreapp; those are counted separately.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from wahealth.core.answer import MASTERS, GatewayStatus, Node, Report, Role
from wahealth.core.observation.tracking import TrackedNode, TrackedNodes


class NodeSummary(NamedTuple):
    """The status of a single instance, or the nodes of an answer by what they are."""

    single: GatewayStatus | None  # the status of a single instance; the rest is empty then
    connected: tuple[TrackedNode, ...] = ()  # connected coreapps
    primaries: tuple[TrackedNode, ...] = ()  # masters that say they are the primary
    coreapps_say: frozenset[GatewayStatus] = frozenset()
    masters_say: frozenset[GatewayStatus] = frozenset()
    unclear: int = 0  # nodes that may be connected coreapps, as far as is known

    @property
    def connections(self) -> int:
        """The number of connections to the WhatsApp servers."""
        return len(self.connected) if self.single is None else int(self.single is GatewayStatus.CONNECTED)

    def may_be(self, wanted: int) -> bool:
        """Whether fewer than `wanted` are known to be connected, but the unclear nodes could make up the difference."""
        return self.connections < wanted <= self.connections + self.unclear

    @property
    def primary_on_its_way(self) -> bool:
        """Whether a primary master is connected or connecting, which it never is in High Availability."""
        return any(seen.node.gateway in _ON_ITS_WAY for seen in self.primaries)

    @property
    def primaries_connected(self) -> bool:
        """Whether every primary master is connected; True if there is none."""
        return all(seen.node.gateway is GatewayStatus.CONNECTED for seen in self.primaries)


def summarize(view: Report, tracked: TrackedNodes) -> NodeSummary:
    """Summarize an answer. `tracked`: its nodes, with the roles that are remembered."""
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
    """Whether the node itself says that it is the primary master.

    The role of a node that could not be asked is only remembered, so such a node claims nothing.
    """
    return node.role is Role.PRIMARY_MASTER and node.gateway is not None


def _said(nodes: Iterable[TrackedNode]) -> frozenset[GatewayStatus]:
    return frozenset([seen.node.gateway for seen in nodes if seen.node.gateway is not None])
