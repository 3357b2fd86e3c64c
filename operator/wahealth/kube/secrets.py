"""Watches the metadata of labelled Secrets, to know at once when one changes. No value is ever read or held."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from wahealth.api import labels
from wahealth.kube.apiserver.api import ApiServer, Document
from wahealth.kube.apiserver.reflector import Collection, FirstList, reflect
from wahealth.kube.inventory.keys import Key, key_of

PATH = "/api/v1/secrets"

Changed = Callable[[Key], None]


class Versions:
    """The resourceVersion of each Secret. `changed` is called for each that is created, updated or deleted after the
    first list."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed
        self._versions: dict[Key, str] = {}
        self._listed = False

    def replace(self, objects: list[Document]) -> None:
        before, now = self._versions, {key_of(one): _version(one) for one in objects}
        others = [key for key in before.keys() | now.keys() if before.get(key) != now.get(key)]
        for key in others if self._listed else ():
            self._changed(key)
        self._versions, self._listed = now, True

    def put(self, object_: Document) -> None:
        key, version = key_of(object_), _version(object_)
        if self._versions.get(key) != version:
            self._versions[key] = version
            self._changed(key)

    def drop(self, object_: Document) -> None:
        key = key_of(object_)
        self._versions.pop(key, None)
        self._changed(key)


async def watch(api: ApiServer, changed: Changed, namespaces: Sequence[str] = ()) -> None:
    """Runs until cancelled. `namespaces`: watch these only; empty: all."""
    async with asyncio.TaskGroup() as group:
        for label in labels.ALL:
            for collection in Collection(PATH, label, metadata_only=True).parts(namespaces):
                group.create_task(reflect(api, collection, Versions(changed), FirstList()), name=f"reflect {label}")


def _version(object_: Document) -> str:
    return str(object_["metadata"]["resourceVersion"])
