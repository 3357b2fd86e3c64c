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
_ONLY_ONE = frozenset({GatewayStatus.CONNECTED.lower(), _ROLES[Role.PRIMARY_MASTER]})
_NOT_OBSERVED = frozenset({NodeVerdict.STALE, NodeVerdict.MISSING})
_NOT_READY = frozenset({NodeVerdict.FAULTY, NodeVerdict.STARTING})
Labels = Mapping[str, str]


class Gate(NamedTuple):
    """The pod condition: its status and, as reason, what the node is."""

    status: str
    reason: str


SWITCHED_OFF = Gate("True", "SwitchedOff")


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
    """`labels`: None removes one. `gate` None: it stays as it is. `promotes`: it gives what another may lose."""

    pod: str
    uid: str
    labels: Mapping[str, str | None]
    gate: Gate | None
    promotes: bool = False


def wanted(client: str, believed: Status) -> dict[str, Wanted]:
    """By pod: of each node that is a pod of that very name and was observed. An address alone may have another pod by
    now."""
    return {
        node.pod_name: Wanted(dict(_labels(client, node)), _gate(node))
        for node in believed.nodes
        if node.pod_name == node.name.rpartition(":")[2] and node.verdict not in _NOT_OBSERVED
    }


def _gate(node: TopologyNode) -> Gate:
    return Gate("False" if node.verdict in _NOT_READY else "True", node.verdict.value)


def _labels(client: str, node: TopologyNode) -> Iterator[tuple[str, str]]:
    yield CLIENT, client
    if node.role is not None:
        yield ROLE, _ROLES[node.role]
    if node.gateway_status is not None:
        yield GATEWAY, node.gateway_status.lower()


def changes(client: str, pods: Iterable[Marked], want: Mapping[str, Wanted], options: Options) -> tuple[Change, ...]:
    """Of these pods, demotions first. The client's labels that nobody wants are removed, those of others stay; a gate
    that nobody knows of stays, one that is switched off is opened."""
    found = [change for pod in pods if (change := _change(client, pod, want.get(pod.name), options)) is not None]
    return tuple(sorted(found, key=lambda change: change.promotes))


def _change(client: str, pod: Marked, want: Wanted | None, options: Options) -> Change | None:
    target = want.labels if want is not None and options.labels else {}
    free = pod.labels.get(CLIENT, client) == client and (target or CLIENT in pod.labels)
    names = (CLIENT, ROLE, GATEWAY) if free else ()
    differing = {name: target.get(name) for name in names if pod.labels.get(name) != target.get(name)}
    gate = _new_gate(pod, want, options)
    opens = gate is not None and gate.status == "True" and pod.gate is not None and pod.gate.status != "True"
    promotes = opens or bool(_ONLY_ONE & {value for value in differing.values() if value})
    return Change(pod.name, pod.uid, differing, gate, promotes) if differing or gate else None


def _new_gate(pod: Marked, want: Wanted | None, options: Options) -> Gate | None:
    if pod.gate is None:
        return None
    if not options.gates:
        return SWITCHED_OFF if pod.gate.status == "False" else None
    if want is None:
        return None
    gate = want.gate if options.enforced else want.gate._replace(status="True")
    return gate if gate != pod.gate else None
