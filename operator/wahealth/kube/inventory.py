"""Which pods a workload has now, from watches: small tuples of just what a probe needs, nothing read in a round."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Set
from typing import NamedTuple

from wahealth.core import facts
from wahealth.kube.api import ApiServer, Document
from wahealth.kube.reflector import Store, reflect

WORKLOADS = {
    "Deployment": "/apis/apps/v1/deployments",
    "StatefulSet": "/apis/apps/v1/statefulsets",
}
PODS = "/api/v1/pods"
_ENDED = frozenset({"Succeeded", "Failed"})


class WorkloadRef(NamedTuple):
    namespace: str
    kind: str
    name: str


class Pod(NamedTuple):
    name: str
    address: str


class Key(NamedTuple):
    namespace: str
    name: str


class Places:
    """All pods of one namespace that did not end, for a client's nodes to be found among them."""

    def __init__(self) -> None:
        self._by_name: dict[str, facts.Pod] = {}
        self._by_address: dict[str, facts.Pod] = {}
        self._version = 0

    def put(self, pod: facts.Pod) -> None:
        before = self._by_name.get(pod.name)
        if pod == before:
            return
        self.drop(pod.name)
        self._by_name[pod.name] = pod
        if pod.address is not None:
            self._by_address[pod.address] = pod
        self._version += 1

    def drop(self, name: str) -> None:
        pod = self._by_name.pop(name, None)
        if pod is None:
            return
        if pod.address is not None and self._by_address.get(pod.address) is pod:
            del self._by_address[pod.address]
        self._version += 1

    def keep_only(self, names: Set[str]) -> None:
        for name in self._by_name.keys() - names:
            self.drop(name)

    def now(self) -> facts.Pods:
        return facts.Pods(self._by_address, self._by_name, version=self._version)


class Pods:
    """Running pods with an address, by the workload that owns them; and where all pods are."""

    def __init__(self, left: Callable[[str], None] = lambda _: None) -> None:
        """`left` is told each address at which a pod of a workload runs no more."""
        self._left = left
        self._by_owner: dict[WorkloadRef, dict[str, Pod]] = defaultdict(dict)
        self._owner: dict[Key, WorkloadRef] = {}
        self._places: dict[str, Places] = defaultdict(Places)  # by namespace

    def places(self, namespace: str) -> facts.Pods:
        return self._places[namespace].now()

    def of(self, workload: WorkloadRef) -> tuple[Pod, ...]:
        return tuple(self._by_owner.get(workload, {}).values())

    def replace(self, objects: list[Document]) -> None:
        before = self._addresses()
        self._by_owner.clear()
        self._owner.clear()
        names: dict[str, set[str]] = defaultdict(set)
        for pod in objects:
            self.put(pod)
            names[pod["metadata"]["namespace"]].add(pod["metadata"]["name"])
        for namespace, places in self._places.items():
            places.keep_only(names[namespace])
        for address in before - self._addresses():
            self._left(address)

    def put(self, object_: Document) -> None:
        self._place(object_)
        before, owner, address = self._disown(object_), owner_of(object_), running_at(object_)
        if owner is not None and address is not None:
            key = _key(object_)
            self._owner[key] = owner
            self._by_owner[owner][key.name] = Pod(key.name, address)
        if before is not None and (owner is None or before.address != address):
            self._left(before.address)

    def drop(self, object_: Document) -> None:
        key = _key(object_)
        self._places[key.namespace].drop(key.name)
        if (before := self._disown(object_)) is not None:
            self._left(before.address)

    def _addresses(self) -> set[str]:
        return {pod.address for pods in self._by_owner.values() for pod in pods.values()}

    def _place(self, pod: Document) -> None:
        key, status = _key(pod), pod.get("status", {})
        if status.get("phase") in _ENDED:
            self._places[key.namespace].drop(key.name)
            return
        place = facts.Pod(key.name, status.get("podIP") or None, pod.get("spec", {}).get("nodeName"))
        self._places[key.namespace].put(place)

    def _disown(self, object_: Document) -> Pod | None:
        """What was known of it as a workload's pod."""
        key = _key(object_)
        owner = self._owner.pop(key, None)
        if owner is None:
            return None
        pod = self._by_owner[owner].pop(key.name)
        if not self._by_owner[owner]:
            del self._by_owner[owner]
        return pod


class Workloads:
    """Which workloads of one kind exist, with their uid."""

    def __init__(self) -> None:
        self._existing: dict[Key, str] = {}

    def uid(self, key: Key) -> str | None:
        return self._existing.get(key)

    def replace(self, objects: list[Document]) -> None:
        self._existing = {_key(object_): object_["metadata"]["uid"] for object_ in objects}

    def put(self, object_: Document) -> None:
        self._existing[_key(object_)] = object_["metadata"]["uid"]

    def drop(self, object_: Document) -> None:
        self._existing.pop(_key(object_), None)


class Inventory:
    def __init__(self, left: Callable[[str], None] = lambda _: None) -> None:
        self.pods = Pods(left)
        self.workloads = {kind: Workloads() for kind in WORKLOADS}

    def uid(self, workload: WorkloadRef) -> str | None:
        """Of a workload that exists."""
        return self.workloads[workload.kind].uid(Key(workload.namespace, workload.name))

    def has(self, workload: WorkloadRef) -> bool:
        return self.uid(workload) is not None

    async def keep(self, api: ApiServer, synced: asyncio.Event) -> None:
        """Runs until cancelled; `synced` is set once everything was listed."""
        stores: list[tuple[str, Store]] = [(PODS, self.pods)]
        stores += [(WORKLOADS[kind], store) for kind, store in self.workloads.items()]
        listed = [asyncio.Event() for _ in stores]
        async with asyncio.TaskGroup() as group:
            for (path, store), event in zip(stores, listed, strict=True):
                group.create_task(reflect(api, path, store, event), name=f"reflect {path}")
            for event in listed:
                await event.wait()
            synced.set()


def running_at(pod: Document) -> str | None:
    """The address of a pod that may be asked: Running, with an address, not Terminating; ready or not."""
    status = pod.get("status", {})
    if status.get("phase") != "Running" or "deletionTimestamp" in pod["metadata"]:
        return None
    address: str | None = status.get("podIP")
    return address or None


def owner_of(pod: Document) -> WorkloadRef | None:
    """The workload behind the controlling owner: a StatefulSet, or the Deployment of a ReplicaSet.

    A Deployment names its ReplicaSets `<deployment>-<pod-template-hash>` and labels their pods with that hash, so the
    right to read ReplicaSets is not needed.
    """
    metadata = pod["metadata"]
    owner = next((o for o in metadata.get("ownerReferences", ()) if o.get("controller")), None)
    if owner is None:
        return None
    if owner["kind"] == "StatefulSet":
        return WorkloadRef(metadata["namespace"], "StatefulSet", owner["name"])
    suffix = "-" + metadata.get("labels", {}).get("pod-template-hash", "")
    if owner["kind"] != "ReplicaSet" or suffix == "-" or not owner["name"].endswith(suffix):
        return None
    return WorkloadRef(metadata["namespace"], "Deployment", owner["name"].removesuffix(suffix))


def _key(object_: Document) -> Key:
    return Key(object_["metadata"]["namespace"], object_["metadata"]["name"])
