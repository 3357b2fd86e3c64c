"""Keeps a store equal to a collection of the API server: list in chunks, then watch, for ever.

After a gap the collection is listed anew and the store replaced, so that what vanished meanwhile is noticed. While the
API server is away the store stays as it was.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

from wahealth.kube.api import JSON, METADATA, METADATA_LIST, ApiError, ApiServer, ApiUnavailable, Document

log = logging.getLogger(__name__)

_CHUNK = 500
_LONGEST_PAUSE = 30.0
_WATCH_SECONDS = 300


class Store(Protocol):
    """What keeps the objects, in a form of its own."""

    def replace(self, objects: list[Document]) -> None: ...
    def put(self, object_: Document) -> None: ...
    def drop(self, object_: Document) -> None: ...


class Collection(NamedTuple):
    """`label`: only what has it. `metadata_only`: nothing else of each object comes over the wire."""

    path: str
    label: str = ""
    metadata_only: bool = False

    @property
    def query(self) -> dict[str, str]:
        return {"labelSelector": self.label} if self.label else {}


class Gone(Exception):
    """The resource version is too old to go on from: list anew."""


async def reflect(api: ApiServer, collection: Collection, store: Store, synced: asyncio.Event) -> None:
    """Runs until cancelled. `synced` is set after the first complete list."""
    pause = 0.0
    while True:
        try:
            version = await _listed(api, collection, store)
            synced.set()
            pause = 0.0
            await _watched(api, collection, store, version)
        except Gone:
            continue
        except (ApiError, ApiUnavailable) as error:
            pause = min(_LONGEST_PAUSE, max(1.0, pause * 2))
            log.warning(
                "watch interrupted", extra={"path": collection.path, "error": str(error), "pause_seconds": pause}
            )
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, guards nothing


async def _listed(api: ApiServer, collection: Collection, store: Store) -> str:
    objects: list[Document] = []
    page: Document = {}
    async for page in _pages(api, collection):
        objects += page["items"] or ()  # null, where metadata alone is asked for and there is nothing
    store.replace(objects)
    return str(page["metadata"]["resourceVersion"])


async def _pages(api: ApiServer, collection: Collection) -> AsyncIterator[Document]:
    accept = METADATA_LIST if collection.metadata_only else JSON
    more: dict[str, str] = collection.query
    while True:
        page = await api.read(collection.path, accept=accept, limit=_CHUNK, **more)
        yield page
        if not page["metadata"].get("continue"):
            return
        more = {**collection.query, "continue": page["metadata"]["continue"]}


async def _watched(api: ApiServer, collection: Collection, store: Store, version: str) -> None:
    """Follows the changes; the server ends each stream after some minutes and the next goes on where it ended."""
    while True:
        seconds = _WATCH_SECONDS + random.randrange(60)  # noqa: S311 - spreads load, guards nothing
        stream = api.watch(
            collection.path,
            accept=METADATA if collection.metadata_only else JSON,
            resourceVersion=version,
            allowWatchBookmarks="true",
            timeoutSeconds=seconds,
            **collection.query,
        )
        async for event in stream:
            version = _taken(event, store) or version


def _taken(event: Document, store: Store) -> str | None:
    """The resource version to go on from."""
    object_ = event["object"]
    match event["type"]:
        case "ADDED" | "MODIFIED":
            store.put(object_)
        case "DELETED":
            store.drop(object_)
        case "ERROR" if object_.get("code") == 410:
            raise Gone
        case "ERROR":
            raise ApiError(int(object_.get("code", 500)), str(object_.get("reason")))
        case _:
            pass
    version: str | None = object_["metadata"].get("resourceVersion")
    return version
