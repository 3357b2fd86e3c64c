"""What is written onto the pods of a client's nodes, so that a Service can select the connected one: labels and a gate.

On a change the old holder is demoted before the new one is promoted. What nobody has observed for a while is removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from wahealth.core.answer import GatewayStatus, Role
from wahealth.core.status import NodeVerdict, Status, TopologyNode

PREFIX = "wahealth.io"
CLIENT, ROLE, GATEWAY = f"{PREFIX}/client", f"{PREFIX}/role", f"{PREFIX}/gateway"
GATE = f"{PREFIX}/gateway-ready"  # type of the pod condition
MOST_PERIODS = 3  # without a sight of the client, after which nothing is said of its pods

_ROLES = {
    Role.PRIMARY_MASTER: "primary-master",
    Role.SECONDARY_MASTER: "secondary-master",
    Role.COREAPP: "coreapp",
}
_NOT_OBSERVED = frozenset({NodeVerdict.STALE, NodeVerdict.MISSING})
_NOT_READY = frozenset({NodeVerdict.FAULTY, NodeVerdict.STARTING})
Labels = Mapping[str, str]


class Gate(NamedTuple):
    """The pod condition: its status and, as reason, what the node is."""

    status: str
    reason: str


class Marked(NamedTuple):
    """A pod as it is now. `gate` None: it names no such gate."""

    name: str
    uid: str
    labels: Labels
    gate: Gate | None = None


class Wanted(NamedTuple):
    labels: Labels
    gate: Gate


class Options(NamedTuple):
    """What is written at all. `enforced`: the gate's status follows the node, and is not always True."""

    labels: bool = False
    gates: bool = False
    enforced: bool = False


class Change(NamedTuple):
    """`labels`: None removes one. `gate` None: it stays as it is."""

    pod: str
    uid: str
    labels: Mapping[str, str | None]
    gate: Gate | None


def wanted(client: str, believed: Status) -> dict[str, Wanted]:
    """By pod: of each node that is a pod and was observed."""
    return {
        node.pod_name: Wanted(dict(_labels(client, node)), _gate(node))
        for node in believed.nodes
        if node.pod_name is not None and node.verdict not in _NOT_OBSERVED
    }


def _gate(node: TopologyNode) -> Gate:
    return Gate("False" if node.verdict in _NOT_READY else "True", node.verdict.value)


def _labels(client: str, node: TopologyNode) -> Iterator[tuple[str, str]]:
    yield CLIENT, client
    if node.role is not None:
        yield ROLE, _ROLES[node.role]
    if node.gateway_status is not None:
        yield GATEWAY, node.gateway_status.lower()


def changes(pods: Iterable[Marked], want: Mapping[str, Wanted], options: Options) -> tuple[Change, ...]:
    """Of these pods, demotions first. Labels that nobody wants are removed; a gate that nobody knows of stays."""
    found = [change for pod in pods if (change := _change(pod, want.get(pod.name), options)) is not None]
    return tuple(sorted(found, key=lambda change: not _demotes(change)))


def _change(pod: Marked, want: Wanted | None, options: Options) -> Change | None:
    target = want.labels if want is not None and options.labels else {}
    differing = {name: target.get(name) for name in (CLIENT, ROLE, GATEWAY) if pod.labels.get(name) != target.get(name)}
    gate = _new_gate(pod, want, options)
    return Change(pod.name, pod.uid, differing, gate) if differing or gate else None


def _new_gate(pod: Marked, want: Wanted | None, options: Options) -> Gate | None:
    if want is None or pod.gate is None or not options.gates:
        return None
    gate = want.gate if options.enforced else want.gate._replace(status="True")
    return gate if gate != pod.gate else None


def _demotes(change: Change) -> bool:
    """It takes something away, or gives nothing that only one may have."""
    gives = {GatewayStatus.CONNECTED.lower(), _ROLES[Role.PRIMARY_MASTER]}
    return (change.gate is None or change.gate.status != "True") and not gives & {
        value for value in change.labels.values() if value
    }
