"""The inventory as a whole, kept equal to the API server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

from wahealth.kube.apiserver.api import ApiServer
from wahealth.kube.apiserver.reflector import RESYNC, Collection, Store, reflect
from wahealth.kube.inventory import pods, services
from wahealth.kube.inventory.kinds import KINDS
from wahealth.kube.inventory.names import Key, WorkloadRef
from wahealth.kube.inventory.part import Part
from wahealth.kube.inventory.pods import Pods
from wahealth.kube.inventory.services import Services
from wahealth.kube.inventory.workloads import Workload, Workloads


class Inventory:
    def __init__(self, left: Callable[[str], None] = lambda _: None) -> None:
        """`left` is told each address at which a pod runs no more."""
        self.pods = Pods(left)
        self.services = Services()
        self.workloads = {name: Workloads(kind) for name, kind in KINDS.items()}

    def workload(self, ref: WorkloadRef) -> Workload | None:
        """One that exists."""
        return self.workloads[ref.kind].get(Key(ref.namespace, ref.name))

    async def keep(
        self, api: ApiServer, synced: asyncio.Event, resync: float = RESYNC, namespaces: Sequence[str] = ()
    ) -> None:
        """Runs until cancelled; `synced` is set once everything was listed. `resync` in seconds; `namespaces`: of
        these alone."""
        collections = list(self._collections(namespaces))
        listed = [asyncio.Event() for _ in collections]
        async with asyncio.TaskGroup() as group:
            for (collection, store), event in zip(collections, listed, strict=True):
                group.create_task(reflect(api, collection, store, event, resync), name=f"reflect {collection.path}")
            for event in listed:
                await event.wait()
            synced.set()

    def _collections(self, namespaces: Sequence[str]) -> Iterator[tuple[Collection, Store]]:
        stores: list[tuple[str, Store]] = [(pods.PATH, self.pods), (services.PATH, self.services)]
        stores += [(KINDS[name].path, store) for name, store in self.workloads.items()]
        for path, store in stores:
            for collection in Collection(path).parts(namespaces):
                yield collection, Part(store) if namespaces else store
