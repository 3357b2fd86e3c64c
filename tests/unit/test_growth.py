"""What many pods, resources, hosts and pieces cost: in proportion to how many they are, and no more.

Instructions are counted, where work is in Python; where it is in C, seconds of the thread or bytes of memory, with
bounds that are far from both sides.
"""

from __future__ import annotations

import asyncio
import logging
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, cast

import aiohttp
import pytest

from support.builders import resource
from support.work import instructions
from wahealth.core.answer import Answered, GatewayStatus, Node, PodOutcome, Report, Role
from wahealth.core.control.isolation_detector import IsolationDetector, Path, Vote
from wahealth.core.observation.views import merge_views
from wahealth.core.status import Endpoint, Status
from wahealth.core.status_diff import status_to_write
from wahealth.kube.apiserver.api import _lines
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.scheduler import Scheduler
from wahealth.probe import limiter
from wahealth.telemetry.logs import OnceAMinute

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def seconds(call: Callable[[], object]) -> float:
    """Of this thread alone, on a processor."""
    began = time.thread_time()
    call()
    return time.thread_time() - began


def test_endpoints_find_their_times_at_once() -> None:
    """Somebody else may have written them in any order."""

    def cost(count: int) -> int:
        shown = Status(endpoints=tuple(Endpoint(f"web-{n}", "10.0.0.1", True) for n in range(count)))
        written = shown._replace(endpoints=shown.endpoints[::-1])
        return instructions(lambda: status_to_write(written, shown, NOW))

    assert cost(400) < 2.2 * cost(200)


def view(pod: int, status: GatewayStatus) -> PodOutcome:
    nodes = tuple(Node(f"h:core-{n}", "h", f"core-{n}", Role.COREAPP, status) for n in range(100))
    return PodOutcome(f"web-{pod}", "10.0.0.1", Answered(Report(None, nodes, None)))


def test_a_view_is_looked_into_once_whether_pods_agree_or_not() -> None:
    alike = [view(pod, GatewayStatus.CONNECTED) for pod in range(20)]
    differing = [view(pod, list(GatewayStatus)[pod % 5]) for pod in range(20)]
    assert instructions(lambda: merge_views(differing)) < 1.2 * instructions(lambda: merge_views(alike))


def test_of_views_that_as_many_pods_share_the_first_counts() -> None:
    connected, connecting = GatewayStatus.CONNECTED, GatewayStatus.CONNECTING
    outcomes = [view(3, connected), view(1, connecting), view(2, connected), view(0, GatewayStatus.UNKNOWN)]
    for sample, wins in ((outcomes, connected), (outcomes[:2], connecting), (outcomes[1:], GatewayStatus.UNKNOWN)):
        counted = merge_views(sample)
        assert counted.view is not None
        assert {node.gateway for node in counted.view.nodes} == {wins}
        assert counted.differing


def vote(number: int) -> Vote:
    return Vote(Path.CLUSTER, f"tenant-{number % 100}", f"Deployment/{number}")


def test_a_round_does_not_copy_all_that_are_lost() -> None:
    fleet = IsolationDetector()
    for number in range(10_000):
        fleet.saw(f"uid-{number}", vote(number), True, 0.0, 300.0)
    for number in range(5_000):
        fleet.saw(f"uid-{number}", vote(number), False, 1.0, 300.0)
    tracemalloc.start()
    fleet.saw("uid-9999", vote(9999), True, 2.0, 300.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 1024


def test_a_loss_that_is_over_costs_later_rounds_nothing() -> None:
    """The oldest loss is looked for in every round."""

    def cost(lost: int) -> float:
        fleet = IsolationDetector()
        for reached, size, second in ((True, 26_000, 0.0), (False, lost, 40.0), (True, lost, 41.0)):
            for number in range(size):
                fleet.saw(f"uid-{number}", vote(number), reached, second, 30.0)
        fleet.saw("uid-0", vote(0), False, 42.0, 30.0)

        def later() -> None:
            for _ in range(2_000):
                fleet.saw("uid-1", vote(1), True, 43.0, 30.0)

        return seconds(later)

    assert cost(20_000) < 3 * cost(20)


def test_those_lost_long_ago_are_let_go_together() -> None:
    fleet = IsolationDetector()
    for number in range(100):
        fleet.saw(f"uid-{number}", vote(number), True, 0.0, 30.0)
    for number in range(70):
        fleet.saw(f"uid-{number}", vote(number), False, 1.0, 30.0)
    fleet.saw("uid-99", vote(99), True, 60.0, 30.0)
    for number in range(70, 90):
        fleet.saw(f"uid-{number}", vote(number), False, 61.0, 30.0)
    assert not fleet.isolated(Path.CLUSTER)


def test_a_secret_concerns_its_own_namespace() -> None:
    """Tenants change theirs as often as they like; the resources of others are not gone through for it."""

    async def nothing(_: ResourceEntry) -> None: ...

    async def cost(others: int) -> int:
        scheduler = Scheduler(nothing)
        scheduler.upsert(resource("mine"))
        for number in range(others):
            scheduler.upsert(resource(f"other-{number}", f"namespace-{number}"))
        return instructions(lambda: scheduler.secret_changed("acme", "k"))

    assert asyncio.run(cost(100)) == asyncio.run(cost(1))


class Stream:
    """What a watch brings, in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    async def iter_any(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def lines_of(*pieces: bytes) -> list[bytes]:
    async def read() -> list[bytes]:
        return [line async for line in _lines(cast(aiohttp.StreamReader, Stream(list(pieces))))]

    return asyncio.run(read())


def test_an_event_in_pieces_is_put_together_once() -> None:
    """4 MiB in pieces of 256 bytes: put together anew with each they took many seconds."""
    pieces = [b"x" * 256] * (4 * 2**20 // 256)
    assert seconds(lambda: lines_of(*pieces, b"\n")) < 2.0


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_lines_are_whole_however_they_come(size: int) -> None:
    said = b"one\n\n\ntwo, and longer\nthree\ncut"
    pieces = [said[at : at + size] for at in range(0, len(said), size)]
    assert lines_of(*pieces) == [b"one", b"two, and longer", b"three"]


def test_an_event_that_never_ends() -> None:
    with pytest.raises(ValueError, match="too long"):
        lines_of(*[b"x" * 2**20] * 9)


def test_one_host_more_than_can_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each lets go the one asked longest ago; to find it costs nothing."""
    monkeypatch.setattr(limiter, "MOST_KNOWN", 50_000)
    known = limiter.Bulkhead(limiter.FEWEST_SLOTS)

    def ask(first: int) -> None:
        for number in range(first, first + 50_000):
            known.answered(f"10.0.0.{number}")

    few = seconds(lambda: ask(0))
    assert seconds(lambda: ask(50_000)) < 6 * few


def test_many_topics_end_together() -> None:
    now = 0.0
    often = OnceAMinute(lambda: now)

    def say(topic: str) -> None:
        entry: Any = logging.makeLogRecord({"topic": topic})
        often.filter(entry)

    for number in range(70_000):
        say(f"labels left {number}")
    now = 61.0
    assert seconds(lambda: say("another")) < 0.5
