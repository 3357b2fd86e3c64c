"""Keeps a store equal to a collection of the API server: list, then watch, forever.

A watch that breaks off continues where it ended. The collection is listed again only after a gap, and every `resync`
seconds, because an event may get lost. A list that is older than what is known never replaces the store. While the
API server is unavailable the store stays as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from wahealth.kube.apiserver.api import (
    JSON,
    METADATA,
    ApiError,
    ApiServer,
    ApiUnavailable,
    Document,
    refused,
)
from wahealth.kube.apiserver.backoff import Backoff
from wahealth.kube.apiserver.lists import Collection, everything, unheard
from wahealth.kube.apiserver.session import TOO_OLD
from wahealth.kube.apiserver.versions import is_older
from wahealth.telemetry import metrics
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

RESYNC = 600.0  # seconds
_WATCH_SECONDS = 300
_LASTING = 5.0  # seconds after which a list and its watch count as a success
_BETWEEN_LISTS = 20.0  # seconds between two lists at least, after expired watches
FORBIDDEN, _NOT_FOUND = 403, 404


class Store(Protocol):
    """Holds the objects, in a form of its own."""

    def replace(self, objects: list[Document]) -> None: ...
    def put(self, object_: Document) -> None: ...
    def drop(self, object_: Document) -> None: ...


class FirstList:
    """How far the first list of a collection is.

    `settled` is set once the list is complete. For a collection that is not `needed` it is also set once the list was
    `refused` (HTTP 403), or the kind is known to be `absent` (HTTP 404). The list is tried again in both cases, and a
    complete one ends them.
    """

    def __init__(
        self,
        needed: bool = True,
        one_of_them: asyncio.Event | None = None,
        turned: Callable[[], None] = unheard,
    ) -> None:
        """`one_of_them`: also set once the list is complete; collections of which one is enough share it. `turned` is
        called when `refused` or `absent` change."""
        self._turned = turned
        self.settled = asyncio.Event()
        self.refused = False
        self.absent = False
        self._needed = needed
        self._one_of_them = one_of_them or self.settled
        self._complete = False

    def done(self) -> None:
        """The list is complete."""
        self._complete = True
        self._turn(refused=False, absent=False)
        self.settled.set()
        self._one_of_them.set()

    def is_absent(self, status: int) -> bool:
        """Note a refusal by its HTTP status: True when the cluster has no such kind."""
        absent = status == _NOT_FOUND and not self._needed
        self._turn(refused=self.refused or (status == FORBIDDEN and not self._complete), absent=absent)
        if self.absent or (self.refused and not self._needed):
            self.settled.set()
        return self.absent

    def _turn(self, refused: bool, absent: bool) -> None:
        before, self.refused, self.absent = (self.refused, self.absent), refused, absent
        if before != (refused, absent):
            self._turned()


async def reflect(
    api: ApiServer, collection: Collection, store: Store, first: FirstList, resync: float = RESYNC
) -> None:
    """Runs until cancelled. `resync`: seconds between two lists, with jitter of a tenth."""
    loop, backoff = asyncio.get_running_loop(), Backoff(_LASTING)
    version, listed, relist = "", float("-inf"), float("-inf")
    told = False  # the metric says that we may not list or watch this
    while True:
        began = loop.time()
        try:
            if not version or began >= relist:
                version = await _listed(api, collection, store, version)
                listed = loop.time()
                relist = listed + resync * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, guards nothing
                first.done()
                collection.heard()
                told = told and allowed(collection)
            async with asyncio.timeout_at(relist):
                async for seen in _watched(api, collection, store, version):
                    version = seen
                    collection.heard()
                    told = told and allowed(collection)
        except TimeoutError:
            relist = began  # list again, whatever the loop's clock says: its timers end within its resolution
            continue
        except ApiUnavailable:
            pass  # `Outage` logs it
        except ApiError as error:
            told = _is_refusal(error, collection) or told
            if first.is_absent(error.status):
                log.info("kind not served by the API server", extra={"path": collection.path})
                version = ""
                await asyncio.sleep(resync)
                continue
            about = topic(f"watch {collection.path} {error.status}", path=collection.path, error=str(error))
            if error.status != TOO_OLD:
                log.warning("watch interrupted", extra=about)
            else:  # the resourceVersion is too old to continue from, which is normal
                log.info("watch expired: listing again", extra=about)
                version = ""
                if loop.time() - listed >= _BETWEEN_LISTS:
                    continue
        await asyncio.sleep(backoff.next(loop.time() - began))


def _is_refusal(error: ApiError, collection: Collection) -> bool:
    return error.status == FORBIDDEN and refused_to_us(collection)


def refused_to_us(collection: Collection) -> bool:
    """Set the metric that reports the missing right, until `allowed`. Always True."""
    metrics.watch_refused.labels(*collection.named).set(1)
    return True


def allowed(collection: Collection) -> bool:
    """Remove the metric. Always False."""
    with contextlib.suppress(KeyError):
        metrics.watch_refused.remove(*collection.named)
    return False


async def _listed(api: ApiServer, collection: Collection, store: Store, known: str) -> str:
    """Replace the store by a list: its resourceVersion. `known`: the version of the store; a list that is older raises
    `ApiUnavailable`.

    Only the first list is streamed: a later one is there to find what no event told of, so it comes another way."""
    objects, version = await everything(api, collection, may_stream=not known)
    if is_older(version, known):
        raise ApiUnavailable("the list is older than what is known")
    store.replace(objects)
    return version


async def _watched(api: ApiServer, collection: Collection, store: Store, version: str) -> AsyncIterator[str]:
    """Apply changes to the store until the server ends the stream: the resourceVersion after each."""
    seconds = _WATCH_SECONDS + random.randrange(60)  # noqa: S311 - spreads load, guards nothing
    stream = api.watch(
        collection.path,
        accept=METADATA if collection.metadata_only else JSON,
        resourceVersion=version,
        allowWatchBookmarks="true",
        timeoutSeconds=seconds,
        **collection.query,
    )
    async with contextlib.aclosing(stream):
        async for event in stream:
            version = _taken(event, store) or version
            yield version


def _taken(event: Document, store: Store) -> str | None:
    """Apply one event: the resourceVersion to continue from. Raises `ApiError` and `ApiUnavailable` for an ERROR."""
    object_ = event["object"]
    match event["type"]:
        case "ADDED" | "MODIFIED":
            store.put(object_)
        case "DELETED":
            store.drop(object_)
        case "ERROR":
            raise refused(int(object_.get("code") or 500), str(object_.get("reason")))
        case _:
            pass
    version: str | None = (object_.get("metadata") or {}).get("resourceVersion")
    return version
