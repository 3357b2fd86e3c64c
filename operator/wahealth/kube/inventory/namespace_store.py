"""One namespace's part of a store, for an operator that watches some namespaces and lists each on its own."""

from __future__ import annotations

from wahealth.kube.apiserver.api import Document
from wahealth.kube.apiserver.reflector import Store
from wahealth.kube.inventory.keys import Key, key_of


class NamespaceStore:
    """A `Store` whose `replace` drops only what this namespace had before."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._there: set[Key] = set()

    def replace(self, objects: list[Document]) -> None:
        there = {key_of(object_) for object_ in objects}
        for gone in self._there - there:
            self._store.drop({"metadata": gone._asdict()})
        for object_ in objects:
            self._store.put(object_)
        self._there = there

    def put(self, object_: Document) -> None:
        self._there.add(key_of(object_))
        self._store.put(object_)

    def drop(self, object_: Document) -> None:
        self._there.discard(key_of(object_))
        self._store.drop(object_)
