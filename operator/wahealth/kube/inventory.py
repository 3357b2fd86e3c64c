"""Which pods a workload has now, from watches: small tuples of just what a probe needs, nothing read in a round."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import NamedTuple

from wahealth.kube.api import ApiServer, Document
from wahealth.kube.reflector import Store, reflect

WORKLOADS = {
    "Deployment": "/apis/apps/v1/deployments",
    "StatefulSet": "/apis/apps/v1/statefulsets",
}
PODS = "/api/v1/pods"


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


class Pods:
    """Running pods with an address, by the workload that owns them."""

    def __init__(self) -> None:
        self._by_owner: dict[WorkloadRef, dict[str, Pod]] = defaultdict(dict)
        self._owner: dict[Key, WorkloadRef] = {}

    def of(self, workload: WorkloadRef) -> tuple[Pod, ...]:
        return tuple(self._by_owner.get(workload, {}).values())

    def replace(self, objects: list[Document]) -> None:
        self._by_owner.clear()
        self._owner.clear()
        for pod in objects:
            self.put(pod)

    def put(self, object_: Document) -> None:
        self.drop(object_)
        owner, address = owner_of(object_), running_at(object_)
        if owner is None or address is None:
            return
        key = _key(object_)
        self._owner[key] = owner
        self._by_owner[owner][key.name] = Pod(key.name, address)

    def drop(self, object_: Document) -> None:
        key = _key(object_)
        owner = self._owner.pop(key, None)
        if owner is None:
            return
        del self._by_owner[owner][key.name]
        if not self._by_owner[owner]:
            del self._by_owner[owner]


class Workloads:
    """Which workloads of one kind exist."""

    def __init__(self) -> None:
        self._existing: set[Key] = set()

    def __contains__(self, key: Key) -> bool:
        return key in self._existing

    def replace(self, objects: list[Document]) -> None:
        self._existing = {_key(object_) for object_ in objects}

    def put(self, object_: Document) -> None:
        self._existing.add(_key(object_))

    def drop(self, object_: Document) -> None:
        self._existing.discard(_key(object_))


class Inventory:
    def __init__(self) -> None:
        self.pods = Pods()
        self.workloads = {kind: Workloads() for kind in WORKLOADS}

    def has(self, workload: WorkloadRef) -> bool:
        return Key(workload.namespace, workload.name) in self.workloads[workload.kind]

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
