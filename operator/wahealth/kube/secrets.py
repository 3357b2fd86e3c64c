"""Watches the metadata of labelled Secrets, to know at once when one changes. No value is ever read or held."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import chain

from wahealth.api import labels
from wahealth.core.instant import LONG_AGO
from wahealth.kube.apiserver.api import ApiServer, Document
from wahealth.kube.apiserver.lists import Collection
from wahealth.kube.apiserver.reflector import FirstList, reflect
from wahealth.kube.inventory.keys import Key, key_of

PATH = "/api/v1/secrets"

Changed = Callable[[Key], None]


class Versions:
    """The resourceVersion of each Secret. `changed` is called for each that is created, updated or deleted after the
    first list."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed
        self._heard = LONG_AGO
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

    def heard(self) -> None:
        """The API server has said all that happened so far."""
        self._heard = asyncio.get_running_loop().time()

    def shown(self, key: Key, version: str) -> float:
        """When the API server last said that this is the Secret's version (monotonic seconds); `LONG_AGO`: never."""
        return self._heard if self._versions.get(key) == version else LONG_AGO


class SecretWatch:
    """Watches the Secrets with any of our labels."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed
        self._stores: list[Versions] = []

    def shown(self, key: Key, version: str) -> float:
        """As `Versions.shown`, of all that are watched."""
        return max((store.shown(key, version) for store in self._stores), default=LONG_AGO)

    async def run(self, api: ApiServer, namespaces: Sequence[str] = ()) -> None:
        """Runs until cancelled. `namespaces`: watch these only; empty: all."""
        collections = [Collection(PATH, label, metadata_only=True).parts(namespaces) for label in labels.ALL]
        self._stores.clear()
        async with asyncio.TaskGroup() as group:
            for collection in chain.from_iterable(collections):
                store = Versions(self._changed)
                self._stores.append(store)
                reflecting = reflect(api, collection._replace(heard=store.heard), store, FirstList())
                group.create_task(reflecting, name=f"reflect {collection.label}")


def _version(object_: Document) -> str:
    return str(object_["metadata"]["resourceVersion"])
