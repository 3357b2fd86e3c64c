"""The law of the fast lane: with it, everything is as it is without."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import select
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.lanes import PERIOD, PODS, TIMEOUT, Clock, Loop, World, answer, later, worlds
from wahealth.core.answer import Answered, Outcome
from wahealth.core.egress.proxy import Proxy
from wahealth.core.signin.flow import EXPIRING
from wahealth.core.signin.tokens import Token
from wahealth.core.status import ConditionType
from wahealth.kube.lane.basis import _leads_there_at_once
from wahealth.kube.lane.door import Way
from wahealth.probe.client import Prober
from wahealth.probe.pool import LONGEST_PARKED
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest
from wahealth.probe.wire import Begun

T = TypeVar("T")

# Its clock goes on where sockets are silent for a tenth of a second: a busy machine is silent longer than that.
pytestmark = pytest.mark.alone

UP, DOWN = {"health": {"gateway_status": "connected"}}, {"health": {"gateway_status": "disconnected"}}
HA = {
    "health": {
        "10.0.0.1:core-0": {"role": "coreapp", "gateway_status": "connected"},
        "10.0.0.2:core-1": {"role": "coreapp", "gateway_status": "disconnected"},
        "10.0.0.3:master-0": {"role": "primary_master", "gateway_status": "disconnected"},
    }
}
GOOD = answer(UP)
Pieces = list[bytes | float | None]
# What a pod answers from now on, at each question alike; but for the dates.
ANSWERS: dict[str, Callable[[Clock], Pieces]] = {
    "up": lambda _: [GOOD],
    "up, dated": lambda clock: [answer(UP, f"Date: {later(clock, 0)}")],
    "up, in other bytes": lambda _: [answer(UP, "Server: nginx")],
    "up, in pieces": lambda _: [GOOD[:20], GOOD[20:50], GOOD[50:]],
    "up, in many pieces": lambda _: [GOOD[n : n + 4] for n in range(0, len(GOOD), 4)],
    "up, chunked": lambda _: [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
    "up, and the end": lambda _: [answer(UP, "Connection: close"), None],
    "up, and the end without a word": lambda _: [GOOD, None],
    "up, with more behind": lambda _: [GOOD + b"x"],
    "up, with an early hint": lambda _: [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + GOOD],
    "down": lambda _: [answer(DOWN)],
    "high availability": lambda _: [answer(HA)],
    "refused": lambda _: [answer({}, status="401 Unauthorized")],
    "busy": lambda _: [answer({}, "Retry-After: 70", status="503 Service Unavailable")],
    "too many": lambda _: [answer({}, status="429 Too Many Requests")],
    "broken": lambda _: [b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{", None],
    "no HTTP": lambda _: [b"SSH-2.0-OpenSSH\r\n"],
    "the end": lambda _: [None],
    "silence": lambda _: [TIMEOUT + 2.0, GOOD],
    "begun, then silence": lambda _: [GOOD[:30], TIMEOUT + 2.0, GOOD[30:]],
    "late": lambda _: [TIMEOUT - 1.5, GOOD],
}


def no_reachable(world: World) -> None:
    world.written_by_another(
        lambda status: status._replace(
            conditions=tuple(one for one in status.conditions if one.type != ConditionType.REACHABLE)
        )
    )


# What happens between two rounds.
EVENTS: dict[str, Callable[[World], None]] = {
    "nothing": lambda _: None,
    "connections end": lambda world: world.pods.hang_up(),
    "the workload goes": lambda world: world.drop_workload(),
    "the workload comes": lambda world: world.put_workload(),
    "a pod moves": lambda world: world.put_pod(1, PODS[2]),
    "a pod moves back": lambda world: world.put_pod(1, PODS[1]),
    "a pod goes": lambda world: world.drop_pod(1),
    "another key": lambda world: world.rotated(b"another-key-of-enough-characters"),
    "the key in secret": lambda world: setattr(world.secrets, "key", b"a-third-key-of-enough-characters"),
    "a key too short": lambda world: world.rotated(b"short"),
    "another path": lambda world: world.edit(probe={"periodSeconds": PERIOD, "timeoutSeconds": TIMEOUT + 1}),
    "suspended": lambda world: world.edit(suspend=True),
    "resumed": lambda world: world.edit(suspend=False),
    "another mode": lambda world: world.edit(mode="HighAvailability"),
    "no edit": lambda world: world.written_by_another(lambda status: status),
    "a condition is gone": no_reachable,
    "another leads for a while": lambda world: world.led_by_another(),
    "postponed": lambda world: world.postponed(True),
    "not postponed": lambda world: world.postponed(False),
    "five minutes": lambda world: setattr(world, "pause", 300.0),
    "an hour": lambda world: setattr(world, "pause", 3600.0),
    "the wall clock is set": lambda world: setattr(world, "jump", 86400.0),
    "the wall clock is set back": lambda world: setattr(world, "jump", -86400.0),
}


class Step(NamedTuple):
    event: str = "nothing"
    first: str | None = None  # what the first pod answers from now on; None: as before
    second: str | None = None
    rounds: int = 1


STEPS = st.builds(
    Step,
    st.sampled_from(sorted(EVENTS)),
    st.none() | st.sampled_from(sorted(ANSWERS)),
    st.none() | st.sampled_from(sorted(ANSWERS)),
    st.integers(1, 4),
)


def told(fast: bool, story: list[Step]) -> tuple[list[Any], int]:
    """What is known after each round; and how many of them were repeated."""
    clock = Clock()

    async def play() -> tuple[list[Any], int]:
        records = []
        async with worlds(clock, fast) as world:
            said = dict.fromkeys(PODS, "up")
            for step in [Step(rounds=3), *story]:
                world.pause, world.jump = 0.0, 0.0  # type: ignore[attr-defined]
                EVENTS[step.event](world)
                clock.ahead += world.jump  # type: ignore[attr-defined]
                said |= {PODS[0]: step.first or said[PODS[0]]}
                said |= {pod: step.second or said[pod] for pod in PODS[1:]}
                for _ in range(step.rounds):
                    clock.now = float(int(clock.now + PERIOD + world.pause))  # type: ignore[attr-defined]
                    world.pods.answers = {pod: ANSWERS[word](clock) for pod, word in said.items()}
                    await world.round()
                    await asyncio.sleep(0)
                    port = world.pods.port
                    records.append(repr(world.record()).replace(f":{port}", ":port").replace(f"port={port}", ""))
        return records, world.repeats

    with clock.everywhere(), asyncio.Runner(loop_factory=lambda: Loop(clock)) as runner:
        return runner.run(play())


@settings(max_examples=20)  # each plays its story twice over real sockets
@given(st.lists(STEPS, min_size=1, max_size=5))
def test_with_and_without_the_lane_all_is_the_same(story: list[Step]) -> None:
    (fast, _), (ordinary, _) = told(True, story), told(False, story)
    for one, other in zip(fast, ordinary, strict=True):
        assert one == other


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_after_each_event_all_is_the_same(event: str) -> None:
    story = [Step(event, rounds=3), Step(first="down", rounds=4)]
    (fast, _), (ordinary, _) = told(True, story), told(False, story)
    assert fast == ordinary


@pytest.mark.parametrize("second", sorted(ANSWERS))
def test_after_each_answer_all_is_the_same(second: str) -> None:
    story = [Step(second=second, rounds=4), Step(first=second, rounds=3), Step(first="up", second="up", rounds=4)]
    (fast, _), (ordinary, _) = told(True, story), told(False, story)
    assert fast == ordinary


@pytest.mark.parametrize(("answer", "repeats"), [("up", 18), ("up, dated", 18), ("high availability", 12)])
def test_what_is_said_again_is_repeated(answer: str, repeats: int) -> None:
    """So that the law does not hold because the lane is never used."""
    assert told(True, [Step(first=answer, second=answer, rounds=20)])[1] >= repeats


def played(story: Callable[[World], Coroutine[Any, Any, T]], fast: bool = True) -> T:
    """What comes of `story`, told of a resource whose rounds have settled and whose pods take a second to answer."""
    clock = Clock()

    async def play() -> T:
        async with worlds(clock, fast) as world:
            for _ in range(5):
                world.pods.answers = {pod: [1.0, GOOD] for pod in PODS}
                clock.now = float(int(clock.now + PERIOD))
                await world._ordinary()
            clock.now += PERIOD
            return await story(world)

    with clock.everywhere(), asyncio.Runner(loop_factory=lambda: Loop(clock)) as runner:
        return runner.run(play())


class Becomes(NamedTuple):
    """What becomes of a Secret until it is due to be read again, and what of the round then. `reads`: how often it was
    read and said the same."""

    happens: Callable[[World], None]
    asked: int = 2
    repeats: int = 0
    reads: int = 0


def is_confirmed_meanwhile(world: World) -> None:
    world.secrets.known = world.clock.now


def changes_while_it_is_read(world: World) -> None:
    world.secrets.reading = lambda: world.rotated(world.secrets.key)


DUE = {
    "nothing": Becomes(lambda _: None, repeats=1, reads=1),
    "the API server is away": Becomes(lambda world: setattr(world.secrets, "away", True), repeats=1, reads=1),
    "another resource has read it": Becomes(is_confirmed_meanwhile, repeats=1),
    "another key": Becomes(lambda world: setattr(world.secrets, "key", b"a-third-key-of-enough-characters")),
    "no key": Becomes(lambda world: setattr(world.secrets, "key", b"short"), asked=0),
    "a change while it is read": Becomes(changes_while_it_is_read),
}


@pytest.mark.parametrize("becomes", sorted(DUE))
def test_a_secret_that_is_due_is_read_first_and_a_round_is_ordinary_if_it_says_something_new(becomes: str) -> None:
    happens, asked, repeats, reads = DUE[becomes]

    async def story(world: World) -> list[int]:
        await world.round()
        signin, before = world.entry.probe.signin, world.repeats
        assert signin is not None
        assert world.clock.now < signin.read_again < world.clock.now + LONGEST_PARKED
        world.clock.now = signin.read_again
        happens(world)
        world.pods.asked.clear()
        await world.round()
        assert all((b"a-third-key" in question) is (becomes == "another key") for _, question in world.pods.asked)
        return [len(world.pods.asked), world.repeats - before, world.reads]

    assert played(story) == [asked, repeats, reads]


async def until_asked(world: World) -> None:
    asked = len(world.pods.asked)
    while len(world.pods.asked) < asked + 2:  # noqa: ASYNC110 - the clock must stand still
        await asyncio.sleep(0)


@pytest.mark.parametrize("answers", [[1.0, GOOD], [1.0, answer(DOWN)]])
def test_nobody_is_asked_twice_when_the_inventory_changes_in_mid_flight(answers: Pieces) -> None:
    async def story(world: World) -> int:
        world.pods.answers = dict.fromkeys(PODS, answers)
        round_ = asyncio.create_task(world.round())
        await until_asked(world)
        world.running.put({"metadata": {"namespace": "acme", "name": "other", "uid": "o"}, "status": {}})
        await round_
        return len(world.pods.asked)

    assert played(story) == played(story, fast=False) == 12


def test_a_spec_that_changes_in_mid_flight_is_not_kept_waiting_because_we_are_late() -> None:
    async def story(world: World) -> bool:
        assert world.lane is not None
        over = asyncio.get_running_loop().create_future()
        world.lane.begin(world.entry, world.clock.now, world.purse, lambda _, done: over.set_result(done))
        await until_asked(world)
        world.edit(probe={"periodSeconds": PERIOD, "timeoutSeconds": TIMEOUT + 1})
        world.lag._late = world.clock.now
        return bool(await over)

    assert not played(story)


def test_what_is_heard_is_paid_for_by_its_namespace_and_waits_for_its_turn() -> None:
    async def story(world: World) -> None:
        await asyncio.sleep(0)  # a purse that was closed before opens again
        paid, world.purse.is_open = world.purse.unsettled, False
        round_ = asyncio.create_task(world.round())
        world.pods.answers = {pod: [GOOD] for pod in PODS}
        for _ in range(100_000):
            if len(world.pods.asked) == 12:
                break
            await asyncio.sleep(0)
        for _ in range(500):
            await asyncio.sleep(0)
        assert len(world.pods.asked) == 12
        assert not round_.done()
        world.purse.is_open = True
        await round_
        assert world.purse.unsettled > paid
        assert world.repeats > 0

    played(story)


def test_a_key_that_was_read_in_a_round_that_came_to_nothing_is_read_again() -> None:
    async def story(world: World) -> bytes:
        world.secrets.key = b"a-third-key-of-enough-characters"
        assert world.entry.probe.signin is not None
        world.clock.now = world.entry.probe.signin.read_again
        lost = asyncio.create_task(world.round())
        await until_asked(world)
        lost.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await lost
        world.secrets.known = world.clock.now
        world.pods.asked.clear()
        await world.round()
        return world.pods.asked[0][1]

    assert b"a-third-key" in played(story, fast=False)


def test_what_a_server_says_before_it_hangs_up_is_not_taken_for_the_answer() -> None:
    """HAProxy and others say 408 on a connection on which nobody has asked for long."""

    async def story(world: World) -> bool:
        await world.round()
        await world.pods.say(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        world.clock.now += PERIOD
        await world.round()
        assert world.entry.state is not None
        return world.entry.state.is_steady

    assert played(story)


class Full:
    """An epoll object that takes no more."""

    def __init__(self) -> None:
        self._epoll = select.epoll()

    def fileno(self) -> int:
        return self._epoll.fileno()

    def register(self, *_: int) -> None:
        raise OSError(errno.ENOSPC, "")

    modify = register


def test_where_the_kernel_watches_no_more_the_round_is_an_ordinary_one() -> None:
    async def story(world: World) -> tuple[int, int]:
        assert world.lane is not None
        world.lane._questions._epoll = cast(select.epoll, Full())
        await world.round()
        return len(world.pods.asked), world.repeats

    assert played(story) == (12, 0)


@pytest.mark.parametrize(("before", "repeats"), [(timedelta(seconds=PERIOD - 10), False), (timedelta(0), True)])
def test_a_token_that_begins_to_expire_after_the_last_round_is_looked_at(before: timedelta, repeats: bool) -> None:
    async def story(world: World) -> bool:
        assert world.lane is not None
        now = datetime.fromtimestamp(world.clock.wall(), UTC)
        expires = now + EXPIRING + (timedelta(hours=1) if repeats else -before)
        world.entry.probe.signin = Token(read_again=float("inf"), expires=expires)
        return world.lane.begin(world.entry, world.clock.now, world.purse, lambda *_: None) is Way.REPEAT

    assert played(story) is repeats


def test_the_question_of_another_takes_no_time_from_ours() -> None:
    async def story(world: World) -> Outcome:
        kept = world.entry.probe.kept["web-0"]
        async with Prober() as prober:
            endpoint = HealthEndpoint.at(PODS[0], world.pods.port, None)
            ours = ProbeRequest(endpoint, None, TIMEOUT, PERIOD)
            await prober.ask(ours)
            wire = prober.pool.take(kept.route, kept.addresses)
            assert wire is not None
            wire.begun = Begun(b"another question", b"", world.clock.now - 2 * TIMEOUT)
            prober.pool.park(kept.route, wire, PERIOD)
            return (await prober.ask(ours)).outcome

    assert isinstance(played(story), Answered)


@pytest.mark.parametrize(("host", "repeats"), [("10.0.0.9", True), ("proxy.acme.test", False)])
def test_a_proxy_that_is_looked_up_each_time_is_not_repeated(host: str, repeats: bool) -> None:
    async def story(world: World) -> bool:
        kept = world.entry.probe.kept["web-0"]
        through = Proxy("http", host, 3128)
        return _leads_there_at_once(kept._replace(route=kept.route._replace(through=through)))

    assert played(story) is repeats
