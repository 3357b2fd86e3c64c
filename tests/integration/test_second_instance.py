"""The operator's own warnings about a marked workload, where no policy refuses anything."""

from __future__ import annotations

from typing import Any

from support.clients import CANARY, FAST, WaitFor, reasons, simulated
from wahealth.api.labels import MARKED, SINGLE_INSTANCE
from wahealth.playground.environment import Environment, until

NAMESPACE = "unguarded"


def test_it_warns_before_a_rollout_and_of_a_second_replica(environment: Environment, wait_for: WaitFor) -> None:
    environment.add(simulated(NAMESPACE, "lone", 1, 0, 1, CANARY, FAST))
    wait_for(NAMESPACE, "lone", ready="Available", mode="Single")
    patch = f'{{"metadata": {{"labels": {{"{SINGLE_INSTANCE}": "{MARKED}"}}}}}}'
    environment.plane.kubectl("patch", "deployment", "lone-coreapp", "-n", NAMESPACE, "--type=merge", "-p", patch)
    until(lambda: "SecondInstancePossible" in told(environment), "the next rollout is warned of", 60)
    assert "SecondInstanceComing" not in told(environment)
    environment.plane.kubectl("scale", "deployment", "lone-coreapp", "-n", NAMESPACE, "--replicas=2")
    until(lambda: "SecondInstanceComing" in told(environment), "the second one is warned of", 60)
    (event,) = [e for e in environment.events(NAMESPACE) if e["reason"] == "SecondInstanceComing"]
    assert event["type"] == "Warning"
    assert event["message"].startswith("Deployment lone-coreapp is marked as a single instance and starts a second pod")


def told(environment: Environment) -> Any:
    return reasons(environment, "lone", NAMESPACE)
