"""Connections that are parked between two questions: by route, bounded in number and in time."""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from typing import NamedTuple

from wahealth.probe.descriptors import at_most_half
from wahealth.probe.trust import Trust
from wahealth.probe.wire import Wire

MOST_PARKED = 10_000
LONGEST_PARKED = 150.0  # seconds; who is asked less often is connected to anew


class Route(NamedTuple):
    """What one connection can be used for. `trust` None: plain HTTP. `host` is what was asked for, name or address."""

    host: str
    port: int
    trust: Trust | None
    server_name: str


class Parked(NamedTuple):
    wire: Wire
    since: float


class Pool:
    """At most one connection a route; the one parked longest goes first."""

    def __init__(self, most: int = MOST_PARKED, longest: float = LONGEST_PARKED) -> None:
        """`most`, and no more than half of the descriptors that there may be."""
        self.most = at_most_half(most)
        self._longest = longest
        self._parked: OrderedDict[Route, Parked] = OrderedDict()
        self._routes: defaultdict[str, set[Route]] = defaultdict(set)  # by host

    def __len__(self) -> int:
        return len(self._parked)

    def take(self, route: Route, addresses: tuple[str, ...]) -> Wire | None:
        """One that still stands and leads to one of the addresses."""
        parked = self._out(route)
        if parked is None:
            return None
        fits = parked.wire.address in addresses and time.monotonic() - parked.since <= self._longest
        if fits and parked.wire.is_quiet():
            return parked.wire
        parked.wire.close()
        return None

    def park(self, route: Route, wire: Wire) -> None:
        now = time.monotonic()
        self._end(route)
        self._parked[route] = Parked(wire, now)
        self._routes[route.host].add(route)
        while self._parked:
            oldest, parked = next(iter(self._parked.items()))
            if len(self._parked) <= self.most and parked.since >= now - self._longest:
                return
            self._end(oldest)

    def drop(self, host: str) -> None:
        """Nobody asks there any more: a pod that is gone."""
        for route in tuple(self._routes.get(host, ())):
            self._end(route)

    def close(self) -> None:
        for route in tuple(self._parked):
            self._end(route)

    def _out(self, route: Route) -> Parked | None:
        parked = self._parked.pop(route, None)
        if parked is not None:
            self._routes[route.host].discard(route)
            if not self._routes[route.host]:
                del self._routes[route.host]
        return parked

    def _end(self, route: Route) -> None:
        parked = self._out(route)
        if parked is not None:
            parked.wire.close()
