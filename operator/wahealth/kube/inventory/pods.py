"""Which pods may be probed, by the workload that owns them or by their labels; and at which address each pod is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple, TypeVar

from wahealth.core import facts
from wahealth.core.control.pod_labels import CLIENT, GATE, CurrentPod, Gate, Labels, writer_of
from wahealth.kube.apiserver.api import Document
from wahealth.kube.inventory.ending import Ending
from wahealth.kube.inventory.keys import Key, WorkloadRef, key_of
from wahealth.kube.inventory.kinds import KINDS
from wahealth.kube.inventory.pod_index import PodIndex, others_of

PATH = "/api/v1/pods"
# The object that a kind makes of each version of a workload, and the pod label that ends as the object's name does.
_VERSIONS = (
    (("apps", "ReplicaSet"), "Deployment", "pod-template-hash"),
    (("apps", "ReplicaSet"), "Rollout", "rollouts-pod-template-hash"),
    (("", "ReplicationController"), "DeploymentConfig", "deployment"),
)
_ENDED = frozenset({"Succeeded", "Failed"})

NamedPorts = tuple[tuple[str, int], ...]
K = TypeVar("K")
V = TypeVar("V")


class Pod(NamedTuple):
    """A running pod."""

    name: str
    address: str
    ready: bool = False
    ports: NamedPorts = ()  # named TCP ports of its containers
    uid: str = ""
    gate: Gate | None = None  # None: its spec has no readiness gate of ours
    others: tuple[str, ...] = ()  # its further addresses

    def addresses(self, families: tuple[int, ...] = ()) -> tuple[str, ...]:
        """The addresses of these families (4 and 6), in that order; all of them when it has none of these."""
        everything = (self.address, *self.others)
        wanted = [one for family in families for one in everything if (6 if ":" in one else 4) == family]
        return tuple(wanted) or everything


@dataclass(slots=True)
class LabelGroup:
    """Running pods of one namespace with the same labels, so that these are held once. `pods`: by name."""

    labels: Labels
    pods: dict[str, Pod] = field(default_factory=dict)


class CachedPod(NamedTuple):
    """A running pod, and where it is registered."""

    pod: Pod
    owner: WorkloadRef | None
    clients: tuple[Key, ...]  # the resources whose label it carries, or who closed its gate
    group: LabelGroup


class Pods:
    def __init__(self, left: Callable[[str], None] = lambda _: None) -> None:
        """`left` is called with each address at which a pod does not run any more."""
        self._left = left
        self._kept: dict[Key, CachedPod] = {}
        self._by_owner: dict[WorkloadRef, dict[str, Pod]] = {}
        self._by_client: dict[Key, dict[str, CachedPod]] = {}
        self._by_labels: dict[str, dict[Labels, LabelGroup]] = defaultdict(dict)  # by namespace
        self._places: dict[str, PodIndex] = defaultdict(PodIndex)  # by namespace
        self._ending = Ending()

    def places(self, namespace: str) -> facts.Pods:
        """All pods of the namespace that have not ended, by name and by address."""
        return self._places[namespace].now()

    def of(self, workload: WorkloadRef) -> tuple[Pod, ...]:
        """The running pods that the workload owns."""
        return tuple(self._by_owner.get(workload, {}).values())

    def selected(self, namespace: str, selector: Labels) -> Iterator[Pod]:
        """The running pods that have all labels of the selector."""
        for group in self._by_labels.get(namespace, {}).values():
            if selector <= group.labels:
                yield from group.pods.values()

    def clients(self) -> frozenset[Key]:
        """The resources whose label a running pod carries, or who closed its gate."""
        return frozenset(self._by_client)

    def current(self, namespace: str, names: Set[str], client: str = "") -> Iterator[CurrentPod]:
        """Running pods with these names, and all pods that carry the client's label or whose gate it closed;
        Terminating ones only with its label."""
        named = {name: kept for name in names if (kept := self._kept.get(Key(namespace, name)))}
        for pod, *_, group in (named | self._by_client.get(Key(namespace, client), {})).values():
            yield CurrentPod(pod.name, pod.uid, group.labels, pod.gate, pod.addresses())
        yield from self._ending.of(Key(namespace, client))

    def replace(self, objects: list[Document]) -> None:
        before = self._addresses()
        for table in (self._kept, self._by_owner, self._by_client, self._by_labels):
            table.clear()
        self._ending.clear()
        names: dict[str, set[str]] = defaultdict(set)
        for pod in objects:
            self._place(pod)
            self._keep(pod)
            names[pod["metadata"]["namespace"]].add(pod["metadata"]["name"])
        for namespace, places in self._places.items():
            places.keep_only(names[namespace])
        for address in before - self._addresses():
            self._left(address)

    def put(self, object_: Document) -> None:
        self._place(object_)
        before = self._forget(key_of(object_))
        now = self._keep(object_)
        if before is not None:
            self._leave(before, now.addresses() if now is not None else ())

    def drop(self, object_: Document) -> None:
        key = key_of(object_)
        self._places[key.namespace].drop(key.name)
        self._ending.drop(key)
        if (before := self._forget(key)) is not None:
            self._leave(before, ())

    def _leave(self, pod: Pod, now: tuple[str, ...]) -> None:
        for address in pod.addresses():
            if address not in now:
                self._left(address)

    def _addresses(self) -> set[str]:
        return {address for kept in self._kept.values() for address in kept.pod.addresses()}

    def _place(self, pod: Document) -> None:
        key, status = key_of(pod), pod.get("status", {})
        if status.get("phase") in _ENDED:
            self._places[key.namespace].drop(key.name)
            return
        node = pod.get("spec", {}).get("nodeName")
        place = facts.Pod(key.name, status.get("podIP") or None, node, others_of(status))
        self._places[key.namespace].put(place, going="deletionTimestamp" in pod["metadata"])

    def _keep(self, object_: Document) -> Pod | None:
        """Register a pod that may be probed; None for any other."""
        self._ending.put(object_)
        address = running_at(object_)
        if address is None:
            return None
        key, owner, labels = key_of(object_), owner_of(object_), labels_of(object_)
        group = self._by_labels[key.namespace].setdefault(labels, LabelGroup(labels))
        uid, gate, others = object_["metadata"].get("uid", ""), _gate_of(object_), others_of(object_["status"])
        pod = Pod(key.name, address, _is_ready(object_), _shared(_named_ports(object_), group), uid, gate, others)
        clients = tuple(Key(key.namespace, client) for client in _clients(object_, gate))
        kept = self._kept[key] = CachedPod(pod, owner, clients, group)
        group.pods[key.name] = pod
        for client in clients:
            self._by_client.setdefault(client, {})[key.name] = kept
        if owner is not None:
            self._by_owner.setdefault(owner, {})[key.name] = pod
        return pod

    def _forget(self, key: Key) -> Pod | None:
        """Remove a pod: what was registered, or None."""
        kept = self._kept.pop(key, None)
        if kept is None:
            return None
        del kept.group.pods[key.name]
        if not kept.group.pods:
            del self._by_labels[key.namespace][kept.group.labels]
        if kept.owner is not None:
            _take_out(self._by_owner, kept.owner, key.name)
        for client in kept.clients:
            _take_out(self._by_client, client, key.name)
        return kept.pod


def _take_out(table: dict[K, dict[str, V]], of: K, name: str) -> None:
    del table[of][name]
    if not table[of]:
        del table[of]


def running_at(pod: Document) -> str | None:
    """The address of a pod that may be probed: Running, with an address, not Terminating; ready or not. Else None."""
    status = pod.get("status", {})
    if status.get("phase") != "Running" or "deletionTimestamp" in pod["metadata"]:
        return None
    address: str | None = status.get("podIP")
    return address or None


def owner_of(pod: Document) -> WorkloadRef | None:
    """The workload that controls the pod, directly or through a ReplicaSet or its like; None: no known one does.

    The group counts too, because others have kinds of the same name, such as OpenKruise's StatefulSet. A Deployment
    names its ReplicaSets `<deployment>-<pod-template-hash>` and labels their pods with that hash, so the right to read
    ReplicaSets is not needed. Other kinds have other labels for the same.
    """
    metadata = pod["metadata"]
    owner = next((o for o in metadata.get("ownerReferences", ()) if o.get("controller")), None)
    if owner is None:
        return None
    kind = KINDS.get(owner["kind"])
    if kind is not None and kind.owns_pods and kind.group == _group_of(owner):
        return WorkloadRef(metadata["namespace"], owner["kind"], owner["name"])
    return next(_made_by(metadata["namespace"], owner, metadata.get("labels", {})), None)


def _made_by(namespace: str, owner: Document, labels: Document) -> Iterator[WorkloadRef]:
    for made, kind, label in _VERSIONS:
        suffix = f"-{labels[label].rpartition('-')[2]}" if labels.get(label) else ""
        if (_group_of(owner), owner["kind"]) == made and suffix and owner["name"].endswith(suffix):
            yield WorkloadRef(namespace, kind, owner["name"].removesuffix(suffix))


def _group_of(owner: Document) -> str:
    """Empty for the core group."""
    return str(owner["apiVersion"].rpartition("/")[0])


def labels_of(pod: Document) -> Labels:
    return frozenset(pod["metadata"].get("labels", {}).items())


def _clients(pod: Document, gate: Gate | None) -> frozenset[str]:
    """The names of the resources whose label or closed gate would stay on the pod."""
    label = pod["metadata"].get("labels", {}).get(CLIENT)
    closed = gate.by if gate is not None and gate.status == "False" else ""
    return frozenset(filter(None, (label, closed)))


def _is_ready(pod: Document) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _gate_of(pod: Document) -> Gate | None:
    gates = pod.get("spec", {}).get("readinessGates") or ()
    if not any(gate["conditionType"] == GATE for gate in gates):
        return None
    conditions = pod.get("status", {}).get("conditions", ())
    found: Document = next((c for c in conditions if c["type"] == GATE), {})
    return Gate(found.get("status", ""), found.get("reason", ""), writer_of(found.get("message") or ""))


def _named_ports(pod: Document) -> NamedPorts:
    """The named TCP ports. When two containers have the same name the first counts, and native sidecars come last, in
    the order in which Kubernetes looks names up."""
    spec = pod.get("spec", {})
    sidecars = (one for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always")
    containers = chain(spec.get("containers") or (), sidecars)
    ports = (port for container in containers for port in container.get("ports", ()))
    named: dict[str, int] = {}
    for port in ports:
        if "name" in port and port.get("protocol", "TCP") == "TCP":
            named.setdefault(port["name"], port["containerPort"])
    return tuple(named.items())


def _shared(ports: NamedPorts, group: LabelGroup) -> NamedPorts:
    """The tuple of another pod of the group if it is equal, as it usually is, so that it is held once."""
    other = next(iter(group.pods.values()), None)
    return other.ports if other is not None and other.ports == ports else ports
