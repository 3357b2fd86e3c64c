"""Black holes beside good targets: the good ones never wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

import looptime
import pytest

from wahealth.probe.lanes import FEWEST_SLOTS, MOST_BESIDE, PATIENCE, Lanes

T = TypeVar("T")
TIMEOUT, PERIOD = 15.0, 30.0


async def latest_good(holes: int, slots: int, before: str, over: float) -> float:
    """Seconds that the last of 200 good targets waited for its turn, among `holes` that are asked within `over` seconds
    and say nothing. `before` says what they did when they were asked last: "silent", "answered", or they never were."""
    lanes, waits = Lanes(slots), []

    async def silent(number: int) -> None:
        await asyncio.sleep(over * number / holes)
        async with lanes.slot(f"hole-{number}"):
            await asyncio.sleep(TIMEOUT)
        lanes.was_silent(f"hole-{number}")

    async def good(number: int) -> None:
        await asyncio.sleep(PERIOD * number / 200)
        asked = asyncio.get_running_loop().time()
        async with lanes.slot(f"good-{number}"):
            waits.append(asyncio.get_running_loop().time() - asked)
            await asyncio.sleep(0.05)

    for number in range(200):
        lanes.answered(f"good-{number}")
    for number in range(holes):
        if before != "never":
            {"silent": lanes.was_silent, "answered": lanes.answered}[before](f"hole-{number}")
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
        lanes = Lanes(FEWEST_SLOTS)
        lanes.was_silent("a")
        lanes.was_silent("b")
        async with lanes.slot("a"):
            lanes.answered("b")
            async with asyncio.timeout(1), lanes.slot("b"):
                pass

    run(story())


def test_one_that_waits_long_makes_room() -> None:
    async def story() -> tuple[float, float]:
        lanes, loop = Lanes(FEWEST_SLOTS), asyncio.get_running_loop()
        began = loop.time()
        async with lanes.slot("new"), lanes.slot("newer"):
            second = loop.time() - began
        async with lanes.slot("again"):
            return second, loop.time() - began

    assert run(story()) == (PATIENCE, PATIENCE)


def test_as_many_wait_beside_the_lanes_as_there_is_room_for() -> None:
    async def story() -> list[float]:
        lanes, begun = Lanes(FEWEST_SLOTS), []

        async def ask(number: int) -> None:
            async with lanes.slot(f"new-{number}"):
                begun.append(asyncio.get_running_loop().time())
                await asyncio.sleep(10_000)

        async with asyncio.TaskGroup() as group:
            for number in range(MOST_BESIDE + 2):
                group.create_task(ask(number))
        return begun

    *most, last = run(story())
    assert max(most) == pytest.approx(MOST_BESIDE * PATIENCE)
    assert last >= 10_000
