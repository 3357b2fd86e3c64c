"""What runs when: rounds on a clock that costs no time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import looptime
import pytest

from support.builders import PERIOD, resource
from wahealth.kube.apiserver.api import ApiUnavailable
from wahealth.kube.cluster import Gone
from wahealth.kube.entry import Ref, ResourceEntry, entry_of
from wahealth.kube.lane.door import Over, Way
from wahealth.kube.process.meter import Purse
from wahealth.kube.reconciler import Action
from wahealth.kube.scheduler import Outside, Scheduler
from wahealth.telemetry import metrics


class FakeRounds:
    """Notes when whose round began, and does what it is told."""

    def __init__(
        self,
        work: Callable[[ResourceEntry], Awaitable[None]] | None = None,
        leads: Callable[[str], bool] = lambda _: True,
        **outside: Any,
    ) -> None:
        self.began: list[tuple[str, float]] = []
        self._work = work
        self.act: Action | None = None  # what comes of each round
        self.supervisor = Scheduler(self.round, Outside(random.Random(1).random, **outside), leads=leads)

    async def round(self, entry: ResourceEntry) -> Action | None:
        self.began.append((entry.ref.name, asyncio.get_running_loop().time()))
        if self._work:
            await self._work(entry)
        return self.act

    def of(self, name: str) -> list[float]:
        return [time for who, time in self.began if who == name]


def simulate(seconds: float, rounds: FakeRounds, script: Callable[[Scheduler], Awaitable[None]]) -> None:
    async def main() -> None:
        running = asyncio.create_task(rounds.supervisor.run())
        await script(rounds.supervisor)
        await asyncio.sleep(seconds)
        running.cancel()

    # `end`: a loop that spins for ever instead of waiting ends the test, not the day.
    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=1000, end=1000 + 100 * PERIOD)) as runner:
        runner.run(main())


def seen(*documents: dict[str, Any]) -> Callable[[Scheduler], Awaitable[None]]:
    async def script(scheduler: Scheduler) -> None:
        for document in documents:
            scheduler.upsert(document)

    return script


def test_a_new_resource_is_asked_at_once_and_then_once_a_period() -> None:
    rounds = FakeRounds()
    simulate(10 * PERIOD, rounds, seen(resource("a")))
    first, second, *rest = rounds.of("a")
    assert first == pytest.approx(1000, abs=0.1)
    assert 0 < second - first <= PERIOD + 0.1
    assert len(rest) in {8, 9}
    assert rest[0] - second == pytest.approx(PERIOD, abs=0.1)


def test_after_a_restart_a_fleet_is_spread_over_the_period() -> None:
    rounds = FakeRounds()
    simulate(PERIOD, rounds, seen(*(resource(f"r{i}", observed=1) for i in range(300))))
    halves = [sum(start < 1000 + PERIOD / 2 for _, start in rounds.began), len(rounds.began)]
    assert 100 < halves[0] < 200
    assert 295 <= halves[1] <= 305


def test_a_new_generation_is_asked_at_once_and_the_echo_of_a_write_is_not() -> None:
    rounds = FakeRounds()

    async def script(scheduler: Scheduler) -> None:
        scheduler.upsert(resource("a", observed=1))
        await asyncio.sleep(PERIOD)
        before = len(rounds.began)
        scheduler.upsert(resource("a", version="2", observed=1))
        await asyncio.sleep(0)
        assert len(rounds.began) == before
        scheduler.upsert(resource("a", generation=2, version="3"))
        await asyncio.sleep(0.01)
        assert len(rounds.began) == before + 1

    simulate(0, rounds, script)


def test_a_spec_is_parsed_once_a_generation() -> None:
    entry = entry_of(resource("a"))
    spec = entry.spec
    assert not entry.renew(resource("a", version="2"))
    assert entry.spec is spec
    assert entry.renew(resource("a", generation=2, version="3"))
    assert entry.spec is not spec


def test_a_new_generation_takes_no_beat_twice() -> None:
    rounds = FakeRounds()
    names = [f"r{i}" for i in range(300)]

    async def script(scheduler: Scheduler) -> None:
        for name in names:
            scheduler.upsert(resource(name, observed=1))
        await asyncio.sleep(PERIOD / 2)
        for name in names:
            scheduler.upsert(resource(name, generation=2, version="2"))

    simulate(3 * PERIOD, rounds, script)
    assert len(rounds.began) == len(set(rounds.began))


def test_all_that_the_watch_shows_is_told_also_of_another_replica_s_resources() -> None:
    shown: list[tuple[str, str]] = []

    async def main() -> None:
        scheduler = Scheduler(
            FakeRounds().round, leads=lambda _: False, shown=lambda entry: shown.append((entry.ref.name, entry.version))
        )
        for document in (resource("a"), resource("b"), resource("a", version="2"), resource("a", version="1")):
            scheduler.upsert(document)

    asyncio.run(main())
    assert shown == [("a", "1"), ("b", "1"), ("a", "2"), ("a", "2")]


def test_an_older_version_of_a_resource_changes_nothing() -> None:
    rounds = FakeRounds()

    async def script(scheduler: Scheduler) -> None:
        scheduler.upsert(resource("a", generation=2, version="10"))
        await asyncio.sleep(1)
        before = len(rounds.began)
        scheduler.upsert(resource("a", generation=1, version="9"))
        await asyncio.sleep(1)
        assert len(rounds.began) - before <= 1  # its own beat may fall into this second

    simulate(0, rounds, script)


def test_a_slow_round_is_never_overtaken_by_the_next() -> None:
    running: list[int] = [0]

    async def slow(_: ResourceEntry) -> None:
        running[0] += 1
        assert running[0] == 1
        await asyncio.sleep(2.5 * PERIOD)
        running[0] -= 1

    rounds = FakeRounds(slow)
    simulate(10 * PERIOD, rounds, seen(resource("a")))
    assert 3 <= len(rounds.of("a")) <= 5


def test_a_deleted_resource_is_not_asked_again() -> None:
    rounds = FakeRounds()

    async def script(scheduler: Scheduler) -> None:
        scheduler.upsert(resource("a"))
        scheduler.upsert(resource("b"))
        await asyncio.sleep(0.2)
        scheduler.remove("uid-a")
        scheduler.upsert({**resource("b"), "metadata": {**resource("b")["metadata"], "deletionTimestamp": "now"}})

    simulate(5 * PERIOD, rounds, script)
    assert len(rounds.began) == 2


def poisoned_by(error: Exception) -> FakeRounds:
    async def poisoned(entry: ResourceEntry) -> None:
        if entry.ref.name == "poison":
            raise error

    return FakeRounds(poisoned)


def test_an_api_server_that_is_away_changes_no_rhythm() -> None:
    rounds = poisoned_by(ApiUnavailable("refused"))
    simulate(5 * PERIOD, rounds, seen(resource("poison"), resource("good")))
    assert len(rounds.of("good")) >= 5
    assert len(rounds.of("poison")) >= 5


def test_a_bug_in_one_resource_s_rounds_backs_off_and_no_other_notices() -> None:
    rounds = poisoned_by(RuntimeError("a bug"))
    before = metrics.bugs.labels("round")._value.get()
    simulate(40 * PERIOD, rounds, seen(resource("poison"), resource("good")))
    assert len(rounds.of("good")) >= 40
    pauses = [later - earlier for earlier, later in pairwise(rounds.of("poison"))]
    assert pauses[:3] == pytest.approx([2 * PERIOD, 4 * PERIOD, 8 * PERIOD], abs=1)
    assert max(pauses) <= 301
    assert metrics.bugs.labels("round")._value.get() - before == len(rounds.of("poison"))


def test_after_a_round_that_is_good_again_it_has_its_rhythm_back() -> None:
    failing = [RuntimeError("a bug")] * 3

    async def mended(_: ResourceEntry) -> None:
        if failing:
            raise failing.pop()

    rounds = FakeRounds(mended)
    simulate(40 * PERIOD, rounds, seen(resource("a")))
    last = rounds.of("a")[-10:]
    assert all(later - earlier == pytest.approx(PERIOD, abs=0.2) for earlier, later in pairwise(last))


def test_what_comes_of_a_round_does_not_hold_up_the_next() -> None:
    """A write that takes three periods: rounds go on, and nothing else is begun to be written meanwhile."""
    writes: list[float] = []

    async def slow_write() -> None:
        writes.append(asyncio.get_running_loop().time())
        await asyncio.sleep(3.2 * PERIOD)

    rounds = FakeRounds()
    rounds.act = slow_write
    simulate(9 * PERIOD, rounds, seen(resource("a")))
    assert len(rounds.of("a")) >= 9
    assert 2 <= len(writes) <= 3


def test_a_bug_in_what_comes_of_a_round_backs_off_too() -> None:
    async def buggy() -> None:
        raise RuntimeError("a bug")

    rounds = FakeRounds()
    rounds.act = buggy
    simulate(40 * PERIOD, rounds, seen(resource("a"), resource("b")))
    assert len(rounds.of("a")) < 10


def test_another_replica_s_resources_are_not_asked_until_they_are_ours() -> None:
    ours: set[str] = {"uid-a"}
    rounds = FakeRounds(leads=ours.__contains__)

    async def script(scheduler: Scheduler) -> None:
        scheduler.upsert(resource("a", observed=1))
        scheduler.upsert(resource("b", observed=1))
        scheduler.upsert(resource("new"))
        await asyncio.sleep(3 * PERIOD)
        assert {name for name, _ in rounds.began} == {"a"}
        ours.update({"uid-b", "uid-new"})
        scheduler.on_started_leading()
        await asyncio.sleep(0.1)
        assert rounds.began[-1][0] == "new"  # nobody has looked at it yet
        await asyncio.sleep(PERIOD)
        assert rounds.of("b")

    simulate(0, rounds, script)


def test_what_runs_for_a_resource_that_is_another_s_now_ends() -> None:
    ours: set[str] = {"uid-a"}
    ended: list[bool] = []

    async def long(_: ResourceEntry) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append(True)

    async def script(scheduler: Scheduler) -> None:
        scheduler.upsert(resource("a"))
        await asyncio.sleep(1)
        ours.clear()
        scheduler.on_stopped_leading()
        await asyncio.sleep(0.1)
        assert ended == [True]

    simulate(5 * PERIOD, FakeRounds(long, leads=ours.__contains__), script)


def stand_still(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    """Time passes, and nothing ran."""
    before = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]


def test_after_a_pause_of_the_process_nothing_is_caught_up_on() -> None:
    """SIGSTOP, or a machine that slept: 300 resources, two missed beats, and no burst."""
    rounds = FakeRounds()

    async def script(scheduler: Scheduler) -> None:
        for i in range(300):
            scheduler.upsert(resource(f"r{i}", observed=1))
        await asyncio.sleep(PERIOD)
        before = len(rounds.began)
        stand_still(asyncio.get_running_loop(), 2 * PERIOD)
        await asyncio.sleep(1)
        assert len(rounds.began) - before <= 30
        await asyncio.sleep(PERIOD)
        assert len(rounds.began) - before >= 290

    simulate(0, rounds, script)


def test_one_that_vanished_is_forgotten_and_looked_for_once_more() -> None:
    async def vanished(_: ResourceEntry) -> None:
        raise Gone

    missed: list[Ref] = []
    rounds = FakeRounds(vanished, not_found=missed.append)
    simulate(5 * PERIOD, rounds, seen(resource("a")))
    assert len(rounds.began) == 1
    assert [ref.name for ref in missed] == ["a"]


def test_a_spec_that_is_not_understood_has_its_rounds_too() -> None:
    invalid = resource("a")
    invalid["spec"]["mode"] = "Triple"
    reasons: list[str] = []

    async def noted(entry: ResourceEntry) -> None:
        assert entry.invalid is not None
        reasons.append(entry.invalid.message)

    simulate(1, FakeRounds(noted), seen(invalid))
    assert reasons[0] == (
        "This version does not understand spec: correct mode (Auto, Single, HighAvailability or Multiconnect)."
    )


class PlayedLane:
    """Wants every Secret to be read before a round. `says_the_same`: what comes of that; None: it takes for ever."""

    def __init__(self, says_the_same: bool | None) -> None:
        self._says_the_same = says_the_same
        self._read: set[str] = set()
        self.repeated, self.readings = 0, 0

    def is_under_way(self, _: str) -> bool:
        return False

    def begin(self, entry: ResourceEntry, _: float, __: Purse, over: Over) -> Way:
        if entry.uid not in self._read:
            return Way.READ_FIRST
        self._read.discard(entry.uid)
        self.repeated += 1
        asyncio.get_running_loop().call_later(0.5, over, entry, True)
        return Way.REPEAT

    async def reads_the_same(self, entry: ResourceEntry, _: float) -> bool:
        self.readings += 1
        await asyncio.sleep(1.0 if self._says_the_same is not None else 1e9)
        if self._says_the_same:
            self._read.add(entry.uid)
        return bool(self._says_the_same)

    def round_begins(self, _: ResourceEntry) -> None: ...

    def round_ended(self, _: ResourceEntry, __: bool) -> None: ...

    def forget(self, _: str) -> None: ...

    def stop(self) -> None: ...


@pytest.mark.parametrize(("same", "ordinary", "repeated"), [(True, 0, 5), (False, 5, 0)])
def test_what_must_be_read_before_a_round_decides_which_round_it_is(same: bool, ordinary: int, repeated: int) -> None:
    lane = PlayedLane(same)
    rounds = FakeRounds(lane=lane)
    simulate(5 * PERIOD - 1, rounds, seen(resource("a", observed=1)))
    assert (len(rounds.began), lane.repeated, lane.readings) == (ordinary, repeated, 5)


def test_while_something_is_read_for_a_round_no_other_begins_and_who_no_longer_leads_ends_it() -> None:
    lane, leading = PlayedLane(None), ["all"]
    rounds = FakeRounds(lane=lane, leads=lambda _: bool(leading))

    async def script(scheduler: Scheduler) -> None:
        scheduler.upsert(resource("a", observed=1))
        await asyncio.sleep(5 * PERIOD)
        assert lane.readings == 1
        leading.clear()
        scheduler.on_stopped_leading()
        await asyncio.sleep(PERIOD)
        leading.append("all")
        await asyncio.sleep(PERIOD)
        assert lane.readings == 2

    simulate(0, rounds, script)
    assert not rounds.began
