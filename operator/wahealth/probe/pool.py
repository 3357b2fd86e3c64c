"""Connections that are parked between two questions: by route, bounded in number and in time."""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from typing import TypeVar

from wahealth.probe.fd_limit import at_most_half
from wahealth.probe.message import Route
from wahealth.probe.renewal import Renewals
from wahealth.probe.wire import Wire

K = TypeVar("K")
MOST_PARKED = 10_000
LONGEST_PARKED = 150.0  # seconds; whoever is asked less often is connected to anew
LONGEST_BEGUN = 1.0  # seconds in which somebody must take over a question that was asked already


@dataclass(slots=True, eq=False)
class Parked:
    """`lent`: somebody asks over it, and it is neither taken nor closed meanwhile."""

    wire: Wire
    since: float
    period: float
    lent: bool = False


class Pool:
    """At most one connection a route. Where there is no room for all, whoever is asked least often connects anew."""

    def __init__(self, most: int = MOST_PARKED, longest: float = LONGEST_PARKED) -> None:
        """`most`, and no more than half of the descriptors that there may be."""
        self.most = at_most_half(most)
        self.longest = longest
        self._renewals = Renewals()
        self._parked: OrderedDict[Route, Parked] = OrderedDict()  # the one parked longest first
        self._by_period: defaultdict[float, dict[Route, None]] = defaultdict(dict)
        self._by_host: defaultdict[str, dict[Route, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._parked)

    @property
    def routes(self) -> tuple[Route, ...]:
        """To which a connection is parked."""
        return tuple(self._parked)

    def take(self, route: Route, addresses: tuple[str, ...]) -> Wire | None:
        """One that still stands and leads to one of the addresses."""
        parked = self._parked.get(route)
        if parked is None or parked.lent:
            return None
        self._out(route)
        now = time.monotonic()
        if parked.wire.address in addresses and self._is_good(parked, now):
            return parked.wire
        parked.wire.close()
        return None

    def lend(self, route: Route, addresses: tuple[str, ...]) -> Parked | None:
        """One that is as good as new, as far as is known without a look at it: it stays parked, and is to be given back
        or withdrawn. None: `take` one."""
        parked = self._parked.get(route)
        if parked is None or parked.lent or parked.wire.begun is not None or parked.wire.has_news:
            return None
        now = time.monotonic()
        if now - parked.since > self.longest or parked.wire.address not in addresses:
            return None
        if self._is_to_be_renewed(parked.wire, now):
            self._end(route)
            return None
        parked.lent, parked.since = True, now
        self._parked.move_to_end(route)
        return parked

    def give_back(self, route: Route, parked: Parked) -> None:
        """What was lent is parked for the next question; closed, if it is not wanted any more."""
        parked.lent, parked.since = False, time.monotonic()
        if self._parked.get(route) is not parked:
            parked.wire.close()

    def withdraw(self, route: Route, parked: Parked) -> None:
        """What was lent is of no use any more."""
        parked.lent = False
        if self._parked.get(route) is parked:
            self._out(route)
        parked.wire.close()

    def _is_good(self, parked: Parked, now: float) -> bool:
        if parked.wire.begun is not None:
            return now - parked.since <= LONGEST_BEGUN
        return (
            now - parked.since <= self.longest
            and not self._is_to_be_renewed(parked.wire, now)
            and parked.wire.is_quiet()
        )

    def _is_to_be_renewed(self, wire: Wire, now: float) -> bool:
        return now >= wire.until and self._renewals.allow(len(self), now)

    def park(self, route: Route, wire: Wire, period: float) -> None:
        """Keep it for the next question, which comes after `period` seconds; or close it, where it is not worth it."""
        self._end(route)
        self.end_old()
        wire.has_news = False  # what came until now was the answer
        if period > self.longest or not self._makes_room(period):
            wire.close()
            return
        self._parked[route] = Parked(wire, time.monotonic(), period)
        self._by_period[period][route] = None
        self._by_host[route.host][route] = None

    def end_old(self) -> None:
        """What was parked too long ago."""
        before = time.monotonic() - self.longest
        while self._parked:
            route, parked = next(iter(self._parked.items()))
            if parked.since >= before:
                return
            self._end(route)

    def _makes_room(self, period: float) -> bool:
        """A full pool gives way to a shorter period alone: were it by age, with more targets than connections each
        would be closed just before its turn."""
        if len(self._parked) < self.most:
            return True
        longest = max(self._by_period, default=0.0)
        if period >= longest:
            return False
        self._end(next(iter(self._by_period[longest])))
        return True

    def drop(self, host: str) -> None:
        """Nobody asks there any more: a pod that is gone."""
        for route in tuple(self._by_host.get(host, ())):
            self._end(route)

    def close(self) -> None:
        for route in self.routes:
            self._end(route)

    def _out(self, route: Route) -> Parked | None:
        parked = self._parked.pop(route, None)
        if parked is not None:
            _take_out(self._by_host, route.host, route)
            _take_out(self._by_period, parked.period, route)
        return parked

    def _end(self, route: Route) -> None:
        parked = self._out(route)
        if parked is not None and not parked.lent:
            parked.wire.close()


def _take_out(index: dict[K, dict[Route, None]], key: K, route: Route) -> None:
    del index[key][route]
    if not index[key]:
        del index[key]
