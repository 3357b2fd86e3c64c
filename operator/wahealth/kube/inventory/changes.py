"""Counts what changes in the inventory, by namespace, so that a round can tell whether anything has."""

from __future__ import annotations

from wahealth.kube.apiserver.api import Document
from wahealth.kube.apiserver.reflector import Store
from wahealth.kube.inventory.keys import Key, key_of


class Changes:
    def __init__(self) -> None:
        self._of: dict[str, int] = {}  # by namespace
        self._everywhere = 0

    def count(self, namespace: str) -> int:
        """A number that was never smaller, and grows with each change that may concern the namespace."""
        return self._everywhere + self._of.get(namespace, 0)

    def in_namespace(self, namespace: str) -> None:
        self._of[namespace] = self._of.get(namespace, 0) + 1

    def everywhere(self) -> None:
        """Something changed, or may have, in any namespace."""
        self._everywhere += 1


class Counted:
    """A `Store` whose changes are counted: an object that is listed again with the version that it had has not changed,
    and most lists show nothing new."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._changes = changes
        self._versions: dict[Key, str | None] = {}

    def replace(self, objects: list[Document]) -> None:
        before, now = self._versions, {key_of(one): _version(one) for one in objects}
        both = before.keys() | now.keys()
        changed = [key for key in both if now.get(key) is None or before.get(key) != now[key]]
        for namespace in {key.namespace for key in changed}:
            self._changes.in_namespace(namespace)
        self._versions = now
        self._store.replace(objects)

    def put(self, object_: Document) -> None:
        key = key_of(object_)
        self._changes.in_namespace(key.namespace)
        self._versions[key] = _version(object_)
        self._store.put(object_)

    def drop(self, object_: Document) -> None:
        key = key_of(object_)
        self._changes.in_namespace(key.namespace)
        self._versions.pop(key, None)
        self._store.drop(object_)


def _version(object_: Document) -> str | None:
    """None: not known, so that it is never the same."""
    version: str | None = object_["metadata"].get("resourceVersion")
    return version
