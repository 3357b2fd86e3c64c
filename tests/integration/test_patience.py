"""When a change counts, on a real API server with short graces: failover, partial connection, upgrade, registration,
flapping, and the fleet whose path breaks at once."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.conftest import CANARY, FAST, WaitFor, conditions, operator_writes, reasons
from wahealth.kube import access
from wahealth.playground.environment import SYSTEM, Environment, until
from wahealth.playground.world import SimulatedClient

PATIENCE = "patience"
HASTY = {"probe": {"periodSeconds": 5, "failureThreshold": 1}}
CLIENTS = (
    SimulatedClient(PATIENCE, "slow", key=CANARY, settings={"shards": 1, **FAST, "failover_seconds": 40}),
    SimulatedClient(PATIENCE, "mc", coreapps=5, key=CANARY, settings={"shards": 4, "multiconnect": True, **FAST}),
    SimulatedClient(PATIENCE, "upgrade", 1, 0, 1, CANARY, FAST),
    SimulatedClient(PATIENCE, "number", 1, 0, 1, CANARY, FAST),
    SimulatedClient(PATIENCE, "restless", 1, 0, 1, CANARY, FAST, HASTY),
)


@pytest.fixture(scope="module")
def clients(environment: Environment) -> None:
    environment.add(*CLIENTS)


@pytest.mark.usefixtures("clients")
class TestPatience:
    def test_a_failover_that_stalls_is_an_outage_until_somebody_takes_over(
        self, environment: Environment, wait_for: WaitFor
    ) -> None:
        (active,) = wait_for(PATIENCE, "slow", ready="Available")["connectedCoreapps"]
        environment.plane.kubectl("delete", "pod", active, "-n", PATIENCE, "--wait=false")
        status = wait_for(PATIENCE, "slow", ready="Disconnected")
        assert (status["gateway"], status["connected"]["summary"]) == ("Disconnected", "0/1")
        told = until(lambda: (r := reasons(environment, "slow", PATIENCE)) and "FailoverStalled" in r and r, "it", 10)
        assert "GatewayDisconnected" in told
        status = wait_for(PATIENCE, "slow", ready="Available", seconds=60)
        assert status["lastFailover"]["durationSeconds"] > 10
        assert "FailoverCompleted" not in reasons(environment, "slow", PATIENCE)

    def test_a_partial_connection(self, environment: Environment, wait_for: WaitFor) -> None:
        status = wait_for(PATIENCE, "mc", ready="Available", mode="Multiconnect")
        lost = status["connectedCoreapps"][0]
        patch = f"/pods/{PATIENCE}/{lost}"
        environment.control.patch(patch, json={"gateway_status": "disconnected"}).raise_for_status()
        status = wait_for(PATIENCE, "mc", ready="PartiallyConnected")
        assert status["connected"]["summary"] == "3/4"
        spec = json.dumps({"spec": {"expectations": {"minConnectedCoreapps": 3}, "multiconnect": {"shards": 4}}})
        environment.plane.kubectl("patch", "wac", "mc", "-n", PATIENCE, "--type=merge", "-p", spec)
        status = wait_for(PATIENCE, "mc", ready="Available", gateway="PartiallyConnected")
        assert conditions(status)["Available"] == ("True", "MinimumConnected")

    def test_an_upgrade_is_waited_for_and_then_told(self, environment: Environment, wait_for: WaitFor) -> None:
        wait_for(PATIENCE, "upgrade", ready="Available")
        environment.set_client(PATIENCE, "upgrade", gateway_status="uninitialized")
        status = wait_for(PATIENCE, "upgrade", ready="GracePeriod", gateway="Uninitialized")
        assert conditions(status)["Reconciling"] == ("True", "GracePeriod")
        assert "GatewayUninitialized" not in reasons(environment, "upgrade", PATIENCE)
        wait_for(PATIENCE, "upgrade", ready="Uninitialized")
        until(lambda: "GatewayUninitialized" in reasons(environment, "upgrade", PATIENCE), "the event", 10)
        environment.set_client(PATIENCE, "upgrade", gateway_status=None)
        wait_for(PATIENCE, "upgrade", ready="Available")

    def test_a_number_is_lost_and_registered_again(self, environment: Environment, wait_for: WaitFor) -> None:
        wait_for(PATIENCE, "number", ready="Available")
        environment.set_client(PATIENCE, "number", registered=False)
        wait_for(PATIENCE, "number", ready="Unregistered")
        environment.set_client(PATIENCE, "number", registered=True)
        wait_for(PATIENCE, "number", ready="Available")

    def test_flapping_is_folded(self, environment: Environment, wait_for: WaitFor) -> None:
        wait_for(PATIENCE, "restless", ready="Available")
        for turn in range(8):
            environment.set_client(PATIENCE, "restless", registered=turn % 2 == 1)
            if "FlappingDetected" in reasons(environment, "restless", PATIENCE):
                break
            time.sleep(6)  # a round and a little
        until(lambda: "FlappingDetected" in reasons(environment, "restless", PATIENCE), "the Warning", 15)
        before = [e for e in environment.events(PATIENCE) if e["regarding"]["name"] == "restless"]
        environment.set_client(PATIENCE, "restless", registered=False)
        time.sleep(8)
        after = [e for e in environment.events(PATIENCE) if e["regarding"]["name"] == "restless"]
        assert after == before


FLEET = tuple(SimulatedClient("fleet", f"client-{number:02}", 1, 0, 1, CANARY, FAST) for number in range(30))


@pytest.fixture(scope="module")
def fleet(environment: Environment) -> None:
    environment.add(*FLEET)


def fleet_statuses(environment: Environment) -> list[dict[str, Any]]:
    listed = json.loads(environment.plane.kubectl("get", "wac", "-n", "fleet", "-o", "json"))["items"]
    return [item["status"] for item in listed]


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
    until(lambda: all_ready(environment), "30 clients", 60)
    time.sleep(11)  # each is asked twice more
    signal_simulator(environment, signal.SIGSTOP)
    yield
    signal_simulator(environment, signal.SIGCONT)


@pytest.mark.usefixtures("team")
def test_a_fleet_whose_path_breaks_at_once_is_not_unhealthy(environment: Environment, broken_path: None) -> None:
    def told() -> list[str]:
        argv = ["get", "events.events.k8s.io", "-n", SYSTEM, "-o", "json"]
        listed = json.loads(environment.plane.kubectl(*argv))["items"]
        return [e["reason"] for e in listed if e["regarding"]["name"] == access.NAME]

    until(lambda: told() == ["ObserverIsolated"], "one Warning on the operator's Deployment", 40)
    before = operator_writes(environment)
    time.sleep(20)  # more than enough rounds for a verdict
    assert all_ready(environment)
    assert operator_writes(environment)[len(before) :] == []
    signal_simulator(environment, signal.SIGCONT)
    until(lambda: sorted(told()) == ["ObserverIsolated", "ObserverRecovered"], "it is over", 40)
    time.sleep(11)
    assert all_ready(environment)
