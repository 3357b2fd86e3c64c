"""Which pods may be asked, by the workload that owns them or by their labels; and where all pods are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple, TypeVar

from wahealth.core import facts
from wahealth.core.pod_labels import CLIENT, GATE, CurrentPod, Gate, Labels, writer_of
from wahealth.kube.apiserver.api import Document
from wahealth.kube.inventory.ending import Ending
from wahealth.kube.inventory.keys import Key, WorkloadRef, key_of
from wahealth.kube.inventory.kinds import KINDS
from wahealth.kube.inventory.pod_index import PodIndex, others_of

PATH = "/api/v1/pods"
# What a kind makes of each version of a workload, and the label of its pods that ends in what its name ends in.
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
    """One that runs; `ports`: those of its containers' that have a name; `gate` None: it has none of ours; `others`:
    its further addresses."""

    name: str
    address: str
    ready: bool = False
    ports: NamedPorts = ()
    uid: str = ""
    gate: Gate | None = None
    others: tuple[str, ...] = ()

    def addresses(self, families: tuple[int, ...] = ()) -> tuple[str, ...]:
        """All of them, or those of these families in their order; all where it has none of these."""
        everything = (self.address, *self.others)
        wanted = [one for family in families for one in everything if (6 if ":" in one else 4) == family]
        return tuple(wanted) or everything


@dataclass(slots=True)
class LabelGroup:
    """Running pods of one namespace with the same labels, which are held once."""

    labels: Labels
    pods: dict[str, Pod] = field(default_factory=dict)


class CachedPod(NamedTuple):
    pod: Pod
    owner: WorkloadRef | None
    clients: tuple[Key, ...]  # that it is labelled with, or that closed its gate
    group: LabelGroup


class Pods:
    def __init__(self, left: Callable[[str], None] = lambda _: None) -> None:
        """`left` is told each address at which a pod runs no more."""
        self._left = left
        self._kept: dict[Key, CachedPod] = {}
        self._by_owner: dict[WorkloadRef, dict[str, Pod]] = {}
        self._by_client: dict[Key, dict[str, CachedPod]] = {}
        self._by_labels: dict[str, dict[Labels, LabelGroup]] = defaultdict(dict)  # by namespace
        self._places: dict[str, PodIndex] = defaultdict(PodIndex)  # by namespace
        self._ending = Ending()

    def places(self, namespace: str) -> facts.Pods:
        return self._places[namespace].now()

    def of(self, workload: WorkloadRef) -> tuple[Pod, ...]:
        return tuple(self._by_owner.get(workload, {}).values())

    def selected(self, namespace: str, selector: Labels) -> Iterator[Pod]:
        """Those that have all labels of the selector."""
        for group in self._by_labels.get(namespace, {}).values():
            if selector <= group.labels:
                yield from group.pods.values()

    def clients(self) -> frozenset[Key]:
        """The clients that running pods are labelled with, or that closed their gates."""
        return frozenset(self._by_client)

    def current(self, namespace: str, names: Set[str], client: str = "") -> Iterator[CurrentPod]:
        """Running pods with these names, and all that carry the client's label or whose gate it closed; of those that
        end the ones with its label."""
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
        """What there is of it to ask."""
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
        """What was known of it."""
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
    """The address of a pod that may be asked: Running, with an address, not Terminating; ready or not."""
    status = pod.get("status", {})
    if status.get("phase") != "Running" or "deletionTimestamp" in pod["metadata"]:
        return None
    address: str | None = status.get("podIP")
    return address or None


def owner_of(pod: Document) -> WorkloadRef | None:
    """The controlling owner, if it is a workload of a kind that owns pods; or whose ReplicaSet that is.

    Others have kinds of the same name, as OpenKruise has a StatefulSet: the group is looked at, too. A Deployment names
    its ReplicaSets `<deployment>-<pod-template-hash>` and labels their pods with that hash, so the right to read
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
    """Whose labels or closed gate would stay on it."""
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
    """Those of TCP. Of a name that two containers have the first, and native sidecars come last, as where Kubernetes
    looks it up."""
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
    """Held once where a pod of the same labels has the same, as it mostly has."""
    other = next(iter(group.pods.values()), None)
    return other.ports if other is not None and other.ports == ports else ports
