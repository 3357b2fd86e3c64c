"""The inventory as a whole, kept equal to the API server by watches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence, Set

from wahealth.kube.apiserver.api import ApiServer
from wahealth.kube.apiserver.lists import Collection
from wahealth.kube.apiserver.reflector import RESYNC, FirstList, Store, reflect
from wahealth.kube.inventory import pods, services
from wahealth.kube.inventory.changes import Changes, Counted
from wahealth.kube.inventory.keys import Key, WorkloadRef
from wahealth.kube.inventory.kinds import BASIC, KINDS
from wahealth.kube.inventory.lean import lean
from wahealth.kube.inventory.namespace_store import NamespaceStore
from wahealth.kube.inventory.pods import Pods
from wahealth.kube.inventory.services import Services
from wahealth.kube.inventory.single_instances import SingleInstances
from wahealth.kube.inventory.workloads import Workload, Workloads


class Inventory:
    def __init__(self, left: Callable[[str], None] = lambda _: None, kinds: Set[str] = frozenset()) -> None:
        """`left` is called with each address at which a pod does not run any more. `kinds`: the optional kinds to
        watch."""
        self.pods = Pods(left)
        self.services = Services()
        self.single_instances, self.changes = SingleInstances(), Changes()
        watched = {name: kind for name, kind in KINDS.items() if name in BASIC | kinds}
        self.workloads = {
            name: Workloads(kind, name, self.single_instances, self.changes.everywhere)
            for name, kind in watched.items()
        }
        self._lists: dict[str, FirstList] = {}  # by path

    def workload(self, ref: WorkloadRef) -> Workload | None:
        """None when it does not exist. Raises `KeyError` for a kind that is not watched."""
        return self.workloads[ref.kind].get(Key(ref.namespace, ref.name))

    def is_not_watched(self, kind: str) -> bool:
        return kind not in self.workloads

    def is_not_served(self, kind: str) -> bool:
        """Whether the cluster has no such kind."""
        return any(first.absent for path, first in self._lists.items() if path.endswith(f"/{KINDS[kind].plural}"))

    def may_not_list(self, ref: WorkloadRef) -> bool:
        """Whether we have no right to list its kind, everywhere or in its namespace, so its existence is unknown."""
        return self._refused(KINDS[ref.kind].path, ref.namespace)

    def may_not_see(self, path: str, namespace: str) -> bool:
        """Whether we have no right to list pods or Services (`path`) in the namespace."""
        return self._refused(path, namespace)

    def _refused(self, path: str, namespace: str) -> bool:
        everywhere = Collection(path)
        collections = (everywhere, *everywhere.parts([namespace]))
        return any(first.refused for one in collections if (first := self._lists.get(one.path)))

    async def run(
        self, api: ApiServer, synced: asyncio.Event, resync: float = RESYNC, namespaces: Sequence[str] = ()
    ) -> None:
        """Runs until cancelled. `synced` is set once everything was listed that we may list.

        Kinds of workloads may be refused; pods and Services must be listed in at least one of the `namespaces` (empty:
        everywhere). `resync`: seconds between two lists.
        """
        async with asyncio.TaskGroup() as group:
            needed = [asyncio.Event() for _ in self._needed()]
            for collection, store, first in self._collections(namespaces, needed):
                self._lists[collection.path] = first
                group.create_task(reflect(api, collection, store, first, resync), name=f"reflect {collection.path}")
            for first in self._lists.values():
                await first.settled.wait()
            for one_of_them in needed:
                await one_of_them.wait()
            synced.set()

    def _needed(self) -> Sequence[tuple[str, Store]]:
        return [(pods.PATH, self.pods), (services.PATH, self.services)]

    def _collections(
        self, namespaces: Sequence[str], needed: Sequence[asyncio.Event]
    ) -> Iterator[tuple[Collection, Store, FirstList]]:
        """What to reflect, and into which store. `needed`: per `_needed`, set once one namespace was listed."""
        for (path, store), one_of_them in zip(self._needed(), needed, strict=True):
            for collection in Collection(path, kept=lean).parts(namespaces):
                first = FirstList(needed=not namespaces, one_of_them=one_of_them, turned=self.changes.everywhere)
                yield collection, self._store(store, namespaces), first
        for name, workloads in self.workloads.items():
            for collection in Collection(KINDS[name].path, kept=lean).parts(namespaces):
                first = FirstList(needed=False, turned=self.changes.everywhere)
                yield collection, self._store(workloads, namespaces), first

    def _store(self, store: Store, namespaces: Sequence[str]) -> Store:
        return Counted(NamespaceStore(store) if namespaces else store, self.changes)
