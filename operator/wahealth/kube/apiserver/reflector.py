"""Keeps a store equal to a collection of the API server: list in chunks, then watch, for ever.

A watch that breaks off goes on where it ended. Only after a gap, and every `resync` seconds, because an event may get
lost on its way, the collection is listed anew and the store replaced; never by a list that is older than what is
known already. While the API server is away the store stays as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple, Protocol

from wahealth.kube.apiserver.api import (
    JSON,
    METADATA,
    METADATA_LIST,
    ApiError,
    ApiServer,
    ApiUnavailable,
    Document,
    refused,
)
from wahealth.kube.apiserver.backoff import Backoff
from wahealth.kube.apiserver.session import TOO_OLD
from wahealth.kube.apiserver.versions import is_older
from wahealth.telemetry import metrics
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

RESYNC = 600.0  # seconds
_CHUNK = 500
_WATCH_SECONDS = 300
_LASTING = 5.0  # seconds after which a watch, or a list's being good, counts as a success
_BETWEEN_LISTS = 20.0  # seconds at least, but for the first few
FORBIDDEN, _NOT_FOUND = 403, 404


class Store(Protocol):
    """What keeps the objects, in a form of its own."""

    def replace(self, objects: list[Document]) -> None: ...
    def put(self, object_: Document) -> None: ...
    def drop(self, object_: Document) -> None: ...


def whole(object_: Document) -> Document:
    return object_


class Collection(NamedTuple):
    """`label`: only what has it. `metadata_only`: nothing else of each object comes over the wire. `kept`: what is held
    of each until a list is complete."""

    path: str
    label: str = ""
    metadata_only: bool = False
    kept: Callable[[Document], Document] = whole

    def parts(self, namespaces: Sequence[str]) -> list[Collection]:
        """Itself, of all namespaces; or one for each of these."""
        if not namespaces:
            return [self]
        group, _, plural = self.path.rpartition("/")
        return [self._replace(path=f"{group}/namespaces/{each}/{plural}") for each in namespaces]

    @property
    def named(self) -> tuple[str, str]:
        """Its namespace, empty for all, and what it is of."""
        *_, kind, namespace, plural = ("", "", *self.path.split("/"))
        return (namespace if kind == "namespaces" else "", plural)

    @property
    def query(self) -> dict[str, str]:
        return {"labelSelector": self.label} if self.label else {}


class FirstList:
    """Of a collection: `settled` once it was complete; or, where it is not `needed`, once it was refused, for we may
    not list that, or once it is known to be `absent`, for the cluster has no such kind. It is asked for again and
    again, and both end with it."""

    def __init__(self, needed: bool = True, one_of_them: asyncio.Event | None = None) -> None:
        """`one_of_them`: set once it was complete, it or another that is as good."""
        self.settled = asyncio.Event()
        self.refused = False
        self.absent = False
        self._needed = needed
        self._one_of_them = one_of_them or self.settled
        self._complete = False

    def done(self) -> None:
        self._complete, self.refused, self.absent = True, False, False
        self.settled.set()
        self._one_of_them.set()

    def is_absent(self, status: int) -> bool:
        """As the status of a refusal says. What was listed once is known, and stays known."""
        self.absent = status == _NOT_FOUND and not self._needed
        self.refused = self.refused or (status == FORBIDDEN and not self._complete)
        if self.absent or (self.refused and not self._needed):
            self.settled.set()
        return self.absent


async def reflect(
    api: ApiServer, collection: Collection, store: Store, first: FirstList, resync: float = RESYNC
) -> None:
    """Runs until cancelled."""
    loop, backoff = asyncio.get_running_loop(), Backoff(_LASTING)
    version, listed, relist = "", float("-inf"), float("-inf")
    told = False  # that we may not
    while True:
        began = loop.time()
        try:
            if not version or began >= relist:
                version = await _listed(api, collection, store, version)
                listed = loop.time()
                relist = listed + resync * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, guards nothing
                first.done()
                told = told and allowed(collection)
            async with asyncio.timeout_at(relist):
                async for seen in _watched(api, collection, store, version):
                    version = seen
                    told = told and allowed(collection)
        except TimeoutError:
            relist = began  # time to list anew, whatever the loop's clock says: its timers end within its resolution
            continue
        except ApiUnavailable:
            pass  # the outage is told of elsewhere
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
            else:  # the version is too old to go on from, as happens
                log.info("watch expired: listing again", extra=about)
                version = ""
                if loop.time() - listed >= _BETWEEN_LISTS:
                    continue
        await asyncio.sleep(backoff.next(loop.time() - began))


def _is_refusal(error: ApiError, collection: Collection) -> bool:
    return error.status == FORBIDDEN and refused_to_us(collection)


def refused_to_us(collection: Collection) -> bool:
    """It is told by a metric, until it is allowed."""
    metrics.watch_refused.labels(*collection.named).set(1)
    return True


def allowed(collection: Collection) -> bool:
    """It is told no more."""
    with contextlib.suppress(KeyError):
        metrics.watch_refused.remove(*collection.named)
    return False


async def _listed(api: ApiServer, collection: Collection, store: Store, known: str) -> str:
    """The resource version of the list. Raises `ApiUnavailable` for one that is older than what is `known`."""
    objects: list[Document] = []
    page: Document = {}
    async for page in pages(api, collection):
        found = page["items"] or ()  # null, where metadata alone is asked for and there is nothing
        objects += map(collection.kept, found)
    version = str(page["metadata"]["resourceVersion"])
    if is_older(version, known):
        raise ApiUnavailable("the list is older than what is known")
    store.replace(objects)
    return version


async def pages(api: ApiServer, collection: Collection) -> AsyncIterator[Document]:
    accept = METADATA_LIST if collection.metadata_only else JSON
    more: dict[str, str] = collection.query
    while True:
        page = await api.read(collection.path, accept=accept, limit=_CHUNK, **more)
        yield page
        if not page["metadata"].get("continue"):
            return
        more = {**collection.query, "continue": page["metadata"]["continue"]}


async def _watched(api: ApiServer, collection: Collection, store: Store, version: str) -> AsyncIterator[str]:
    """Follows the changes until the server ends the stream: the resource version after each."""
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
    """The resource version to go on from."""
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
