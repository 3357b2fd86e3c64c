"""Resources that are suspended, doubled, deleted, recreated; an operator that is not there."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from support.clients import CANARY, FAST, TEAM, WaitFor, conditions, simulated
from support.worlds import FLAGS
from wahealth.api.v1alpha1 import WAITING
from wahealth.playground import world
from wahealth.playground.environment import Environment, until


@pytest.fixture(scope="module")
def pause(environment: Environment) -> None:
    environment.add(simulated("pause", "pause", 1, 0, 1, CANARY, FAST))


def suspended_status(environment: Environment, name: str) -> dict[str, Any]:
    def seen() -> dict[str, Any] | None:
        status: dict[str, Any] = environment.client("pause", name)["status"]
        return status if "Suspended" in conditions(status) else None

    found: dict[str, Any] = until(seen, f"{name} is suspended", 60)
    return found


@pytest.mark.usefixtures("pause")
class TestSuspend:
    def suspend(self, environment: Environment, value: bool) -> int:
        """The new generation."""
        patch = json.dumps({"spec": {"suspend": value}})
        environment.plane.kubectl("patch", "wac", "pause", "-n", "pause", "--type=merge", "-p", patch)
        return int(environment.client("pause", "pause")["metadata"]["generation"])

    def test_it_stops_asking_and_keeps_the_last_verdict(self, environment: Environment, wait_for: WaitFor) -> None:
        wait_for("pause", "pause", ready="Available")
        self.suspend(environment, True)
        status = suspended_status(environment, "pause")
        assert "Ready" not in conditions(status)
        assert status["gateway"] == "Connected"
        now = self.suspend(environment, False)
        assert "Suspended" not in conditions(wait_for("pause", "pause", ready="Available", observedGeneration=now))

    def test_one_that_was_never_looked_at_has_no_ready_either(self, environment: Environment) -> None:
        born = world.resource(simulated("pause", "born-suspended", spec={"suspend": True}), environment.port)
        environment.apply([born])
        status = suspended_status(environment, "born-suspended")
        assert "Ready" not in conditions(status)


@pytest.mark.usefixtures("team")
def test_two_resources_for_one_workload_work(environment: Environment, wait_for: WaitFor) -> None:
    twin = world.resource(simulated(TEAM, "single"), environment.port)
    twin["metadata"]["name"] = "twin"
    environment.apply([twin])
    wait_for(TEAM, "twin", ready="Available")
    wait_for(TEAM, "single", ready="Available")
    environment.plane.kubectl("delete", "wac", "twin", "-n", TEAM)


class TestGone:
    def test_a_deleted_resource_goes_at_once_and_a_recreated_one_starts_afresh(
        self, environment: Environment, wait_for: WaitFor
    ) -> None:
        client = simulated("gone", "gone", 1, 0, 1)
        environment.add(client)
        first = wait_for("gone", "gone", ready="Available")
        environment.plane.kubectl("delete", "wac", "gone", "-n", "gone", "--timeout=30s")
        time.sleep(1.1)  # times in a status have a resolution of a second
        environment.apply([world.resource(client, environment.port)])
        second = wait_for("gone", "gone", ready="Available")
        times = [
            next(c["lastTransitionTime"] for c in s["conditions"] if c["type"] == "Ready") for s in (first, second)
        ]
        assert times[0] < times[1]

    def test_a_namespace_with_everything_in_it_goes(self, environment: Environment, wait_for: WaitFor) -> None:
        environment.add(simulated("gone-too", "gone", 1, 0, 1))
        wait_for("gone-too", "gone", ready="Available")
        environment.plane.kubectl("delete", "namespace", "gone-too", "--timeout=90s")


@pytest.mark.usefixtures("team")
def test_without_an_operator_a_new_resource_says_that_it_waits(environment: Environment, wait_for: WaitFor) -> None:
    environment.stop_operator()
    try:
        environment.apply([world.resource(simulated(TEAM, "waiting"), environment.port)])
        assert environment.client(TEAM, "waiting")["status"] == WAITING
        environment.plane.kubectl("delete", "wac", "waiting", "-n", TEAM, "--timeout=30s")
    finally:
        environment.start_operator(FLAGS)
