"""What is written onto the pods of a client's nodes, so that a Service can select the connected one: labels and a gate.

Only onto pods that the resource holds (`core.claims`). On a change the old holder of a role is demoted before the new
one is promoted. What nobody has observed for a while is removed.
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
MOST_PERIODS = 3  # without an observation of the client, after which nothing is said of its pods

_ROLES = {
    Role.PRIMARY_MASTER: "primary-master",
    Role.SECONDARY_MASTER: "secondary-master",
    Role.COREAPP: "coreapp",
}
_ONLY_ONE = frozenset({GatewayStatus.CONNECTED.lower(), _ROLES[Role.PRIMARY_MASTER]})
_NOT_OBSERVED = frozenset({NodeVerdict.STALE, NodeVerdict.MISSING})
_NOT_READY = frozenset({NodeVerdict.FAULTY, NodeVerdict.STARTING})
_WRITTEN_BY = re.compile(r"Written by WhatsAppClient ([a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?)\.").fullmatch
Labels = frozenset[tuple[str, str]]


class Gate(NamedTuple):
    """The pod condition: its status, as reason what the node is, and the resource that wrote it; empty: none of
    ours."""

    status: str
    reason: str
    by: str = ""

    @property
    def message(self) -> str:
        return f"Written by WhatsAppClient {self.by}."


def writer_of(message: str) -> str:
    """The resource that a gate's message names; empty: none."""
    found = _WRITTEN_BY(message)
    return found[1] if found else ""


class CurrentPod(NamedTuple):
    """A pod as it is now, with all its addresses. `gate` None: it names no such gate. `ending`: it is being deleted."""

    name: str
    uid: str
    labels: Labels
    gate: Gate | None = None
    addresses: tuple[str, ...] = ()
    ending: bool = False


class Hold(FastStrEnum):
    """What one resource has to do with a pod."""

    OURS = "Ours"  # it claims the pod, and of all that do it is the oldest
    ANOTHERS = "Anothers"  # another one does
    SELECTED = "Selected"  # nobody claims it; the resource selects it, and does not know it as a node
    NOBODYS = "Nobodys"


class DesiredPod(NamedTuple):
    labels: Mapping[str, str]
    gate: Gate


class Options(NamedTuple):
    """What is written at all. `enforced`: the gate's status follows the node, and is not always True. `keeps`: labels
    that are there stay, whatever is wanted."""

    labels: bool = False
    gates: bool = False
    enforced: bool = False
    keeps: bool = False


class PodChange(NamedTuple):
    """`labels`: None removes one. `gate` None: it stays as it is. `promotes`: it gives what another may lose."""

    pod: str
    uid: str
    labels: Mapping[str, str | None]
    gate: Gate | None
    promotes: bool = False


class Named(NamedTuple):
    """A pod that the answer names, with the address that it gives and the pod has."""

    pod: str
    address: str
    node: TopologyNode


def named(status: Status) -> Iterator[Named]:
    """An address alone may have another pod by now, and a name alone anybody may say."""
    for node in status.nodes:
        if node.pod_name is not None and node.pod_ip is not None and node.verdict not in _NOT_OBSERVED:
            yield Named(node.pod_name, node.pod_ip, node)


def desired_pods(client: str, confirmed: Status) -> dict[str, DesiredPod]:
    """By pod."""
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
    """Demotions first. Of a pod that another resource holds nothing is changed: that one sees to all of it."""
    pods = tuple(pods)
    todo = [_change(client, pod, hold, want.get(pod.name), options) for pod, hold in pods if not pod.ending]
    taken = {label for change in todo if change for label in change.labels.items() if label[1] in _ONLY_ONE}
    for pod, hold in pods:
        if pod.ending and hold is not Hold.ANOTHERS:
            differ = _other_labels(client, pod, hold, want.get(pod.name), options)
            todo.append(_lost(pod, differ.keys() | {name for name, _ in pod.labels & taken}))
    return tuple(sorted((change for change in todo if change is not None), key=lambda change: change.promotes))


def _lost(pod: CurrentPod, differ: Set[str]) -> PodChange | None:
    """Of a pod that is being deleted: the labels that are not right any more, by their names. It gets nothing new, and
    keeps the rest to its end, for it may serve until then."""
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
    """Whatever is there of ours, of this resource or of one that held the pod before, becomes what is wanted."""
    target = want.labels if want is not None and options.labels else {}
    return _differing(dict(pod.labels), target) if target or CLIENT in dict(pod.labels) else {}


def _left_labels(client: str, pod: CurrentPod, options: Options) -> Mapping[str, str | None]:
    labels = dict(pod.labels)
    return _differing(labels, {}) if labels.get(CLIENT) == client and not options.keeps else {}


def _differing(labels: Mapping[str, str], target: Mapping[str, str]) -> dict[str, str | None]:
    return {name: target.get(name) for name in (CLIENT, ROLE, GATEWAY) if labels.get(name) != target.get(name)}


def _held_gate(client: str, pod: CurrentPod, want: DesiredPod | None, options: Options) -> Gate | None:
    """Switched off, it is opened where one of ours closed it."""
    if pod.gate is None:
        return None
    if not options.gates:
        return _opened(client) if _is_closed(pod.gate) and pod.gate.by else None
    if want is None:
        return None
    gate = want.gate if options.enforced else want.gate._replace(status="True")
    return gate if gate != pod.gate else None


def _left_gate(client: str, pod: CurrentPod, hold: Hold, options: Options) -> Gate | None:
    """One that this resource closed does not stay closed where it has no say any more."""
    if pod.gate is None or not _is_closed(pod.gate) or pod.gate.by != client:
        return None
    return None if options.gates and hold is Hold.SELECTED else _opened(client)


def _is_closed(gate: Gate) -> bool:
    return gate.status == "False"


def _opened(client: str) -> Gate:
    return Gate("True", "SwitchedOff", client)
