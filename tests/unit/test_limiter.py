"""Black holes beside good targets: the good ones never wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

import looptime
import pytest

from wahealth.probe.limiter import FEWEST_SLOTS, MOST_BESIDE, PATIENCE, Bulkhead

T = TypeVar("T")
TIMEOUT, PERIOD = 15.0, 30.0


async def latest_good(holes: int, slots: int, before: str, over: float) -> float:
    """Seconds that the last of 200 good targets waited for its turn, among `holes` that are asked within `over` seconds
    and say nothing. `before` says what they did when they were asked last: "silent", "answered", or they never were."""
    bulkhead, waits = Bulkhead(slots), []

    async def silent(number: int) -> None:
        await asyncio.sleep(over * number / holes)
        async with bulkhead.slot(f"hole-{number}"):
            await asyncio.sleep(TIMEOUT)
        bulkhead.timed_out(f"hole-{number}")

    async def good(number: int) -> None:
        await asyncio.sleep(PERIOD * number / 200)
        asked = asyncio.get_running_loop().time()
        async with bulkhead.slot(f"good-{number}"):
            waits.append(asyncio.get_running_loop().time() - asked)
            await asyncio.sleep(0.05)

    for number in range(200):
        bulkhead.answered(f"good-{number}")
    for number in range(holes):
        if before != "never":
            {"silent": bulkhead.timed_out, "answered": bulkhead.answered}[before](f"hole-{number}")
    async with asyncio.TaskGroup() as group:
        for number in range(holes):
            group.create_task(silent(number))
        for number in range(200):
            group.create_task(good(number))
    return max(waits)


def run(story: Coroutine[None, None, T]) -> T:
    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        return runner.run(story)


@pytest.mark.parametrize("slots", [64, 256])
@pytest.mark.parametrize(
    ("before", "over"), [("silent", 0.0), ("silent", PERIOD), ("never", 0.0), ("never", PERIOD), ("answered", PERIOD)]
)
def test_a_thousand_black_holes_delay_nobody(slots: int, before: str, over: float) -> None:
    """T37: those known to be silent, those that come new and all at once, those that turn silent within a period."""
    assert run(latest_good(1000, slots, before, over)) <= 1.0


def test_one_that_answers_again_is_among_the_others_again() -> None:
    async def story() -> None:
        bulkhead = Bulkhead(FEWEST_SLOTS)
        bulkhead.timed_out("a")
        bulkhead.timed_out("b")
        async with bulkhead.slot("a"):
            bulkhead.answered("b")
            async with asyncio.timeout(1), bulkhead.slot("b"):
                pass

    run(story())


def test_one_that_waits_long_makes_room() -> None:
    async def story() -> tuple[float, float]:
        bulkhead, loop = Bulkhead(FEWEST_SLOTS), asyncio.get_running_loop()
        began = loop.time()
        async with bulkhead.slot("new"), bulkhead.slot("newer"):
            second = loop.time() - began
        async with bulkhead.slot("again"):
            return second, loop.time() - began

    assert run(story()) == (PATIENCE, PATIENCE)


def test_as_many_wait_beside_the_lanes_as_there_is_room_for() -> None:
    async def story() -> list[float]:
        bulkhead, begun = Bulkhead(FEWEST_SLOTS), []

        async def ask(number: int) -> None:
            async with bulkhead.slot(f"new-{number}"):
                begun.append(asyncio.get_running_loop().time())
                await asyncio.sleep(10_000)

        async with asyncio.TaskGroup() as group:
            for number in range(MOST_BESIDE + 2):
                group.create_task(ask(number))
        return begun

    *most, last = run(story())
    assert max(most) == pytest.approx(MOST_BESIDE * PATIENCE)
    assert last >= 10_000
