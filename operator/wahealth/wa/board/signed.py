"""One way to the API server for all that is asked, so that a program that signs in runs once; anew after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from wahealth.wa.cluster import Cluster


class SignedIn:
    """`sign_in` gives a new way, or raises `NotUsable`."""

    def __init__(self, sign_in: Callable[[], Awaitable[Cluster]]) -> None:
        self._sign_in = sign_in
        self._cluster: Cluster | None = None
        self._lock = asyncio.Lock()

    async def cluster(self) -> Cluster:
        """The way that worked last."""
        async with self._lock:
            if self._cluster is None:
                self._cluster = await self._sign_in()
            return self._cluster

    def failed(self) -> None:
        """The next one who asks signs in anew."""
        self._cluster = None
