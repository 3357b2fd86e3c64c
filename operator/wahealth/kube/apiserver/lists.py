"""All objects of a collection: in pages, or as one stream of events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

from wahealth.kube.apiserver.api import (
    JSON,
    METADATA,
    METADATA_LIST,
    ApiError,
    ApiServer,
    ApiUnavailable,
    Document,
)

_CHUNK = 500
_SILENCE = 10.0  # seconds without an event, after which a streamed list is given up
_END = "k8s.io/initial-events-end"  # an annotation of the bookmark that ends a streamed list


def whole(object_: Document) -> Document:
    return object_


def unheard() -> None:
    """Nobody wants to know."""


class Collection(NamedTuple):
    """Objects of one kind, everywhere or in one namespace."""

    path: str  # such as /api/v1/pods or /api/v1/namespaces/acme/pods
    label: str = ""  # a label selector
    metadata_only: bool = False  # request nothing else of each object
    kept: Callable[[Document], Document] = whole  # what is held of each object until a list is complete
    heard: Callable[[], None] = unheard  # called whenever the store is as the API server says, changed or not

    def parts(self, namespaces: Sequence[str]) -> list[Collection]:
        """One collection for each namespace; this one, of all namespaces, when none is given."""
        if not namespaces:
            return [self]
        group, _, plural = self.path.rpartition("/")
        return [self._replace(path=f"{group}/namespaces/{each}/{plural}") for each in namespaces]

    @property
    def named(self) -> tuple[str, str]:
        """Namespace (empty for all) and plural, such as ("acme", "pods")."""
        *_, kind, namespace, plural = ("", "", *self.path.split("/"))
        return (namespace if kind == "namespaces" else "", plural)

    @property
    def query(self) -> dict[str, str]:
        return {"labelSelector": self.label} if self.label else {}


async def everything(api: ApiServer, collection: Collection, may_stream: bool = False) -> tuple[list[Document], str]:
    """All objects, and the resourceVersion of them together. `may_stream`: what does not fit into one page is streamed,
    if it can be. Raises `ApiError` and `ApiUnavailable`."""
    objects: list[Document] = []
    page: Document = {}
    async for page in pages(api, collection):
        more = page["metadata"].get("continue")
        if may_stream and more and (streamed := await stream(api, collection)):
            return streamed
        may_stream = False
        objects += map(collection.kept, page["items"] or ())  # null in an empty list of metadata
    return objects, str(page["metadata"]["resourceVersion"])


async def pages(api: ApiServer, collection: Collection) -> AsyncIterator[Document]:
    """The pages of a list, each {"metadata": {"resourceVersion": …}, "items": […] or null}."""
    accept = METADATA_LIST if collection.metadata_only else JSON
    more: dict[str, str] = collection.query
    while True:
        page = await api.read(collection.path, accept=accept, limit=_CHUNK, **more)
        yield page
        if not page["metadata"].get("continue"):
            return
        more = {**collection.query, "continue": page["metadata"]["continue"]}


async def stream(api: ApiServer, collection: Collection) -> tuple[list[Document], str] | None:
    """The same by a streamed list, which costs both sides less (docs/performance.md). None where that fails for any
    reason; the most usual one is an API server that does not stream lists."""
    try:
        async with asyncio.timeout(_SILENCE) as limit:
            return await _streamed(api, collection, limit)
    except (ApiError, ApiUnavailable, TimeoutError):
        return None


async def _streamed(
    api: ApiServer, collection: Collection, limit: asyncio.Timeout
) -> tuple[list[Document], str] | None:
    now = asyncio.get_running_loop().time
    found: dict[tuple[str, str], Document] = {}
    events = api.watch(
        collection.path,
        accept=METADATA if collection.metadata_only else JSON,
        sendInitialEvents="true",
        resourceVersionMatch="NotOlderThan",
        allowWatchBookmarks="true",
        **collection.query,
    )
    async with contextlib.aclosing(events):
        async for event in events:
            limit.reschedule(now() + _SILENCE)
            metadata = event["object"].get("metadata") or {}
            match event["type"]:
                case "ADDED" | "MODIFIED":
                    found[metadata["namespace"], metadata["name"]] = collection.kept(event["object"])
                case "DELETED":
                    found.pop((metadata["namespace"], metadata["name"]), None)
                case "BOOKMARK" if _END in (metadata.get("annotations") or {}):
                    return list(found.values()), str(metadata["resourceVersion"])
                case "ERROR":
                    return None
                case _:
                    pass
    return None
