"""Finds what the watch of the resources has missed: deletions, new resources, and newer versions of known ones.

It lists metadata only, and compares uid and resourceVersion. kopf does not report what was deleted while its watch was
interrupted, and an event may get lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from wahealth.api.v1alpha1 import PLURAL
from wahealth.kube.apiserver.api import ApiError, ApiServer, ApiUnavailable
from wahealth.kube.apiserver.backoff import Backoff
from wahealth.kube.apiserver.lists import Collection, pages
from wahealth.kube.apiserver.reflector import FORBIDDEN, allowed, refused_to_us
from wahealth.kube.apiserver.versions import is_older
from wahealth.kube.cluster import RESOURCES, Cluster, Gone
from wahealth.kube.entry import Ref
from wahealth.kube.scheduler import Scheduler
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

_RESOURCES = Collection(f"{RESOURCES}/{PLURAL}", metadata_only=True)
_SETTLING = 0.5  # seconds between two checks whether the watch has brought what the list shows
_PATIENCE = 6  # checks without any news from the watch
_SECOND_LOOK = 10.0  # seconds until a resource is read that was not found


class Listed(NamedTuple):
    ref: Ref
    version: str


class Pace(NamedTuple):
    """How often to list, and where."""

    every: float  # seconds
    namespaces: Sequence[str] = ()  # empty: all


class Resync:
    def __init__(self, api: ApiServer, cluster: Cluster, scheduler: Scheduler, pace: Pace) -> None:
        self._api = api
        self._cluster = cluster
        self._scheduler = scheduler
        self._every, self._namespaces = pace
        self._asked = asyncio.Event()
        self._not_found: asyncio.Queue[Ref] = asyncio.Queue()
        self.done = asyncio.Event()  # set once every resource was seen

    def trigger(self) -> None:
        """List soon: the watch was interrupted."""
        self._asked.set()

    def not_found(self, ref: Ref) -> None:
        """A write says that the resource does not exist. It is looked for once more: while a kind is created anew, the
        API server answers so for a moment, too."""
        self._not_found.put_nowait(ref)

    async def look_again(self) -> None:
        """Runs until cancelled."""
        while True:
            refs = {await self._not_found.get()}
            await asyncio.sleep(_SECOND_LOOK)
            while not self._not_found.empty():
                refs.add(self._not_found.get_nowait())
            for ref in refs:
                try:
                    await self._read(ref)
                except ApiUnavailable:
                    self.not_found(ref)
                except ApiError as error:
                    about = topic(f"look again {error.status}", error=str(error))
                    log.warning("resource not read again", extra=about)

    async def run(self) -> None:
        """Runs until cancelled."""
        backoff = Backoff()
        while True:
            self._asked.clear()
            try:
                await self._resync()
                self.done.set()
                backoff.reset()
                wait = self._every
            except ApiUnavailable:
                wait = backoff.next()  # `Outage` logs it
            except ApiError as error:
                about = topic("sweep", path=_RESOURCES.path, error=str(error))
                log.warning("resources not listed", extra=about)
                wait = backoff.next()
            try:
                async with asyncio.timeout(wait):
                    await self._asked.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(_SETTLING)

    async def _resync(self) -> None:
        before = self._scheduler.places()
        there, looked_at = await self._listed()
        for uid, namespace in before.items():
            if uid not in there and looked_at(namespace):
                log.info("missed a deletion: resource no longer exists", extra={"uid": uid})
                self._scheduler.remove(uid)
        for uid in await self._missed(there):
            await self._read(there[uid].ref)

    async def _missed(self, there: Mapping[str, Listed]) -> list[str]:
        """The uids that the watch has missed, once it has gone quiet: at the start it is still bringing them."""
        missing, still = self._missing(there), 0
        while missing and still < _PATIENCE:
            await asyncio.sleep(_SETTLING)
            before, missing = len(missing), self._missing(there)
            still = still + 1 if len(missing) >= before else 0
        return missing

    def _missing(self, there: Mapping[str, Listed]) -> list[str]:
        known = self._scheduler.versions()
        return [uid for uid, (_, version) in there.items() if uid not in known or is_older(known[uid], version)]

    async def _listed(self) -> tuple[dict[str, Listed], Callable[[str], bool]]:
        """What exists, by uid; and whether a namespace was listed. Raises `ApiError` when no namespace may be listed,
        and `ApiUnavailable`."""
        found: dict[str, Listed] = {}
        refused: dict[str, ApiError] = {}
        parts = _RESOURCES.parts(self._namespaces)
        for collection in parts:
            try:
                found.update(await self._all_of(collection))
            except ApiError as error:
                if error.status != FORBIDDEN:
                    raise
                refused[collection.named[0]] = error
                refused_to_us(collection)
                about = topic(f"sweep {collection.path}", path=collection.path, error=str(error))
                log.warning("resources not listed", extra=about)
            else:
                allowed(collection)
        if len(refused) == len(parts):
            raise next(iter(refused.values()))
        return found, lambda namespace: namespace not in refused

    async def _all_of(self, collection: Collection) -> dict[str, Listed]:
        found: dict[str, Listed] = {}
        async for page in pages(self._api, collection):
            for item in page["items"] or ():
                metadata = item["metadata"]
                ref = Ref(metadata["namespace"], metadata["name"])
                found[metadata["uid"]] = Listed(ref, metadata["resourceVersion"])
        return found

    async def _read(self, ref: Ref) -> None:
        try:
            self._scheduler.upsert(await self._cluster.read(ref))
        except Gone:
            return
