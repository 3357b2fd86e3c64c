"""SIGKILL after each single write of a run, one after the other: whoever comes next brings it to the same end."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from support.faulty import Asked, Fault
from support.storm import CLIENTS, SPACE, Storm, weathered
from wahealth.playground.environment import until

NAMES = ("single", "ha", "twice")
QUICK = ("--lease-duration", "2", "--renew-deadline", "1.5", "--retry-period", "0.3")


@pytest.fixture(scope="module")
def storm() -> Iterator[Storm]:
    with weathered(*CLIENTS) as storm:
        storm.environment.apply([storm.twice()])
        yield storm


def begin_anew(storm: Storm) -> None:
    """The resources without a history, and no events."""
    kept = [storm.environment.client(SPACE, name) for name in NAMES]
    storm.kubectl("delete", "wac,events.events.k8s.io", "--all", "-n", SPACE)
    storm.environment.apply(
        {
            "apiVersion": one["apiVersion"],
            "kind": one["kind"],
            "metadata": {"name": one["metadata"]["name"], "namespace": SPACE},
            "spec": one["spec"],
        }
        for one in kept
    )


def is_a_write(asked: Asked) -> bool:
    return asked.writes and asked.resource != "leases"


def quiet_after(storm: Storm, began: float) -> None:
    """No write for a while, and at least one before."""
    for _ in range(60):
        time.sleep(1)
        writes = [one.second for one in storm.proxy.since(began) if is_a_write(one)]
        if writes and time.monotonic() - writes[-1] >= 7:
            return
    raise AssertionError("it never stops to write")


def end_state(storm: Storm) -> dict[str, Any]:
    events = {(one["reason"], one["regarding"]["name"]) for one in storm.environment.events(SPACE)}
    return {"statuses": storm.said(), "events": events}


def test_whoever_is_killed_after_any_write_the_end_is_the_same(storm: Storm) -> None:
    began = time.monotonic()
    storm.start(*QUICK)
    quiet_after(storm, began)
    reference = end_state(storm)
    writes = sum(map(is_a_write, storm.proxy.since(began)))
    storm.environment.stop_operator()
    assert 5 <= writes <= 40
    assert reference["statuses"]["single"]["gateway"] == "Connected"
    for k in range(1, writes + 1):
        begin_anew(storm)
        killed_after(storm, k)
        began = time.monotonic()
        storm.start(*QUICK)
        until(lambda: storm.said() == reference["statuses"], f"the same end after write {k}", 60)
        assert end_state(storm)["events"] <= reference["events"]
        storm.environment.stop_operator()


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
        until(lambda: not operator.is_alive(), f"killed after write {k}", 60)
