"""The client's nodes over the rounds: what each said last, which pod it belongs to, and what was known about it before.

Seen in real answers: on Kubernetes a node's key is `<pod IP>:<pod name>`; a node that could not be asked has no role;
an entry of a pod that exists no more may linger; a node may be left out for a while.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv6Address
from typing import NamedTuple

from wahealth.core.answer import GatewayStatus, Node, Role
from wahealth.core.facts import Pod, Pods
from wahealth.core.instant import has_lasted
from wahealth.core.status import Mode

MOST_REMEMBERED = 1000  # nodes of one client besides those of the present answer
MISSING_FOR = 600.0  # seconds for which a missing node stays on the list


# Each status is connected, STARTING (with a grace of its own) or NOT_CONNECTED (a healthy spare, or an outage).
STARTING = frozenset({GatewayStatus.CONNECTING, GatewayStatus.UNINITIALIZED})
NOT_CONNECTED = frozenset({GatewayStatus.DISCONNECTED, GatewayStatus.UNREGISTERED, GatewayStatus.UNKNOWN})


class TrackedNode(NamedTuple):
    """One node; times are monotonic seconds."""

    node: Node  # its last entry, with the remembered role if the entry has none
    since: float  # the first round in a row with this gateway status
    pod: Pod | None = None  # the pod that it belongs to, or belonged to
    gone: bool = False  # that pod is known to exist no more
    absent_since: float | None = None  # the first round whose answer did not list the node
    missing_since: float | None = None  # the first round in which the node should have been connected and was not

    @property
    def live(self) -> bool:
        """Whether the last answer lists the node, and its pod is not known to be gone."""
        return not self.gone and self.absent_since is None

    @property
    def is_steady(self) -> bool:
        """Whether no grace of this node is running."""
        return self.absent_since is None and self.missing_since is None and self.node.gateway not in STARTING


TrackedNodes = Mapping[str, TrackedNode]  # by the node's key; after a restart and before an answer, by its shown name


def track(before: TrackedNodes, nodes: Sequence[Node], pods: Pods | None, now: float, grace: float) -> TrackedNodes:
    """The nodes of this answer, and those that it leaves out.

    `pods` None: nothing is known about pods. `now`: monotonic seconds. `grace`: seconds until a node that is left out
    counts as missing.
    """
    places = _places(nodes, pods) if pods else {}
    left = before if before.keys() == {node.key for node in nodes} else _without(before, nodes)
    moved = {} if left is before else _alone(left)
    tracked = {}
    for node in nodes:
        known = before.get(node.key) or moved.pop(node.container, None)
        tracked[node.key] = _tracked(known, node, places.get(node.key), pods, now)
    if left is not before:
        taken = {node.container for node in nodes if node.key not in before}
        tracked.update(_left_out(left, taken, _Present(pods, frozenset(p.name for p in places.values())), now, grace))
    return tracked


def _without(before: TrackedNodes, nodes: Sequence[Node]) -> TrackedNodes:
    listed = {node.key for node in nodes}
    return {key: seen for key, seen in before.items() if key not in listed}


def _alone(left: TrackedNodes) -> dict[str, TrackedNode]:
    """The nodes that have their container part for themselves, by that part.

    The same container at another address is the same node.
    """
    times = Counter(seen.node.container for seen in left.values())
    return {seen.node.container: seen for seen in left.values() if times[seen.node.container] == 1}


def with_missing_since(tracked: TrackedNodes, mode: Mode | None, enough: bool, now: float) -> TrackedNodes:
    """The nodes with the first round in which each should have been connected and was not.

    `enough`: enough coreapps are connected. `now`: monotonic seconds.
    """
    return {key: _with_missing_since(seen, mode, enough, now) for key, seen in tracked.items()}


def _with_missing_since(seen: TrackedNode, mode: Mode | None, enough: bool, now: float) -> TrackedNode:
    if not (seen.live and _is_missed(seen.node, mode, enough)):
        return seen if seen.missing_since is None else seen._replace(missing_since=None)
    return seen if seen.missing_since is not None else seen._replace(missing_since=now)


def _is_missed(node: Node, mode: Mode | None, enough: bool) -> bool:
    """Whether the node should be connected and is not.

    Documented (page "High Availability"): a disconnected primary master is normal there; in Multiconnect it is not.
    """
    if node.gateway not in NOT_CONNECTED:
        return False
    if node.role is Role.COREAPP:
        return not enough
    return node.role is Role.PRIMARY_MASTER and mode is Mode.MULTICONNECT


def display_names(tracked: TrackedNodes) -> Mapping[str, str]:
    """The names under which nodes are shown, by key: the container part, or the whole key if two nodes would share
    it."""
    containers = {key: seen.node.container for key, seen in tracked.items()}
    if len(set(containers.values())) == len(containers):
        return containers
    times = Counter(containers.values())
    return {key: name if times[name] == 1 else tracked[key].node.key for key, name in containers.items()}


def _tracked(known: TrackedNode | None, node: Node, place: Pod | None, pods: Pods | None, now: float) -> TrackedNode:
    if known is None:
        return TrackedNode(node, now, place, gone=place is None and _said_gone(node, pods))
    if node.role is None and known.node.role is not None:
        node = node._replace(role=known.node.role)
    if pods is None and node == known.node and known.absent_since is None and not known.gone:
        return known
    gone = pods is not None and place is None and (known.pod is not None or _said_gone(node, pods))
    since = known.since if node.gateway is known.node.gateway and known.absent_since is None else now
    return TrackedNode(node, since, place or known.pod, gone, None, known.missing_since)


def _said_gone(node: Node, pods: Pods | None) -> bool:
    """Whether a node that matches no pod is gone: its pod is known to be, or another entry speaks for that pod."""
    return pods is not None and (node.container in pods.gone or node.container in pods.by_name)


class _Present(NamedTuple):
    """The pods that exist, and the names of those that a node of this answer speaks for."""

    pods: Pods | None
    claimed: frozenset[str]


def _left_out(
    left: TrackedNodes, taken: set[str], present: _Present, now: float, grace: float
) -> Iterator[tuple[str, TrackedNode]]:
    """The nodes that this answer does not list, as long as their pod still exists; not those that only moved."""
    moved = _alone(left).keys() & taken
    waiting = [entry for entry in left.items() if entry[1].node.container not in moved]
    newest_first = sorted(waiting, key=lambda entry: (entry[1].absent_since or now, entry[0]), reverse=True)
    for key, seen in newest_first[:MOST_REMEMBERED]:
        absent = now if seen.absent_since is None else seen.absent_since
        if not seen.gone and _still_there(seen, present) and not has_lasted(now - absent, grace + MISSING_FOR):
            yield key, seen._replace(absent_since=absent)


def _still_there(seen: TrackedNode, present: _Present) -> bool:
    """Whether the node's pod still exists; True if nothing is known about pods."""
    if present.pods is None:
        return True
    if seen.pod is None:
        return seen.node.container not in present.pods.gone
    return seen.pod.name in present.pods.by_name and seen.pod.name not in present.claimed


def _places(nodes: Iterable[Node], pods: Pods) -> dict[str, Pod]:
    """The pod that each node belongs to, by the node's key; a pod has at most one node.

    A match of address and name comes first, then one of the address alone, then one of the name alone.
    """
    places: dict[str, Pod] = {}
    claimed: set[str] = set()
    waiting = list(nodes)
    for candidate in (_exact, _by_address, _by_name):
        for node in waiting:
            pod = candidate(node, pods)
            if pod is not None and pod.name not in claimed:
                places[node.key] = pod
                claimed.add(pod.name)
        waiting = [node for node in waiting if node.key not in places]
    return places


def _exact(node: Node, pods: Pods) -> Pod | None:
    pod = pods.by_name.get(node.container)
    return pod if pod is not None and address_in(node, pod) else None


def address_in(node: Node, pod: Pod) -> str | None:
    """The address in the node's key, if the key names the pod and the pod has that address; None otherwise."""
    if node.container != pod.name:
        return None
    address = _address(node.host)
    return address if pod.has(address) else None


def _address(host: str) -> str:
    """The address as Kubernetes writes it: an answer may have IPv6 in brackets, or in its long form."""
    if ":" not in host:
        return host
    try:
        return str(IPv6Address(host.removeprefix("[").removesuffix("]")))
    except ValueError:
        return host


def _by_address(node: Node, pods: Pods) -> Pod | None:
    return pods.by_address.get(_address(node.host))


def _by_name(node: Node, pods: Pods) -> Pod | None:
    return pods.by_name.get(node.container)
