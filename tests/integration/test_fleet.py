"""A fleet whose path breaks at once, on a real API server: the fault is the observer's, and no client is blamed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.clients import PERIOD, SIX, conditions, operator_writes, simulated
from support.worlds import FLAGS, Worlds, own_deployment
from wahealth.kube import access
from wahealth.playground.environment import SYSTEM, Environment, until


@pytest.fixture(scope="module")
def environment(worlds: Worlds) -> Iterator[Environment]:
    """Nobody else is there to be counted."""
    with worlds.own() as world:
        world.apply([own_deployment()])
        world.start_operator(FLAGS)
        world.add(*SIX)
        yield world


FLEET = tuple(simulated("fleet", f"client-{number:02}", 1, 0, 1) for number in range(30))


@pytest.fixture(scope="module")
def fleet(environment: Environment) -> None:
    environment.add(*FLEET)


def fleet_statuses(environment: Environment) -> list[dict[str, Any]]:
    return [item["status"] for item in environment.clients("fleet")]


def all_ready(environment: Environment) -> bool:
    statuses = fleet_statuses(environment)
    return len(statuses) == 30 and all(conditions(s)["Ready"] == ("True", "Available") for s in statuses)


def signal_simulator(environment: Environment, number: signal.Signals) -> None:
    """To the program itself, which is the one child of its leash."""
    leash = environment.simulator.pid
    (program,) = Path(f"/proc/{leash}/task/{leash}/children").read_text().split()
    os.kill(int(program), number)


@pytest.fixture
def broken_path(environment: Environment, fleet: None) -> Iterator[None]:
    """No answer from anybody, all at once, as when the operator's own network fails."""
    until(lambda: all_ready(environment), "30 clients", 120)
    time.sleep(2 * PERIOD + 1)  # each is asked twice more
    signal_simulator(environment, signal.SIGSTOP)
    yield
    signal_simulator(environment, signal.SIGCONT)


def test_a_fleet_whose_path_breaks_at_once_is_not_unhealthy(environment: Environment, broken_path: None) -> None:
    def told() -> list[str]:
        listed = environment.plane.read(f"/apis/events.k8s.io/v1/namespaces/{SYSTEM}/events")["items"]
        return [e["reason"] for e in listed if e["regarding"]["name"] == access.NAME]

    until(lambda: told() == ["ObserverIsolated"], "one Warning on the operator's Deployment", 60)
    before = operator_writes(environment)
    time.sleep(8 * PERIOD)  # more than enough rounds for a verdict
    assert all_ready(environment)
    assert operator_writes(environment)[len(before) :] == []
    signal_simulator(environment, signal.SIGCONT)
    until(lambda: sorted(told()) == ["ObserverIsolated", "ObserverRecovered"], "it is over", 60)
    time.sleep(5 * PERIOD)
    assert all_ready(environment)
