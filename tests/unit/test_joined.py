"""Readings that many want at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import looptime
import pytest

from wahealth.kube.joined import Joined


class Object:
    """What an API server has, which answers after two seconds as it was after one."""

    def __init__(self) -> None:
        self.says, self.reads = "old", 0

    async def read(self) -> str:
        self.reads += 1
        await asyncio.sleep(1)
        said = self.says
        await asyncio.sleep(1)
        if not said:
            raise LookupError
        return said


def played(story: Callable[[Joined, Object], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        runner.run(story(Joined(), Object()))


def test_those_who_ask_at_once_share_one() -> None:
    async def story(joined: Joined, there: Object) -> None:
        found = await asyncio.gather(*(joined.value("k", there.read) for _ in range(100)))
        assert (set(found), there.reads) == ({"old"}, 1)

    played(story)


def test_whoever_asks_while_one_is_under_way_is_given_what_is_there_by_then() -> None:
    async def story(joined: Joined, there: Object) -> None:
        first = asyncio.create_task(joined.value("k", there.read))
        await asyncio.sleep(1.5)
        there.says = "new"
        later = await asyncio.gather(*(joined.value("k", there.read) for _ in range(100)))
        assert (await first, set(later), there.reads) == ("old", {"new"}, 2)

    played(story)


def test_other_names_are_read_for_themselves() -> None:
    async def story(joined: Joined, there: Object) -> None:
        await asyncio.gather(joined.value("a", there.read), joined.value("b", there.read))
        assert there.reads == 2

    played(story)


def test_all_are_told_of_a_failure_and_the_next_reads_again() -> None:
    async def story(joined: Joined, there: Object) -> None:
        there.says = ""
        found = await asyncio.gather(*(joined.value("k", there.read) for _ in range(3)), return_exceptions=True)
        assert [type(one) for one in found] == [LookupError] * 3
        there.says = "well"
        assert await joined.value("k", there.read) == "well"

    played(story)


def test_who_leaves_takes_nothing_away_from_the_others() -> None:
    async def story(joined: Joined, there: Object) -> None:
        leaving, staying = (asyncio.create_task(joined.value("k", there.read)) for _ in range(2))
        await asyncio.sleep(1)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert await staying == "old"

    played(story)


def test_one_that_is_never_answered_holds_nobody_up_for_long() -> None:
    async def story(joined: Joined, there: Object) -> None:
        silent = asyncio.create_task(joined.value("k", asyncio.Event().wait))
        await asyncio.sleep(1)
        async with asyncio.timeout(10):
            assert await joined.value("k", there.read) == "old"
            assert await joined.value("k", there.read) == "old"
        silent.cancel()

    played(story)
