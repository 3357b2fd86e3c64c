"""Counts what changes in the inventory, by namespace, so that a round can tell whether anything has."""

from __future__ import annotations

from collections import Counter

from wahealth.kube.apiserver.api import Document
from wahealth.kube.apiserver.reflector import Store


class Changes:
    def __init__(self) -> None:
        self._of: Counter[str] = Counter()  # by namespace
        self._everywhere = 0

    def count(self, namespace: str) -> int:
        """A number that was never smaller, and grows with each change that may concern the namespace."""
        return self._everywhere + self._of[namespace]

    def in_namespace(self, namespace: str) -> None:
        self._of[namespace] += 1

    def everywhere(self) -> None:
        """Something changed, or may have, in any namespace."""
        self._everywhere += 1


class Counted:
    """A `Store` whose changes are counted."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._changes = changes

    def replace(self, objects: list[Document]) -> None:
        self._changes.everywhere()
        self._store.replace(objects)

    def put(self, object_: Document) -> None:
        self._changes.in_namespace(object_["metadata"]["namespace"])
        self._store.put(object_)

    def drop(self, object_: Document) -> None:
        self._changes.in_namespace(object_["metadata"]["namespace"])
        self._store.drop(object_)
