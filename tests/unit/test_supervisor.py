"""What runs when: rounds on a clock that costs no time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import looptime
import pytest

from wahealth.kube.api import ApiUnavailable
from wahealth.kube.cluster import Vanished
from wahealth.kube.record import Record
from wahealth.kube.supervisor import Supervisor

PERIOD = 30


def resource(name: str, generation: int = 1, version: str = "1", observed: int | None = None) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": f"uid-{name}",
            "generation": generation,
            "resourceVersion": version,
        },
        "spec": {
            "target": {"workload": {"name": "web"}},
            "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}},
            "probe": {"periodSeconds": PERIOD},
        },
        "status": {"gateway": "Unknown", **({"observedGeneration": observed} if observed else {})},
    }


class Rounds:
    """Notes when whose round began, and does what it is told."""

    def __init__(self, work: Callable[[Record], Awaitable[None]] | None = None) -> None:
        self.began: list[tuple[str, float]] = []
        self._work = work
        self.supervisor = Supervisor(self.round, luck=random.Random(1).random)

    async def round(self, record: Record) -> None:
        self.began.append((record.ref.name, asyncio.get_running_loop().time()))
        if self._work:
            await self._work(record)

    def of(self, name: str) -> list[float]:
        return [time for who, time in self.began if who == name]


def simulate(seconds: float, rounds: Rounds, script: Callable[[Supervisor], Awaitable[None]]) -> None:
    async def main() -> None:
        running = asyncio.create_task(rounds.supervisor.run())
        await script(rounds.supervisor)
        await asyncio.sleep(seconds)
        running.cancel()

    # `end`: a loop that spins for ever instead of waiting ends the test, not the day.
    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=1000, end=1000 + 100 * PERIOD)) as runner:
        runner.run(main())


def seen(*documents: dict[str, Any]) -> Callable[[Supervisor], Awaitable[None]]:
    async def script(supervisor: Supervisor) -> None:
        for document in documents:
            supervisor.saw(document)

    return script


def test_a_new_resource_is_asked_at_once_and_then_once_a_period() -> None:
    rounds = Rounds()
    simulate(10 * PERIOD, rounds, seen(resource("a")))
    first, second, *rest = rounds.of("a")
    assert first == pytest.approx(1000, abs=0.1)
    assert 0 < second - first <= PERIOD + 0.1
    assert len(rest) in {8, 9}
    assert rest[0] - second == pytest.approx(PERIOD, abs=0.1)


def test_after_a_restart_a_fleet_is_spread_over_the_period() -> None:
    rounds = Rounds()
    simulate(PERIOD, rounds, seen(*(resource(f"r{i}", observed=1) for i in range(300))))
    halves = [sum(start < 1000 + PERIOD / 2 for _, start in rounds.began), len(rounds.began)]
    assert 100 < halves[0] < 200
    assert 295 <= halves[1] <= 305


def test_a_new_generation_is_asked_at_once_and_the_echo_of_a_write_is_not() -> None:
    rounds = Rounds()

    async def script(supervisor: Supervisor) -> None:
        supervisor.saw(resource("a", observed=1))
        await asyncio.sleep(PERIOD)
        before = len(rounds.began)
        supervisor.saw(resource("a", version="2", observed=1))
        await asyncio.sleep(0)
        assert len(rounds.began) == before
        supervisor.saw(resource("a", generation=2, version="3"))
        await asyncio.sleep(0.01)
        assert len(rounds.began) == before + 1

    simulate(0, rounds, script)


def test_a_new_generation_takes_no_beat_twice() -> None:
    rounds = Rounds()
    names = [f"r{i}" for i in range(300)]

    async def script(supervisor: Supervisor) -> None:
        for name in names:
            supervisor.saw(resource(name, observed=1))
        await asyncio.sleep(PERIOD / 2)
        for name in names:
            supervisor.saw(resource(name, generation=2, version="2"))

    simulate(3 * PERIOD, rounds, script)
    assert len(rounds.began) == len(set(rounds.began))


def test_an_older_version_of_a_resource_changes_nothing() -> None:
    rounds = Rounds()

    async def script(supervisor: Supervisor) -> None:
        supervisor.saw(resource("a", generation=2, version="10"))
        await asyncio.sleep(1)
        before = len(rounds.began)
        supervisor.saw(resource("a", generation=1, version="9"))
        await asyncio.sleep(1)
        assert len(rounds.began) - before <= 1  # its own beat may fall into this second

    simulate(0, rounds, script)


def test_a_slow_round_is_never_overtaken_by_the_next() -> None:
    running: list[int] = [0]

    async def slow(_: Record) -> None:
        running[0] += 1
        assert running[0] == 1
        await asyncio.sleep(2.5 * PERIOD)
        running[0] -= 1

    rounds = Rounds(slow)
    simulate(10 * PERIOD, rounds, seen(resource("a")))
    assert 3 <= len(rounds.of("a")) <= 5


def test_a_deleted_resource_is_not_asked_again() -> None:
    rounds = Rounds()

    async def script(supervisor: Supervisor) -> None:
        supervisor.saw(resource("a"))
        supervisor.saw(resource("b"))
        await asyncio.sleep(0.2)
        supervisor.gone("uid-a")
        supervisor.saw({**resource("b"), "metadata": {**resource("b")["metadata"], "deletionTimestamp": "now"}})

    simulate(5 * PERIOD, rounds, script)
    assert len(rounds.began) == 2


@pytest.mark.parametrize("error", [RuntimeError("a bug"), ApiUnavailable("no API server")])
def test_an_exception_in_one_round_stops_neither_it_nor_others(error: Exception) -> None:
    async def poisoned(record: Record) -> None:
        if record.ref.name == "poison":
            raise error

    rounds = Rounds(poisoned)
    simulate(5 * PERIOD, rounds, seen(resource("poison"), resource("good")))
    assert len(rounds.of("good")) >= 5
    assert len(rounds.of("poison")) >= 5


def test_one_that_vanished_is_forgotten() -> None:
    async def vanished(_: Record) -> None:
        raise Vanished

    rounds = Rounds(vanished)
    simulate(5 * PERIOD, rounds, seen(resource("a")))
    assert len(rounds.began) == 1


def test_a_spec_that_is_not_understood_has_its_rounds_too() -> None:
    invalid = resource("a")
    invalid["spec"]["mode"] = "Triple"
    reasons: list[str] = []

    async def noted(record: Record) -> None:
        assert record.invalid is not None
        reasons.append(record.invalid.message)

    simulate(1, Rounds(noted), seen(invalid))
    assert reasons[0] == "This version does not understand spec: correct mode."
