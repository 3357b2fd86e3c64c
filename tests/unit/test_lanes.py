"""Black holes beside good targets: the good ones never wait for them."""

from __future__ import annotations

import asyncio

import looptime

from wahealth.probe.lanes import Lanes

TIMEOUT, PERIOD = 15.0, 30.0


async def latest_good(holes: int, slots: int) -> float:
    """Seconds that the last of 20 good targets waited for its turn, in the second period of `holes` silent ones."""
    lanes, waits = Lanes(slots), []

    async def silent(host: str) -> None:
        async with lanes.slot(host):
            await asyncio.sleep(TIMEOUT)
        lanes.was_silent(host)

    async def good(host: str) -> None:
        asked = asyncio.get_running_loop().time()
        async with lanes.slot(host):
            waits.append(asyncio.get_running_loop().time() - asked)
            await asyncio.sleep(0.05)
        lanes.answered(host)

    for number in range(holes):
        lanes.was_silent(f"hole-{number}")
    async with asyncio.TaskGroup() as group:
        for number in range(holes):
            group.create_task(silent(f"hole-{number}"))
        await asyncio.sleep(1)
        for number in range(20):
            group.create_task(good(f"good-{number}"))
    return max(waits)


def run(holes: int, slots: int) -> float:
    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        return runner.run(latest_good(holes, slots))


def test_a_thousand_black_holes_delay_nobody() -> None:
    assert run(holes=1000, slots=64) <= 1.0


def test_one_that_answers_again_is_among_the_others_again() -> None:
    async def story() -> None:
        lanes = Lanes(2)
        lanes.was_silent("a")
        async with lanes.slot("b"), asyncio.timeout(1), lanes.slot("a"):
            pass
        lanes.answered("a")
        async with lanes.slot("a"), asyncio.timeout(1):
            lanes.was_silent("c")
            async with lanes.slot("c"):
                pass

    asyncio.run(story())
