"""SIGKILL after each single write of a run, one after the other: whoever comes next brings it to the same end."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from support.clients import PERIOD
from support.faulty import Asked, Fault
from support.storm import CLIENTS, SPACE, Storm, weathered
from support.worlds import Worlds
from wahealth.playground.environment import until

NAMES = ("single", "ha", "twice")
QUICK = ("--lease-duration", "2", "--renew-deadline", "1.5", "--retry-period", "0.3")


WRITES = 7  # of a whole run; the first test holds the number


@dataclass(frozen=True)
class Undisturbed:
    storm: Storm
    end: dict[str, Any]
    writes: int


@pytest.fixture(scope="module")
def undisturbed(worlds: Worlds) -> Iterator[Undisturbed]:
    """A run that nobody kills."""
    with worlds.own() as world, weathered(world, *CLIENTS) as storm:
        storm.environment.apply([storm.twice()])
        began = time.monotonic()
        storm.start(*QUICK)
        until(lambda: any(map(is_a_write, storm.proxy.since(began))), "it writes", 90)
        storm.until_quiet(5 * PERIOD)
        yield Undisturbed(storm, end_state(storm), sum(map(is_a_write, storm.proxy.since(began))))


def is_a_write(asked: Asked) -> bool:
    return asked.writes and asked.resource != "leases"


def end_state(storm: Storm) -> dict[str, Any]:
    events = {(one["reason"], one["involvedObject"]["name"]) for one in storm.environment.events(SPACE)}
    return {"statuses": storm.said(), "events": events}


def test_each_write_of_a_run_is_tried(undisturbed: Undisturbed) -> None:
    assert undisturbed.end["statuses"]["single"]["gateway"] == "Connected"
    assert undisturbed.writes == WRITES, f"write WRITES = {undisturbed.writes} above"


@pytest.mark.parametrize("k", range(1, WRITES + 1))
def test_whoever_is_killed_after_any_write_the_end_is_the_same(undisturbed: Undisturbed, k: int) -> None:
    storm = undisturbed.storm
    storm.environment.stop_operator()
    storm.begin_anew(*NAMES)
    storm.kubectl("delete", "events", "--all", "-n", SPACE)
    killed_after(storm, k)
    storm.start(*QUICK)
    until(lambda: storm.said() == undisturbed.end["statuses"], f"the same end after write {k}", 120)
    assert end_state(storm)["events"] <= undisturbed.end["events"]


def killed_after(storm: Storm, k: int) -> None:
    """Once the API server has taken the k-th write, and before the operator hears of it."""
    seen: list[str] = []

    def rule(asked: Asked) -> Fault | None:
        if not is_a_write(asked):
            return None
        seen.append(asked.path)
        return Fault(after=lambda: operator.signal(signal.SIGKILL)) if len(seen) == k else None

    with storm.proxy.fault(rule):
        storm.start(*QUICK)
        operator = storm.operator
        until(lambda: not operator.is_alive(), f"killed after write {k}", 120)
