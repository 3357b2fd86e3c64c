"""A fleet whose path breaks at once, on a real API server: the fault is the observer's, and no client is blamed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.clients import PERIOD, SIX, TEAM, conditions, operator_writes, simulated
from support.worlds import FLAGS, Worlds, own_deployment
from wahealth.kube import access
from wahealth.playground import manifests
from wahealth.playground.environment import SYSTEM, Environment, until


@pytest.fixture(scope="module")
def environment(worlds: Worlds) -> Iterator[Environment]:
    """Nobody else is there to be counted."""
    with worlds.own() as world:
        world.apply([own_deployment()])
        world.start_operator(FLAGS)
        world.add(*SIX)
        yield world


CROWD = simulated("crowd", "shop", 1, 0, 1)
FLEET = tuple(simulated("fleet", f"client-{number:02}", 1, 0, 1) for number in range(30))


@pytest.fixture(scope="module")
def fleet(environment: Environment) -> None:
    environment.add(*FLEET)


@pytest.fixture
def crowd(environment: Environment) -> Iterator[list[str]]:
    """Twenty resources of a tenant on one pod of its own; their names."""
    environment.add(CROWD)
    names = [f"shop-{number:02}" for number in range(20)]
    one = manifests.resource(CROWD, environment.port)
    environment.apply([one | {"metadata": one["metadata"] | {"name": name}} for name in names])
    yield names
    environment.plane.kubectl("delete", "namespace", "crowd", "--wait=false")
    environment.plane.kubectl("delete", "wac", "--all", "-n", "crowd")


def said(environment: Environment, namespace: str, names: list[str]) -> set[tuple[str, str]]:
    """What they say of Ready."""
    found = {item["metadata"]["name"]: item.get("status", {}) for item in environment.clients(namespace)}
    return {conditions(found[name]).get("Ready", ("", "")) if name in found else ("", "") for name in names}


def told(environment: Environment) -> list[str]:
    """On the operator's own Deployment."""
    listed = environment.plane.read(f"/api/v1/namespaces/{SYSTEM}/events")["items"]
    return [e["reason"] for e in listed if e["involvedObject"]["name"] == access.NAME]


def test_a_tenant_with_many_resources_on_one_pod_freezes_nobody(environment: Environment, crowd: list[str]) -> None:
    """They are more than four fifths of all that are there; what happens to others is told all the same."""
    others = ["single", "ha", "mc"]
    until(lambda: said(environment, TEAM, others) == {("True", "Available")}, "the others", 120)
    until(lambda: said(environment, "crowd", crowd) == {("True", "Available")}, "the crowd", 120)
    time.sleep(2 * PERIOD + 1)  # each is asked twice more
    before = told(environment)
    environment.set_client("crowd", "shop", status=503)
    environment.set_client(TEAM, "single", status=503)
    failing = {("False", "HTTPStatus")}
    until(lambda: said(environment, TEAM, ["single"]) == failing, "another's outage", 60)
    until(lambda: said(environment, "crowd", crowd) == failing, "the crowd's own", 60)
    assert told(environment) == before
    environment.set_client(TEAM, "single", status=None)
    until(lambda: said(environment, TEAM, ["single"]) == {("True", "Available")}, "and its end", 60)


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
    until(lambda: told(environment) == ["ObserverIsolated"], "one Warning on the operator's Deployment", 60)
    before = operator_writes(environment)
    time.sleep(8 * PERIOD)  # more than enough rounds for a verdict
    assert all_ready(environment)
    assert operator_writes(environment)[len(before) :] == []
    signal_simulator(environment, signal.SIGCONT)
    until(lambda: sorted(told(environment)) == ["ObserverIsolated", "ObserverRecovered"], "it is over", 60)
    time.sleep(5 * PERIOD)
    assert all_ready(environment)
