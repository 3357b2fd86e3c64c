"""All clients, kept current: a list in pages, then a watch that mends itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from wahealth.wa.client import client_of
from wahealth.wa.cluster import CLIENTS, Change, Cluster, Page
from wahealth.wa.fleet import Row, ranked, row_of
from wahealth.wa.freshness import Operators, Where, operators
from wahealth.wa.problem import Unusable
from wahealth.wa.refused import Refused, Right, no_clients

_LEASES = 5.0  # seconds from one look at the Leases to the next; it also tells whether the API server still answers
_PAUSES = (1.0, 2.0, 5.0, 10.0)  # seconds until a broken watch is tried again
_BETWEEN = 0.2  # seconds from the end of a watch to the next
_GONE = 410
Key = tuple[str, str]


class Trouble(NamedTuple):
    """Why nothing new comes, and since when (monotonic)."""

    says: str
    since: float


class Feed:
    """Clients of a namespace (empty: of all). `version` grows with each change; `complete` tells whether the list has
    been read to its end."""

    def __init__(self, cluster: Cluster, namespace: str, where: Where, patience: float | None) -> None:
        self.namespace = namespace
        self.version = 0
        self.complete = False
        self.operators = Operators()
        self._cluster, self._where, self._patience = cluster, where, patience
        self._rows: dict[Key, Row] = {}
        self._into = self._rows  # what the list is read into
        self._pages = self._cluster.clients(namespace)
        self._listed = ""  # the version that the next watch goes on from
        self._fails = 0
        self._troubles: dict[str, Trouble] = {}
        self._ahead = timedelta()  # of the API server's clock before ours

    @property
    def now(self) -> datetime:
        """The time by the API server's clock."""
        return datetime.now(UTC) + self._ahead

    @property
    def trouble(self) -> Trouble | None:
        """The oldest one."""
        return min(self._troubles.values(), key=lambda each: each.since, default=None)

    def ranked(self) -> list[Row]:
        """All rows as far as somebody still looks, the worst first."""
        return ranked(self._rows.values(), self.operators, self.now)

    async def begin(self) -> None:
        """Reads the Leases and the first page. Raises `Unusable`."""
        async with asyncio.timeout(self._patience):
            await self._look_at_leases()
            await self._read_page()

    async def run(self) -> None:
        """Reads the rest, and then whatever changes, until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_leases())
            tasks.create_task(self._keep_clients())

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(_LEASES)
            try:
                async with asyncio.timeout(self._patience):
                    await self._look_at_leases()
                self._mended("leases")
            except (Unusable, TimeoutError) as error:
                self._broken("leases", error)

    async def _look_at_leases(self) -> None:
        self.operators = await operators(self._cluster, self._where)
        self._ahead = self._cluster.now - datetime.now(UTC)
        self.version += 1

    async def _keep_clients(self) -> None:
        while True:
            try:
                await self._list()
                while True:
                    await self._watch()
                    await asyncio.sleep(_BETWEEN)
            except Refused as refused:
                if refused.status == _GONE:
                    self._list_again()
                else:
                    right = Right("watch", CLIENTS.plural, self.namespace)
                    self._broken("clients", Unusable(no_clients(refused, right)))
            except (Unusable, TimeoutError) as error:
                self._broken("clients", error)
                if not self.complete:
                    self._list_again()
            await asyncio.sleep(_PAUSES[min(self._fails, len(_PAUSES) - 1)])
            self._fails += 1

    async def _list(self) -> None:
        """Reads the list to its end. The first is shown as it comes; a later one replaces what was shown."""
        while not self.complete:
            await self._read_page()
        self._mended("clients")

    async def _watch(self) -> None:
        """One watch, until the API server ends it. Raises `Refused`, and `Unusable` if it breaks or hangs."""
        async with self._cluster.watch(CLIENTS, self.namespace, self._listed) as changes:
            self._mended("clients")
            async for change in changes:
                self._listed = change.version or self._listed
                self._take(change)

    def _list_again(self) -> None:
        self._pages, self._into, self.complete = self._cluster.clients(self.namespace), {}, False

    async def _read_page(self) -> None:
        async with asyncio.timeout(self._patience):
            page = await anext(self._pages, None)
        if page is None:
            self._rows, self.complete = self._into, True
        else:
            self._listed = page.version
            self._into.update((_key(row), row) for row in _rows(page))
        self.version += 1

    def _take(self, change: Change) -> None:
        if change.kind in {"ADDED", "MODIFIED"}:
            row = row_of(client_of(change.object))
            self._rows[_key(row)] = row
        elif change.kind == "DELETED":
            self._rows.pop(change.key, None)
        else:
            return
        self.version += 1

    def _broken(self, what: str, error: Exception) -> None:
        says = str(error) or f"no answer within {self._patience:g} s"
        began = self._troubles[what].since if what in self._troubles else time.monotonic()
        self._troubles[what] = Trouble(says, began)

    def _mended(self, what: str) -> None:
        self._troubles.pop(what, None)
        if what == "clients":
            self._fails = 0


def _rows(page: Page) -> Iterable[Row]:
    return (row_of(client_of(document)) for document in page.objects)


def _key(row: Row) -> Key:
    return row.namespace, row.name
