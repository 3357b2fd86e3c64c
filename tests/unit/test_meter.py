"""Work, step by step: what it costs, whose turn it is, and that it does as it would by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any

import pytest

from support.processor import Processor
from wahealth.core.control.budget import Ledger
from wahealth.kube.process.meter import SHARE, Meter, piece, was_held_up

STEP = 0.51 * SHARE


class Bench:
    """A meter, and work that costs time."""

    def __init__(self) -> None:
        self.processor, self.ledger = Processor(), Ledger()
        self.meter = self.processor.meter(self.ledger)
        self.did: list[str] = []

    async def steps(self, name: str, count: int, cost: float = STEP) -> str:
        for _ in range(count):
            self.processor.burn(cost)
            self.did.append(name)
            await asyncio.sleep(0)
        return name

    def run(self, main: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            await main

        self.processor.run(run)

    def used(self, namespace: str) -> float:
        self.meter.settle({namespace}, 0.0)
        return self.ledger.of(namespace).used(0.0)


def test_what_work_costs_is_the_time_of_its_steps_and_not_of_its_waits() -> None:
    bench = Bench()

    async def work() -> None:
        bench.processor.burn(0.01)
        await asyncio.sleep(100)
        bench.processor.burn(0.02)

    async def main() -> None:
        before = bench.ledger.of("a").cost
        await bench.meter.round("a", work())
        assert bench.used("a") == pytest.approx(0.03)
        assert before < bench.ledger.of("a").cost < 0.03
        cost = bench.ledger.of("a").cost
        await bench.meter.act("a", work())
        assert bench.used("a") == pytest.approx(0.06)
        assert bench.ledger.of("a").cost == cost  # what comes of rounds tells nothing of rounds
        with bench.meter.charging("a"):
            bench.processor.burn(0.01)
        assert bench.used("a") == pytest.approx(0.07)
        assert bench.used("b") == 0.0

    bench.run(main())


def test_pieces_of_a_job_are_charged_to_it_and_work_outside_of_any_is_left_as_it_is() -> None:
    bench = Bench()

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(piece(bench.steps("p", 2)))

    async def main() -> None:
        await bench.meter.round("a", work())
        assert bench.used("a") == pytest.approx(6 * STEP)
        outside = bench.steps("o", 1)
        assert piece(outside) is outside
        await outside

    bench.run(main())


def test_it_gives_back_and_raises_what_the_work_does() -> None:
    bench = Bench()

    async def broken() -> None:
        await asyncio.sleep(0)
        raise KeyError("its own")

    async def main() -> None:
        assert await bench.meter.round("a", bench.steps("done", 1)) == "done"
        with pytest.raises(KeyError, match="its own"):
            await bench.meter.round("a", broken())

    bench.run(main())


def test_a_deadline_within_the_work_is_the_work_s() -> None:
    bench = Bench()

    async def work() -> str:
        try:
            async with asyncio.timeout(5):
                await asyncio.sleep(10)
        except TimeoutError:
            return "too late"
        return "in time"

    async def main() -> None:
        assert await bench.meter.round("a", work()) == "too late"

    bench.run(main())


def test_it_is_cancelled_and_closed_as_any_work() -> None:
    bench, ended = Bench(), list[str]()

    async def work() -> None:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        finally:
            ended.append("ended")

    async def main() -> None:
        task = asyncio.create_task(bench.meter.round("a", work()))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        half: Coroutine[Any, Any, None] = bench.meter.round("a", work())
        half.send(None)
        half.close()
        assert ended == ["cancelled", "ended", "ended"]

    bench.run(main())


async def turns(did: list[str], count: int) -> None:
    """What anybody else does, a turn of the loop each."""
    for _ in range(count):
        did.append(".")
        await asyncio.sleep(0)


def test_a_namespace_has_its_share_of_a_turn_and_all_others_have_theirs() -> None:
    """Ten answers are there at once, two of which are worth a share."""
    bench = Bench()

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(bench.meter.round("a", bench.steps("a", 1)))
            for _ in range(2):
                group.create_task(bench.meter.round("b", bench.steps("b", 1)))
            group.create_task(turns(bench.did, 5))

    bench.run(main())
    assert "".join(bench.did) == "aabb.aa.aa.aa.aa."


def test_no_share_lasts_longer_than_its_turn_by_more_than_a_step() -> None:
    bench = Bench()
    late: list[float] = []

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        for _ in range(100):
            before = loop.time()
            await asyncio.sleep(0)
            late.append(loop.time() - before)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(watch())
            for _ in range(50):
                group.create_task(bench.meter.round("a", bench.steps("a", 3, 0.04)))

    bench.run(main())
    assert SHARE <= max(late) <= SHARE + 0.04


def test_how_many_wait_for_their_turn_is_known() -> None:
    bench = Bench()
    waiting: list[int] = []

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(bench.meter.round("a", bench.steps("a", 1, SHARE)))
            for _ in range(6):
                await asyncio.sleep(0)
                waiting.append(bench.meter.waiting("a"))
        assert bench.meter.waiting("a") == bench.meter.waiting("b") == 0

    bench.run(main())
    assert max(waiting) == 3
    assert waiting[-1] < 3


class Late:
    """An answer that is there at once, and work of the same namespace that goes on for ten seconds."""

    def __init__(self, timeout: float) -> None:
        self.bench, self.timeout = Bench(), timeout
        self.said, self.held_up = "", False

    async def question(self) -> str:
        try:
            async with asyncio.timeout(self.timeout):
                await asyncio.sleep(0.01)
                return "answered"
        except TimeoutError:
            return "out of time"

    async def round(self) -> None:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(piece(self.question()))
        self.said, self.held_up = task.result(), was_held_up()

    async def main(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.bench.meter.round("a", self.round()))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            for _ in range(10):
                group.create_task(self.bench.meter.round("a", self.bench.steps("a", 1, 1.0)))


@pytest.mark.parametrize(("timeout", "said", "held_up"), [(5.0, "out of time", True), (50.0, "answered", False)])
def test_a_deadline_that_ends_while_the_answer_waits_for_its_turn_is_our_fault(
    timeout: float, said: str, held_up: bool
) -> None:
    late = Late(timeout)
    late.bench.run(late.main())
    assert (late.said, late.held_up) == (said, held_up)


def test_a_deadline_that_ends_without_an_answer_is_not() -> None:
    bench = Bench()

    async def silent() -> bool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.sleep(100)
        return was_held_up()

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(bench.meter.round("a", silent()))
            for _ in range(10):
                group.create_task(bench.meter.round("a", bench.steps("a", 1, 1.0)))
        assert task.result() is False
        assert was_held_up() is False

    bench.run(main())


class Ran:
    """A thread that ran for so long; the clock says more."""

    def __init__(self) -> None:
        self.ran = self.clock = 0.0

    def __await__(self) -> Generator[None, None, None]:
        self.clock += 10.0
        self.ran += 1.0
        yield


def test_what_other_processes_took_of_the_processor_is_nobody_s_cost() -> None:
    """Ten seconds by the clock, of which this process ran one."""
    ran, ledger = Ran(), Ledger()
    meter = Meter(ledger, clock=lambda: ran.clock, cpu=lambda: ran.ran)

    async def work() -> None:
        await ran

    async def main() -> None:
        await meter.round("a", work())
        await meter.round("b", work())
        meter.settle({"a", "b"}, 0.0)

    asyncio.run(main())
    assert [ledger.of(name).used(0.0) for name in "ab"] == [pytest.approx(1.0)] * 2


def test_of_a_namespace_that_has_nothing_any_more_nothing_is_kept() -> None:
    bench = Bench()

    async def main() -> None:
        await bench.meter.round("a", bench.steps("a", 1))
        bench.meter.settle({"a"}, 0.0)
        bench.meter.settle(set(), 30.0)
        assert bench.ledger.of("a").used(30.0) > 0
        bench.meter.settle(set(), 200.0)
        assert bench.ledger.of("a").used(200.0) == 0

    bench.run(main())
