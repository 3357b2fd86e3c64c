"""The verdict on each node: one rule per verdict; the order is the precedence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from wahealth.core.answer import GatewayStatus, Node, Role
from wahealth.core.facts import Thresholds
from wahealth.core.instant import AsOf
from wahealth.core.observation.tracking import STARTING, TrackedNode, TrackedNodes, address_in
from wahealth.core.rules import first_match
from wahealth.core.status import NodeVerdict, Redundancy, TopologyNode
from wahealth.core.verdict.problem import Problem, grace_of

# Limits that keep the status under 64 KiB, even with the longest names; the counts stay exact.
MOST_LISTED = 80
MOST_CHARACTERS = 20_000  # of the names, pods, addresses and Kubernetes nodes of all nodes together
MOST_CONNECTED = 32  # as many as Multiconnect has shards at most
_USABLE = frozenset({NodeVerdict.ACTIVE, NodeVerdict.STANDBY})


class Setting(NamedTuple):
    """Everything that a node's verdict depends on besides the node itself."""

    thresholds: Thresholds
    now: AsOf

    def over(self, since: float | None, grace: float) -> bool:
        """Whether a grace (seconds) that began at `since` (monotonic seconds; None: never) has ended."""
        return since is not None and self.now.has_lasted(since, grace)


NodeRule = Callable[[TrackedNode, Setting], NodeVerdict | None]


def stale(seen: TrackedNode, _: Setting) -> NodeVerdict | None:
    """The node's pod is gone. Seen: entries of pods that exist no more may linger in the answer."""
    return NodeVerdict.STALE if seen.gone else None


def missing(seen: TrackedNode, setting: Setting) -> NodeVerdict | None:
    """The answer leaves the node out, but its pod exists; for the length of a failover the node counts as it was."""
    return NodeVerdict.MISSING if setting.over(seen.absent_since, setting.thresholds.failover_grace) else None


def not_asked(seen: TrackedNode, _: Setting) -> NodeVerdict | None:
    """The node has no gateway status. Seen: a node that could not be asked has only `errors`."""
    return NodeVerdict.FAULTY if seen.node.gateway is None else None


PROBLEM_OF_STARTING = {
    GatewayStatus.CONNECTING: Problem.CONNECTING,
    GatewayStatus.UNINITIALIZED: Problem.UNINITIALIZED,
}


def connected(seen: TrackedNode, _: Setting) -> NodeVerdict | None:
    return NodeVerdict.ACTIVE if _carries(seen) else None


def starting(seen: TrackedNode, setting: Setting) -> NodeVerdict | None:
    """The node is connecting or uninitialized, within its grace; after that it is faulty.

    Documented (page "Health"): connecting is good, uninitialized may be an upgrade; neither may last forever.
    """
    if seen.node.gateway not in STARTING:
        return None
    problem = PROBLEM_OF_STARTING[seen.node.gateway]
    grace = grace_of(problem, setting.thresholds, nodes=True)
    return NodeVerdict.FAULTY if setting.over(seen.since, grace) else NodeVerdict.STARTING


def missed(seen: TrackedNode, setting: Setting) -> NodeVerdict | None:
    """The node should be connected and is not, for longer than a failover may take."""
    return NodeVerdict.FAULTY if setting.over(seen.missing_since, setting.thresholds.failover_grace) else None


def standby(_: TrackedNode, __: Setting) -> NodeVerdict | None:
    """Any other node. Documented (page "High Availability"): all others are disconnected, and that is healthy."""
    return NodeVerdict.STANDBY


RULES: tuple[NodeRule, ...] = (stale, missing, not_asked, connected, starting, missed, standby)


def topology(tracked: TrackedNodes, names: Mapping[str, str], setting: Setting) -> tuple[TopologyNode, ...]:
    """All tracked nodes with their verdicts, ordered by name. `names`: the name under which each is shown, by key."""
    listed = [_listed(names[key], seen, setting) for key, seen in tracked.items()]
    listed.sort(key=itemgetter(0))
    return tuple(listed)


def _listed(name: str, seen: TrackedNode, setting: Setting) -> TopologyNode:
    node, pod = seen.node, seen.pod
    verdict = _verdict(seen, setting)
    if pod is None and verdict is not NodeVerdict.MISSING and seen.absent_since is None:
        return TopologyNode(name, node.role, node.gateway, verdict, node.reported, reported_role=node.reported_role)
    left = verdict is NodeVerdict.MISSING or (node.gateway is GatewayStatus.CONNECTED and not _carries(seen))
    reported = None if left else node.reported
    place = (pod.name, pod.node, address_in(node, pod)) if pod else (None, None, None)
    gateway = None if left else node.gateway
    listed = TopologyNode(name, node.role, gateway, verdict, reported, *place)
    return listed if node.reported_role is None else listed._replace(reported_role=node.reported_role)


def _verdict(seen: TrackedNode, setting: Setting) -> NodeVerdict:
    """The verdict on a node. Most nodes have no timer running: their verdict follows from their status alone."""
    gateway = seen.node.gateway
    if seen.absent_since is None and seen.missing_since is None and gateway not in STARTING:
        return _still(seen.gone, gateway)
    return first_match(RULES, seen, setting)


@cache
def _still(gone: bool, gateway: GatewayStatus | None) -> NodeVerdict:
    node = Node("", "", "", None, gateway)
    return first_match(RULES, TrackedNode(node, 0.0, gone=gone), Setting(Thresholds(), AsOf(0.0, 0.0)))


def _carries(seen: TrackedNode) -> bool:
    """Whether the node is connected; one that the answer leaves out is not, whatever it said last."""
    return seen.node.gateway is GatewayStatus.CONNECTED and seen.absent_since is None


def fitting(nodes: tuple[TopologyNode, ...]) -> tuple[TopologyNode, ...]:
    """The first nodes, as many as a status has room for."""
    words = ((n.name, n.pod_name or "", n.pod_ip or "", n.node_name or "") for n in nodes[:MOST_LISTED])
    lengths = accumulate(sum(map(len, of_node)) for of_node in words)
    return nodes[: sum(length <= MOST_CHARACTERS for length in lengths)]


def redundancy(nodes: tuple[TopologyNode, ...], wanted: int) -> Redundancy:
    """The usable nodes, counted. `wanted`: how many coreapps should be connected."""
    usable = [node.role for node in nodes if node.verdict in _USABLE]
    coreapps = usable.count(Role.COREAPP)
    masters = usable.count(Role.PRIMARY_MASTER) + usable.count(Role.SECONDARY_MASTER)
    return Redundancy(coreapps, masters, max(0, coreapps - wanted))
