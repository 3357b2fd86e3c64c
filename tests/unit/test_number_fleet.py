"""2,000 numbers over 50 tokens: no budget is exceeded, each number has its share, and no burst follows the first one.

Two ways to play them on a clock that costs no time. A fifth of them, for tokens know nothing of each other, has two
hours of the scheduler, its rounds and their probes. All of them for a day would be half a million such rounds, so the
day is played with what decides when a number is asked: its ticks, its budget and its pauses.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from heapq import heapreplace
from itertools import pairwise
from math import ceil
from typing import Any, TypeVar

import looptime
import pytest

from support.builders import any_targets, at, resource
from support.phone_numbers import answer, body, response
from support.played import Played
from wahealth.api.credential_source import CredentialSource, source_of
from wahealth.api.v1alpha1 import Tls
from wahealth.api.v1alpha1.timing import LEAST_VENDOR_PERIOD
from wahealth.core.answer import Unreachable
from wahealth.core.cloud.quota import AT_ONCE, HOURLY, MOST_HOURLY, SHARE, Quota, Usage
from wahealth.core.cloud.wanted import Provider
from wahealth.core.control.budget import Ledger
from wahealth.core.control.schedule import next_tick
from wahealth.core.egress.proxy import Proxy
from wahealth.core.signin.flow import Reading
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.number_budget import NumberBudget
from wahealth.kube.process.meter import Meter
from wahealth.kube.reconciler import Action
from wahealth.kube.scheduler import Outside, Scheduler
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.credential import Credential, bearer_token
from wahealth.probe.message import Reader, Request
from wahealth.probe.trust import Trust, unverified

T = TypeVar("T")
TOKENS, EACH, NAMESPACES = 50, 40, 20  # EACH: numbers of one token
MINUTE, HOUR, DAY, PERIOD = 60.0, 3600.0, 24 * 3600.0, 300.0  # seconds
BUDGET = HOURLY * SHARE  # requests an hour
TURN = ceil(EACH * HOUR / BUDGET / PERIOD) * PERIOD  # seconds from one look at a number to the next: its share
FLOORS = {Provider.GRAPH: LEAST_VENDOR_PERIOD}
SETTLED = HOUR
ANSWER, BODY, NUMBER = answer(), body(), re.compile(r"/v[0-9.]+/9000[0-9]+")


class Vendor:
    """Counts the requests of each token over an hour, and says how much of its quota they are. Every fifth account is
    active."""

    def __init__(self) -> None:
        self.of_token: defaultdict[str, list[float]] = defaultdict(list)
        self.of_number: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def ask(self, token: str, number: str, now: float) -> Usage:
        """`number`: empty if it is asked about the token itself."""
        times = self.of_token[token]
        times.append(now)
        if number:
            self.of_number[token][number].append(now)
        return Usage(within(times, len(times) - 1, HOUR) * 100 // quota_of(token))


def quota_of(token: str) -> int:
    return HOURLY if int(token[-1]) % 5 else MOST_HOURLY


def within(times: list[float], last: int, seconds: float) -> int:
    """How many of these times, up to that one, are of the seconds before it."""
    return last + 1 - bisect_right(times, times[last] - seconds)


def most(times: list[float], seconds: float, after: float) -> int:
    """The most of these times that any such span holds that begins later than that."""
    later = [time for time in times if time > after]
    return max(within(later, last, seconds) for last in range(len(later)))


def numbers(tokens: int) -> Iterator[dict[str, Any]]:
    """Resources; those of one token are in all namespaces."""
    for n in range(tokens * EACH):
        auth = {"bearerToken": {"secretKeyRef": {"name": f"token-{n // EACH}", "key": "token"}}}
        target = {"cloud": {"phoneNumberID": f"9000{n}"}}
        yield resource(f"number-{n}", f"team-{n % NAMESPACES}", target=target, auth=auth, probe={})


def reading(secret: str) -> Reading[Credential]:
    return Reading(bearer_token(f"an-invented-{secret}".encode()))


class Secrets(Played):
    """The same token in each namespace, in a Secret of the same name."""

    def __init__(self) -> None:
        super().__init__()
        self._trusted = unverified()

    async def secret(self, namespace: str, source: CredentialSource, labelled: bool = False) -> Reading[Credential]:
        return reading(source.secret)

    async def trust(self, entry: ResourceEntry, tls: Tls | None) -> Trust:
        return self._trusted


class Asking(Prober):
    """Has the vendor answer, who says in a header how much is used."""

    def __init__(self, vendor: Vendor) -> None:
        super().__init__()
        self._vendor = vendor

    async def exchange(self, request: Request, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        token = next(value for name, value in request.headers if name == "Authorization")
        number = NUMBER.match(request.target)
        usage = self._vendor.ask(token, number[0] if number else "", now())
        headers = {"x_app_usage": json.dumps({"call_count": usage.per_cent})}
        return ProbeResponse(await read(response(200, BODY if number else app_of(token), **headers)))


def now() -> float:
    return asyncio.get_running_loop().time()


def app_of(token: str) -> bytes:
    """What the vendor says of a token: each is of another app."""
    return json.dumps({"data": {"is_valid": True, "app_id": f"4000{token.rpartition('-')[2]}"}}).encode()


def operated(vendor: Vendor, tokens: int, seconds: float) -> None:
    """The numbers of so many tokens are new at once, and the operator probes them for so long."""
    inventory, proxy = Inventory(), Proxy("http", "proxy.test", 3128)  # which looks up names
    quotas = {Provider.GRAPH: Quota()}
    gatherer = Gatherer(inventory, any_targets(inventory, proxy=proxy), Secrets(), Asking(vendor), quotas)

    async def round_(entry: ResourceEntry) -> Action | None:
        await gatherer.facts(entry, at(now()))
        return None

    async def main() -> None:
        scheduler = Scheduler(round_, Outside(random.Random(1).random, for_nothing, FLOORS))
        running = asyncio.create_task(scheduler.run())
        for document in numbers(tokens):
            scheduler.upsert(document)
        await asyncio.sleep(seconds)
        running.cancel()

    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(noop_cycles=1)) as runner:
        runner.run(main())


def for_nothing(ledger: Ledger) -> Meter:
    """Work costs no time on that clock."""
    return Meter(ledger, clock=lambda: 0.0, cpu=lambda: 0.0)


def budgeted(vendor: Vendor, tokens: int, seconds: float) -> None:
    """The same, but for the way to the vendor and back."""
    quota, chance = Quota(), random.Random(1)
    askers = [Asker(entry_of(document, FLOORS), quota) for document in numbers(tokens)]
    ticks = [(0.0, n, chance.random() * PERIOD) for n in range(len(askers))]  # a heap
    while ticks[0][0] < seconds:
        now, n, phase = ticks[0]
        askers[n].round(vendor, now)
        heapreplace(ticks, (next_tick(now + 1, PERIOD, phase), n, phase))


class Asker:
    """What decides when a number is asked."""

    def __init__(self, entry: ResourceEntry, quota: Quota) -> None:
        assert entry.spec is not None
        self.entry = entry
        self._token = source_of(entry.spec).secret
        entry.probe.reading = reading(self._token)
        self._quota = quota
        self._budget = NumberBudget(quota, entry, entry.spec)
        self._rests = 0.0

    def round(self, vendor: Vendor, now: float) -> None:
        pace = self._budget.pace(now)
        if pace is None or now < self._rests:
            return
        self.entry.probe.pace = pace
        usage = vendor.ask(self._token, self.entry.uid, now)
        self._quota.asked(self._budget.key, now)
        self._quota.heard(self._budget.key, usage, None, now)
        self._rests = now + self._budget.least_pause(ANSWER)


def first_looks(vendor: Vendor) -> list[float]:
    return [times[0] for numbers in vendor.of_number.values() for times in numbers.values()]


def longest_gap(numbers: Iterable[list[float]], after: float) -> float:
    return max(later - time for times in numbers for time, later in pairwise(times) if time > after)


@pytest.mark.parametrize(("play", "tokens", "seconds"), [(operated, TOKENS // 5, 2 * HOUR), (budgeted, TOKENS, DAY)])
def test_a_fleet_stays_within_its_budgets_and_each_number_has_its_share(
    play: Callable[[Vendor, int, float], None], tokens: int, seconds: float
) -> None:
    vendor = Vendor()
    play(vendor, tokens, seconds)
    assert len(first_looks(vendor)) == tokens * EACH
    assert max(first_looks(vendor)) <= EACH * HOUR / BUDGET + PERIOD
    for token, times in vendor.of_token.items():
        budget, turn = quota_of(token) * SHARE, PERIOD if quota_of(token) == MOST_HOURLY else TURN
        assert most(times, HOUR, after=-1.0) <= budget + AT_ONCE + 1
        assert most(times, HOUR, after=HOUR) <= budget + 1
        assert most(times, MINUTE, after=0.0) <= AT_ONCE
        assert longest_gap(vendor.of_number[token].values(), after=0.0) <= TURN + PERIOD + 1
        assert longest_gap(vendor.of_number[token].values(), after=SETTLED) <= turn + 1
