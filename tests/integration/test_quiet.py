"""What is written: transitions only, to status and events only."""

from __future__ import annotations

import time

import pytest

from support.clients import PERIOD, READY, TEAM, WaitFor, conditions, operator_writes, simulated
from support.storm import Replica
from support.worlds import FLAGS
from wahealth.playground.environment import Environment, until

pytestmark = pytest.mark.usefixtures("team")


def test_an_event_that_happens_again_grows_its_count(environment: Environment, wait_for: WaitFor) -> None:
    """Of a client that nobody has told anything of before: a count goes on from process to process."""
    environment.add(simulated(TEAM, "again", coreapps=1, masters=0, webs=1))
    for _ in range(2):
        wait_for(TEAM, "again", ready="Available")
        environment.set_client(TEAM, "again", registered=False)
        wait_for(TEAM, "again", ready="Unregistered")
        environment.set_client(TEAM, "again", registered=True)

    def twice() -> bool:
        told = [e for e in environment.events(TEAM) if e["involvedObject"]["name"] == "again"]
        (event,) = [e for e in told if e["reason"] == "GatewayUnregistered"]
        return bool(event["count"] == 2)

    until(twice, "one event, told twice", 30)
    said = environment.plane.kubectl("events", "--for=whatsappclient/again", "-n", TEAM)
    assert any("(x2 over " in line and "GatewayUnregistered" in line for line in said.splitlines())
    wait_for(TEAM, "again", ready="Available")


def test_an_idle_stretch_and_a_restart_write_nothing(environment: Environment, wait_for: WaitFor) -> None:
    for client, reason in READY.items():
        wait_for(TEAM, client, ready=reason)
    until(lambda: nothing_is_written_for(environment, 3 * PERIOD), "the last failover settles", 120)
    before, said = operator_writes(environment, TEAM), all_conditions(environment)
    environment.stop_operator()
    operator = Replica("operator", environment.start_operator(FLAGS), environment.listen)
    until(lambda: operator.is_up() and operator.metric("wahealth_probes_total") >= 20, "the operator is back", 90)
    time.sleep(3 * PERIOD)
    assert all_conditions(environment) == said
    assert operator_writes(environment, TEAM)[len(before) :] == []


def all_conditions(environment: Environment) -> dict[str, dict[str, tuple[str, str]]]:
    """By the client's name and the condition's type."""
    return {one["metadata"]["name"]: conditions(one["status"]) for one in environment.clients(TEAM)}


def nothing_is_written_for(environment: Environment, seconds: float) -> bool:
    before = len(operator_writes(environment, TEAM))
    time.sleep(seconds)
    return len(operator_writes(environment, TEAM)) == before


def test_nothing_of_ours_outside_status(environment: Environment, wait_for: WaitFor) -> None:
    wait_for(TEAM, "ha", ready="Available")
    metadata = environment.client(TEAM, "ha")["metadata"]
    ours = [entry for entry in metadata["managedFields"] if entry["manager"] == "wahealth"]
    assert [(entry["subresource"], list(entry["fieldsV1"])) for entry in ours] == [("status", ["f:status"])]
    assert "finalizers" not in metadata
    assert "annotations" not in metadata
    assert {resource for _, resource in operator_writes(environment, TEAM)} <= {"whatsappclients/status", "events"}
