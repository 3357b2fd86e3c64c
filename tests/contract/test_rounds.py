"""Rounds over real sockets, from the question to what is believed: faults that come and go (rows T19, T34 to T40)."""

from __future__ import annotations

import asyncio
import json
import socket
from itertools import cycle

import pytest

from support.builders import CONNECTED, Story, condition_of, facts, single
from support.lossy import Wire, is_possible, rounds
from support.scripted import ADDRESS, GOOD, TRUST, Script, answer, reason, says, serving
from wahealth.core.answer import FailureReason, Outcome, Unreachable
from wahealth.core.control.isolation_detector import IsolationDetector, Path, Vote
from wahealth.core.facts import Thresholds
from wahealth.core.status import ConditionType
from wahealth.probe.client import Prober
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest

DOWN = b'{"health": {"gateway_status": "disconnected"}}'


def in_turn(*bodies: bytes, pauses: tuple[float, ...] = (0.0,)) -> Script:
    """One body a question, each after its pause, over as many connections as there are."""
    body, pause = cycle(bodies), cycle(pauses)

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(next(pause))
            writer.write(answer(next(body)))
            await writer.drain()

    return script


def heard(script: Script, times: int, timeout: float = 2.0) -> list[Outcome]:
    async def run() -> list[Outcome]:
        async with serving(script) as served, Prober() as prober:
            return [(await prober.ask(served.question(timeout))).outcome for _ in range(times)]

    return asyncio.run(run())


def told(script: Script, times: int, timeout: float = 2.0, thresholds: Thresholds = Thresholds()) -> Story:  # noqa: B008
    story = Story()
    for outcome in heard(script, times, timeout):
        story.round(facts(outcome, thresholds=thresholds))
    return story


def ready(story: Story) -> tuple[str, str]:
    return condition_of(story.written, ConditionType.READY)


def test_an_answer_that_is_now_in_time_and_now_too_late() -> None:
    """T34: it never comes to three in a row."""
    story = told(in_turn(GOOD, pauses=(0.0, 0.9)), 12, timeout=0.5)
    assert ready(story) == ("True", "Available")
    assert len(story.writes) == 1


def test_a_node_that_flaps_with_each_period() -> None:
    """T35: told as flapping, and written at leisure."""
    story = told(
        in_turn(GOOD, DOWN), 40, thresholds=Thresholds(5, failure_threshold=1, connecting_grace=0, failover_grace=0)
    )
    assert story.posted.count("FlappingDetected") == 1
    assert story.posted.count("GatewayDisconnected") <= 5
    assert len(story.writes) <= 7 + 40 * 5 / 30


def nodes(**roles: str) -> bytes:
    """With c0 connected."""
    entries = {
        f"10.0.0.1:{name}": {"gateway_status": "connected" if name == "c0" else "disconnected", "role": role}
        for name, role in roles.items()
    }
    return json.dumps({"health": entries}).encode()


TWO = nodes(m0="primary_master", m1="secondary_master", c0="coreapp", c1="coreapp")


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (nodes(m0="secondary_master", m1="secondary_master", c0="coreapp", c1="coreapp"), "NoPrimaryMaster"),
        (nodes(m0="primary_master", m1="primary_master", c0="coreapp", c1="coreapp"), "MultiplePrimaryMasters"),
    ],
)
def test_no_master_or_two_that_lead(body: bytes, event: str) -> None:
    """T19: told once it has lasted, and not in the moment of a failover."""
    passing, lasting = told(in_turn(TWO, TWO, body, TWO), 4), told(in_turn(TWO, TWO, *[body] * 6), 8)
    assert (event in passing.posted, event in lasting.posted) == (False, True)
    assert ready(lasting) == ("True", "Available")


def test_all_targets_fail_at_once() -> None:
    """T36: the fault is ours."""

    async def run() -> list[bool]:
        fleet, isolated = IsolationDetector(), []
        async with serving(says(answer(GOOD), keep=True)) as served, Prober() as prober:
            for second, port in ((0.0, served.port), (30.0, 1)):
                for number in range(12):
                    place = HealthEndpoint(ADDRESS, (ADDRESS,), port, TRUST, "whatsapp-web")
                    probe_request = ProbeRequest(place, served.question().credential, 2.0)
                    outcome = (await prober.ask(probe_request)).outcome
                    fleet.saw(
                        f"uid-{number}",
                        Vote(Path.CLUSTER, f"tenant-{number}", "web"),
                        reason(outcome) == "Answered",
                        second,
                        30.0,
                    )
                isolated.append(fleet.isolated(Path.CLUSTER))
        return isolated

    assert asyncio.run(run()) == [False, True]


def test_black_holes_delay_nobody_else() -> None:
    """T37: 200 hosts that take a connection and say nothing, in an eighth as many slots."""
    holes = [f"127.64.201.{number}" for number in range(1, 201)]

    async def run() -> list[float]:
        loop, late = asyncio.get_running_loop(), []
        async with serving(says(answer(GOOD), keep=True)) as served, Prober(slots=24) as prober:
            credential = served.question().credential

            async def ask(host: str) -> None:
                port = hole.getsockname()[1]
                await prober.ask(
                    ProbeRequest(HealthEndpoint(host, (host,), port, TRUST, "whatsapp-web"), credential, 0.5)
                )

            await asyncio.gather(*map(ask, holes[:24]))  # by now it is known of some that they are silent
            async with asyncio.TaskGroup() as group:
                for host in holes:
                    group.create_task(ask(host))
                for _ in range(20):
                    began = loop.time()
                    assert reason((await prober.ask(served.question())).outcome) == "Answered"
                    late.append(loop.time() - began)
                    await asyncio.sleep(0.1)
        return late

    with socket.create_server(("0.0.0.0", 0), backlog=1000) as hole:  # nobody ever accepts
        assert max(asyncio.run(run())) < 1.0


needs_a_wire = pytest.mark.skipif(not is_possible(), reason="needs root on Linux with /dev/net/tun")


OUTCOMES: dict[str, Outcome] = {
    **{word.value: Unreachable(word) for word in FailureReason},
    "Answered": single(CONNECTED),
}


@needs_a_wire
def test_half_a_second_there_and_back() -> None:
    """T40"""
    assert rounds(Wire(delay=0.25), 4, timeout=5.0) == ["Answered"] * 4


@needs_a_wire
def test_a_third_of_all_packets_lost() -> None:
    """T40: some rounds may fail, three in a row never do."""
    story = Story()
    for word in rounds(Wire(loss=0.3), 20, timeout=5.0):
        story.round(facts(OUTCOMES[word]))
    assert ready(story) == ("True", "Available")


@needs_a_wire
def test_a_path_that_drops_large_packets() -> None:
    """T40: the answer never comes, and that is what is said."""
    assert rounds(Wire(longest=1300), 1, timeout=2.0) == ["ReadTimeout"]
