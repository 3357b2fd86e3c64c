"""What is written: transitions only, to status and events only."""

from __future__ import annotations

import json
import time

import pytest

from integration.conftest import FLAGS, TEAM, WaitFor, operator_writes
from wahealth.playground.environment import Environment, until

pytestmark = pytest.mark.usefixtures("team")


def test_an_event_that_happens_again_grows_its_series(environment: Environment, wait_for: WaitFor) -> None:
    for _ in range(2):
        environment.set_client(TEAM, "single", registered=False)
        wait_for(TEAM, "single", ready="Unregistered")
        environment.set_client(TEAM, "single", registered=True)
        wait_for(TEAM, "single", ready="Available")

    def twice() -> bool:
        told = [e for e in environment.events(TEAM) if e["regarding"]["name"] == "single"]
        (event,) = [e for e in told if e["reason"] == "GatewayUnregistered"]
        return bool((event.get("series") or {}).get("count") == 2)

    until(twice, "one event, told twice", 10)


def test_an_idle_stretch_and_a_restart_write_nothing(environment: Environment, wait_for: WaitFor) -> None:
    for client, reason in (("single", "Available"), ("ha", "Available"), ("mc", "Available")):
        wait_for(TEAM, client, ready=reason)
    time.sleep(6)  # the last failover settles: every client is asked once more
    before = operator_writes(environment)
    environment.stop_operator()
    environment.start_operator(FLAGS)
    until(lambda: "watching" in environment.operator.log_tail(50), "the operator is back", 20)  # type: ignore[union-attr]
    time.sleep(12)  # two periods of every client
    assert operator_writes(environment)[len(before) :] == []


def test_nothing_of_ours_outside_status(environment: Environment, wait_for: WaitFor) -> None:
    wait_for(TEAM, "ha", ready="Available")
    shown = environment.plane.kubectl("get", "wac", "ha", "-n", TEAM, "-o", "json", "--show-managed-fields")
    metadata = json.loads(shown)["metadata"]
    ours = [entry for entry in metadata["managedFields"] if entry["manager"] == "wahealth"]
    assert [(entry["subresource"], list(entry["fieldsV1"])) for entry in ours] == [("status", ["f:status"])]
    assert "finalizers" not in metadata
    assert "annotations" not in metadata
    assert {resource for _, resource in operator_writes(environment, TEAM)} <= {"whatsappclients/status", "events"}
