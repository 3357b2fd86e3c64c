"""Keeps a fleet current: a list in pages, then a watch, and whatever breaks is begun again.

A page is never emptied for it: a second list changes what differs.
"""

from __future__ import annotations

import asyncio
import random
from typing import NamedTuple

from wahealth.kubeconfig.problem import NotUsable
from wahealth.wa import document as read
from wahealth.wa.board.frozen import frozen
from wahealth.wa.board.map import Map
from wahealth.wa.board.signed import SignedIn
from wahealth.wa.cluster import CLIENTS, Change, Cluster, path
from wahealth.wa.document import Document
from wahealth.wa.freshness import Operators, Where, operators
from wahealth.wa.problem import Unusable
from wahealth.wa.refused import Refused, Right, no_clients, not_seen
from wahealth.wa.screen import capital

_LEASES = 10.0  # seconds between two looks at the Leases
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 30.0  # seconds, until something is tried again
_BETWEEN = 0.2  # seconds between a watch that has ended and the next
_TOO_OLD = 410


class Scope(NamedTuple):
    """What the board shows. `namespace` empty: all of them. `timeout`: seconds of a request; None bounds none."""

    namespace: str
    where: Where
    timeout: float | None


def unwatched(found: Operators) -> str:
    """A sentence where nobody looks after some clients any more, or that cannot be told."""
    if found.missing:
        return f"Whether an operator still looks is not known, because {found.missing}."
    gone = [watch.holder for watch in found.watches if not watch.is_kept]
    if not gone:
        return ""
    whom = "these clients" if len(gone) == len(found.watches) else f"{len(gone)} of {len(found.watches)} shards"
    held = " and ".join(dict.fromkeys(gone))
    return f"No operator looks after {whom} any more: the last was {held}. Start it, or find out why it does not run."


class MapFeed:
    """Reads for one fleet; signs in anew whenever something went wrong."""

    def __init__(self, fleet: Map, scope: Scope, signed: SignedIn) -> None:
        self._fleet, self._scope, self._signed = fleet, scope, signed
        self._watching = False

    async def run(self) -> None:
        """Never ends."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._clients())
            both.create_task(self._leases())

    async def _clients(self) -> None:
        wait = _FIRST_WAIT
        while True:
            try:
                await self._listed_and_watched(await self._signed.cluster())
            except Refused as refused:
                if refused.status != _TOO_OLD:
                    self._lost(not_seen(refused, Right("watch", CLIENTS.plural, self._scope.namespace)))
            except (Unusable, NotUsable) as error:
                self._lost(str(error))
            except TimeoutError:
                self._lost(f"no answer within {self._scope.timeout:g} s")
            if self._watching:
                wait = _FIRST_WAIT
            self._watching = False
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - spreads the load
            wait = min(2 * wait, _LONGEST_WAIT)

    async def _listed_and_watched(self, cluster: Cluster) -> None:
        """Ends with what goes wrong; that the API server ends a watch now and then is no fault."""
        version = await self._listed(cluster)
        self._fleet.at(cluster.now)
        while True:
            self._current()
            version = await self._watched(cluster, version)
            await asyncio.sleep(_BETWEEN)

    async def _watched(self, cluster: Cluster, version: str) -> str:
        """One watch, until the API server ends it. Returns the version that it has come to."""
        async with cluster.watch(CLIENTS, self._scope.namespace, version) as changes:
            async for change in changes:
                self._take(change)
                version = change.version or version
        return version

    async def _listed(self, cluster: Cluster) -> str:
        """Reads the list and returns its version."""
        seen: set[tuple[str, str]] = set()
        more = ""
        while True:
            options: dict[str, str | int] = {"limit": CLIENTS.page, **({"continue": more} if more else {})}
            page = await self._page(cluster, options)
            seen |= self._fleet.put(read.objects(page, "items"))
            more = read.text(page, "metadata", "continue", longest=4096)
            if not more:
                self._fleet.only(seen)
                return read.text(page, "metadata", "resourceVersion")

    async def _page(self, cluster: Cluster, options: dict[str, str | int]) -> Document:
        try:
            async with asyncio.timeout(self._scope.timeout):
                return await cluster.get(path(CLIENTS, self._scope.namespace, "", **options))
        except Refused as refused:
            if refused.status == _TOO_OLD:
                raise
            raise Unusable(no_clients(refused, Right("list", CLIENTS.plural, self._scope.namespace))) from None

    def _take(self, change: Change) -> None:
        if change.kind in {"ADDED", "MODIFIED"}:
            self._fleet.put([change.object])
        elif change.kind == "DELETED":
            self._fleet.remove([change.key])

    async def _leases(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._scope.timeout):
                    await self._looked(await self._signed.cluster())
                if self._watching:
                    self._current()
            except (Unusable, NotUsable, TimeoutError) as error:
                self._lost(str(error) or f"no answer within {self._scope.timeout:g} s")
            await asyncio.sleep(_LEASES)

    async def _looked(self, cluster: Cluster) -> None:
        found, sentence = await asyncio.gather(
            operators(cluster, self._scope.where), frozen(cluster, self._scope.where.namespace)
        )
        self._fleet.at(cluster.now)
        self._fleet.watched_by(found)
        self._fleet.become(frozen=sentence, unwatched=unwatched(found))

    def _current(self) -> None:
        self._watching = True
        if self._fleet.state.lost is not None or not self._fleet.state.listed:
            self._fleet.become(listed=True, lost=None, why="")

    def _lost(self, why: str) -> None:
        self._signed.failed()
        state = self._fleet.state
        lost = state.lost if state.lost is not None else int(self._fleet.now)
        self._fleet.become(lost=lost, why=capital(f"{why}."))
