"""The inventory as a whole, kept equal to the API server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

from wahealth.kube.apiserver.api import ApiServer
from wahealth.kube.apiserver.reflector import RESYNC, Collection, FirstList, Store, reflect
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
        self._lists: dict[str, FirstList] = {}  # by path

    def workload(self, ref: WorkloadRef) -> Workload | None:
        """One that exists."""
        return self.workloads[ref.kind].get(Key(ref.namespace, ref.name))

    def may_not_list(self, ref: WorkloadRef) -> bool:
        """Whether it exists is not known: we have no right to list its kind, everywhere or in its namespace."""
        everywhere = Collection(KINDS[ref.kind].path)
        collections = (everywhere, *everywhere.parts([ref.namespace]))
        return any(first.refused for one in collections if (first := self._lists.get(one.path)))

    async def keep(
        self, api: ApiServer, synced: asyncio.Event, resync: float = RESYNC, namespaces: Sequence[str] = ()
    ) -> None:
        """Runs until cancelled; `synced` is set once everything was listed, but kinds of workloads that we may not
        list. `resync` in seconds; `namespaces`: of these alone."""
        async with asyncio.TaskGroup() as group:
            for collection, store, first in self._collections(namespaces):
                self._lists[collection.path] = first
                group.create_task(reflect(api, collection, store, first, resync), name=f"reflect {collection.path}")
            for first in self._lists.values():
                await first.settled.wait()
            synced.set()

    def _collections(self, namespaces: Sequence[str]) -> Iterator[tuple[Collection, Store, FirstList]]:
        stores: list[tuple[str, Store, bool]] = [(pods.PATH, self.pods, True), (services.PATH, self.services, True)]
        stores += [(KINDS[name].path, store, False) for name, store in self.workloads.items()]
        for path, store, needed in stores:
            for collection in Collection(path).parts(namespaces):
                yield collection, Part(store) if namespaces else store, FirstList(needed)
