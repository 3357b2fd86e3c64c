"""An answer comes in a bounded number of pieces, and others have their turn between them."""

from __future__ import annotations

import asyncio

import pytest

from wahealth.core.answer import FailureReason, Unreachable
from wahealth.probe.errors import ProbeError
from wahealth.probe.pieces import MOST_PIECES, Pieces


async def count(pieces: Pieces, times: int) -> None:
    for _ in range(times):
        await pieces.another()


def test_one_more_than_there_may_be() -> None:
    async def run() -> None:
        pieces = Pieces("answer")
        await count(pieces, MOST_PIECES)
        with pytest.raises(ProbeError) as raised:
            await pieces.another()
        assert raised.value.outcome == Unreachable(
            FailureReason.INVALID_RESPONSE, "the answer comes in too many pieces"
        )

    asyncio.run(run())


def test_others_have_their_turn_between_many() -> None:
    async def run() -> int:
        had = 0

        async def others() -> None:
            nonlocal had
            while True:
                await asyncio.sleep(0)
                had += 1

        waiting = asyncio.create_task(others())
        await count(Pieces("answer"), 1_000)
        waiting.cancel()
        return had

    assert asyncio.run(run()) >= 9
