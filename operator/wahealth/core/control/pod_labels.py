"""Labels and a readiness gate on the pods of a client's nodes, so that a Service can select the connected one.

They are written only onto pods that the resource holds (`claims`). On a change the old holder of a role is demoted
before the new one is promoted. Labels that no answer has confirmed for a while are removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import NamedTuple

from wahealth.core.answer import GatewayStatus, Role
from wahealth.core.status import NodeVerdict, Status, TopologyNode
from wahealth.core.strenum import FastStrEnum

PREFIX = "wahealth.io"
CLIENT, ROLE, GATEWAY = f"{PREFIX}/client", f"{PREFIX}/role", f"{PREFIX}/gateway"
GATE = f"{PREFIX}/gateway-ready"  # type of the pod condition
MOST_PERIODS = 3  # periods without an observation of the client, after which nothing is said about its pods

_ROLES = {
    Role.PRIMARY_MASTER: "primary-master",
    Role.SECONDARY_MASTER: "secondary-master",
    Role.COREAPP: "coreapp",
}
_ONLY_ONE = frozenset({GatewayStatus.CONNECTED.lower(), _ROLES[Role.PRIMARY_MASTER]})
# The last two are those of a number of the Cloud API, which has no pod.
_NOT_OBSERVED = frozenset({NodeVerdict.STALE, NodeVerdict.MISSING, NodeVerdict.LIMITED, NodeVerdict.UNKNOWN})
_NOT_READY = frozenset({NodeVerdict.FAULTY, NodeVerdict.STARTING})
_WRITTEN_BY = re.compile(r"Written by WhatsAppClient ([a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?)\.").fullmatch
Labels = frozenset[tuple[str, str]]


class Gate(NamedTuple):
    """The pod condition `GATE`: its status ("True" or "False"), as reason the node's verdict, and the resource that
    wrote it; `by` empty: the operator did not write it."""

    status: str
    reason: str
    by: str = ""

    @property
    def message(self) -> str:
        """The condition's message, which names the resource that wrote it."""
        return f"Written by WhatsAppClient {self.by}."


def writer_of(message: str) -> str:
    """The resource that a gate's message names; empty if it names none."""
    found = _WRITTEN_BY(message)
    return found[1] if found else ""


class CurrentPod(NamedTuple):
    """A pod as it is now, with all its addresses.

    `gate` None: the pod's spec does not name the gate. `ending`: the pod is being deleted.
    """

    name: str
    uid: str
    labels: Labels
    gate: Gate | None = None
    addresses: tuple[str, ...] = ()
    ending: bool = False


class Hold(FastStrEnum):
    """The relation of one resource to a pod."""

    OURS = "Ours"  # the resource holds the pod: of all resources that claim it, it is the oldest
    ANOTHERS = "Anothers"  # another resource holds it
    SELECTED = "Selected"  # no resource claims it; this one selects it, but does not know it as a node
    NOBODYS = "Nobodys"  # no resource claims it, and this one does not select it


class DesiredPod(NamedTuple):
    """The labels and the gate that a pod should have.

    `labels`: label to value, as in {"wahealth.io/client": "shop", "wahealth.io/role": "coreapp"}.
    """

    labels: Mapping[str, str]
    gate: Gate


class Options(NamedTuple):
    """The kinds of writes that a resource asks for.

    `enforced`: the gate's status follows the node; if not, it is always True. `keeps`: labels on pods that the resource
    does not hold stay as they are.
    """

    labels: bool = False
    gates: bool = False
    enforced: bool = False
    keeps: bool = False


class PodChange(NamedTuple):
    """A change to one pod. `labels`: label to value, None removes it. `gate` None: the gate stays as it is.

    `promotes`: it gives the pod something that another pod may have to lose first.
    """

    pod: str
    uid: str
    labels: Mapping[str, str | None]
    gate: Gate | None
    promotes: bool = False


class Named(NamedTuple):
    """A pod that the answer names, with the address that the answer gives and the pod has."""

    pod: str
    address: str
    node: TopologyNode


def named(status: Status) -> Iterator[Named]:
    """The pods that a status names by both name and address.

    An address alone may belong to another pod by now, and a name alone proves nothing.
    """
    for node in status.nodes:
        if node.pod_name is not None and node.pod_ip is not None and node.verdict not in _NOT_OBSERVED:
            yield Named(node.pod_name, node.pod_ip, node)


def desired_pods(client: str, confirmed: Status) -> dict[str, DesiredPod]:
    """The labels and gate of each pod that the confirmed status names, by the pod's name. `client`: the resource's
    name."""
    return {pod: DesiredPod(dict(_labels(client, node)), _gate(client, node)) for pod, _, node in named(confirmed)}


def _gate(client: str, node: TopologyNode) -> Gate:
    return Gate("False" if node.verdict in _NOT_READY else "True", node.verdict.value, client)


def _labels(client: str, node: TopologyNode) -> Iterator[tuple[str, str]]:
    yield CLIENT, client
    if node.role is not None:
        yield ROLE, _ROLES[node.role]
    if node.gateway_status is not None:
        yield GATEWAY, node.gateway_status.lower()


def changes(
    client: str, pods: Iterable[tuple[CurrentPod, Hold]], want: Mapping[str, DesiredPod], options: Options
) -> tuple[PodChange, ...]:
    """The changes that make the pods what they should be, demotions first.

    `client`: the resource's name; `want` by the pod's name. A pod that another resource holds is left alone, because
    that one sees to all of it.
    """
    pods = tuple(pods)
    todo = [_change(client, pod, hold, want.get(pod.name), options) for pod, hold in pods if not pod.ending]
    taken = {label for change in todo if change for label in change.labels.items() if label[1] in _ONLY_ONE}
    for pod, hold in pods:
        if pod.ending and hold is not Hold.ANOTHERS:
            differ = _other_labels(client, pod, hold, want.get(pod.name), options)
            todo.append(_lost(pod, differ.keys() | {name for name, _ in pod.labels & taken}))
    return tuple(sorted((change for change in todo if change is not None), key=lambda change: change.promotes))


def _lost(pod: CurrentPod, differ: Set[str]) -> PodChange | None:
    """Remove from a pod that is being deleted the labels in `differ`, which are no longer right.

    It gets nothing new, and keeps its other labels to its end, because it may serve until then.
    """
    gone: dict[str, str | None] = {name: None for name, _ in sorted(pod.labels) if name in differ}
    return PodChange(pod.name, pod.uid, gone, None) if gone else None


def _change(client: str, pod: CurrentPod, hold: Hold, want: DesiredPod | None, options: Options) -> PodChange | None:
    if hold is Hold.ANOTHERS:
        return None
    labels = _other_labels(client, pod, hold, want, options)
    ours = hold is Hold.OURS
    gate = _held_gate(client, pod, want, options) if ours else _left_gate(client, pod, hold, options)
    opens = gate is not None and gate.status == "True" and pod.gate is not None and pod.gate.status != "True"
    promotes = opens or bool(_ONLY_ONE & {value for value in labels.values() if value})
    return PodChange(pod.name, pod.uid, labels, gate, promotes) if labels or gate else None


def _other_labels(
    client: str, pod: CurrentPod, hold: Hold, want: DesiredPod | None, options: Options
) -> Mapping[str, str | None]:
    return _held_labels(pod, want, options) if hold is Hold.OURS else _left_labels(client, pod, options)


def _held_labels(pod: CurrentPod, want: DesiredPod | None, options: Options) -> Mapping[str, str | None]:
    """Make our labels, written for this resource or for one that held the pod before, what they should be."""
    target = want.labels if want is not None and options.labels else {}
    return _differing(dict(pod.labels), target) if target or CLIENT in dict(pod.labels) else {}


def _left_labels(client: str, pod: CurrentPod, options: Options) -> Mapping[str, str | None]:
    labels = dict(pod.labels)
    return _differing(labels, {}) if labels.get(CLIENT) == client and not options.keeps else {}


def _differing(labels: Mapping[str, str], target: Mapping[str, str]) -> dict[str, str | None]:
    return {name: target.get(name) for name in (CLIENT, ROLE, GATEWAY) if labels.get(name) != target.get(name)}


def _held_gate(client: str, pod: CurrentPod, want: DesiredPod | None, options: Options) -> Gate | None:
    """The new gate of a pod that the resource holds; None: no change.

    If gates are switched off, a gate is opened if the operator closed it.
    """
    if pod.gate is None:
        return None
    if not options.gates:
        return _opened(client) if _is_closed(pod.gate) and pod.gate.by else None
    if want is None:
        return None
    gate = want.gate if options.enforced else want.gate._replace(status="True")
    return gate if gate != pod.gate else None


def _left_gate(client: str, pod: CurrentPod, hold: Hold, options: Options) -> Gate | None:
    """Open a gate that this resource closed and no longer decides about; None: no change."""
    if pod.gate is None or not _is_closed(pod.gate) or pod.gate.by != client:
        return None
    return None if options.gates and hold is Hold.SELECTED else _opened(client)


def _is_closed(gate: Gate) -> bool:
    return gate.status == "False"


def _opened(client: str) -> Gate:
    return Gate("True", "SwitchedOff", client)
