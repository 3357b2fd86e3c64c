"""The sidecar's background on a fake clock: hours of whatever goes wrong upstream, and its liveness."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from http import HTTPStatus
from itertools import cycle
from pathlib import Path

import looptime
import pytest

from support.builders import UNKNOWN, UNREGISTERED, answer, core, primary, single
from wahealth.core.answer import FailureReason, GatewayStatus, Malformed, Outcome, Unauthorized, Unreachable
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.errors import ObserverFault
from wahealth.probe.waweb import ProbeRequest
from wahealth.sidecar.flags import add_arguments
from wahealth.sidecar.pages import Pages
from wahealth.sidecar.rounds import Rounds
from wahealth.sidecar.settings import settings_of

HOURS, LOOKS = 3 * 3600.0, 7.0
Said = Outcome | Exception | float  # a float: it hangs for so long


class Upstream(Prober):
    def __init__(self, *said: Said) -> None:
        super().__init__()
        self.said: Iterator[Said] = cycle(said)
        self.asked = 0

    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        self.asked += 1
        now = next(self.said)
        if isinstance(now, Exception):
            raise type(now)(*now.args)  # one object, raised again and again, would gather a traceback without an end
        if isinstance(now, float):
            await asyncio.sleep(min(now, probe_request.timeout))
            return ProbeResponse(Unreachable(FailureReason.READ_TIMEOUT))
        return ProbeResponse(now)


def lived(upstream: Upstream, key: Path, seconds: float = HOURS, *flags: str) -> set[tuple[str, HTTPStatus]]:
    """What /livez and /startupz said, every few seconds for as long."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    settings = settings_of(parser.parse_args([f"--api-key-file={key}", *flags]), {}, pytest.fail)
    said: set[tuple[str, HTTPStatus]] = set()

    async def story() -> None:
        rounds = Rounds(settings, upstream)
        pages = Pages(settings, rounds, asyncio.get_running_loop().time)
        asking = asyncio.create_task(rounds.run())
        for _ in range(int(seconds / LOOKS)):
            await asyncio.sleep(LOOKS)
            said.update((path, pages("GET", path).status) for path in ("/livez", "/startupz"))
        assert not asking.done()
        asking.cancel()

    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=0)) as runner:
        runner.run(story())
    return said


GOOD = {("/livez", HTTPStatus.OK), ("/startupz", HTTPStatus.OK)}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    (tmp_path / "key").write_text("a-key-of-enough-characters")
    return tmp_path / "key"


@pytest.mark.parametrize("status", list(GatewayStatus))
def test_no_gateway_status_ever_fails_liveness(status: GatewayStatus, key: Path) -> None:
    nodes = answer(primary("m0", status), core("c0", status), core("c1", status))
    assert lived(Upstream(single(status), nodes), key) == GOOD


@pytest.mark.parametrize(
    "said",
    [
        *(Unreachable(reason) for reason in FailureReason),
        Unauthorized(),
        Malformed("no JSON"),
        ObserverFault(),
        RuntimeError("a bug of ours"),
        15.0,
        single(UNREGISTERED),
        single(UNKNOWN),
    ],
)
def test_nor_does_any_error_for_hours(said: Said, key: Path) -> None:
    assert lived(Upstream(said), key) == GOOD


def test_nor_a_key_that_is_not_there(tmp_path: Path) -> None:
    assert lived(Upstream(Unauthorized()), tmp_path / "nowhere") == GOOD


def test_it_asks_once_a_period_whatever_happens(key: Path) -> None:
    upstream = Upstream(single(UNREGISTERED))
    lived(upstream, key, 1005)
    assert upstream.asked == 101
    slow = Upstream(15.0)
    lived(slow, key, 1505)
    assert slow.asked == 108  # a question that takes longer than a period is not overtaken by the next


def test_reasons_that_take_turns_are_one_line(key: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As behind an Envoy that finds another end of the same fault each time."""
    caplog.set_level("INFO", logger="wahealth.sidecar.rounds")
    reasons: list[Said] = [
        Unreachable(FailureReason.CONNECT_TIMEOUT),
        Malformed("the body is empty"),
        Unreachable(FailureReason.READ_TIMEOUT),
    ]
    lived(Upstream(*reasons), key, 600.0)
    assert len([one for one in caplog.records if one.message == "readiness changed"]) == 1
