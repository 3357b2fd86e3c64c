"""When a change counts, on a real API server with short graces: failover, partial connection, upgrade, registration,
flapping."""

from __future__ import annotations

import json
import time

import pytest

from support.clients import CANARY, FAST, PERIOD, WaitFor, conditions, reasons, simulated
from wahealth.playground.environment import Environment, until

PATIENCE = "patience"
HASTY = {"probe": {"periodSeconds": PERIOD, "failureThreshold": 1}}
CLIENTS = (
    simulated(PATIENCE, "slow", key=CANARY, settings={"shards": 1, **FAST, "failover_seconds": 35}),
    simulated(PATIENCE, "mc", coreapps=5, key=CANARY, settings={"shards": 4, "multiconnect": True, **FAST}),
    simulated(PATIENCE, "upgrade", 1, 0, 1, CANARY, FAST),
    simulated(PATIENCE, "number", 1, 0, 1, CANARY, FAST),
    simulated(PATIENCE, "restless", 1, 0, 1, CANARY, FAST, HASTY),
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
            time.sleep(PERIOD + 1)  # a round and a little
        until(lambda: "FlappingDetected" in reasons(environment, "restless", PATIENCE), "the Warning", 60)
        before = [e for e in environment.events(PATIENCE) if e["involvedObject"]["name"] == "restless"]
        environment.set_client(PATIENCE, "restless", registered=False)
        time.sleep(3 * PERIOD)
        after = [e for e in environment.events(PATIENCE) if e["involvedObject"]["name"] == "restless"]
        assert after == before
