"""What a resource refers to: its workload, its Secret, its CA, as they come, change and go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.clients import CANARY, WaitFor, conditions, reasons, simulated
from support.steps import step
from wahealth.playground import manifests
from wahealth.playground.environment import Environment
from wahealth.playground.pki import self_signed

LATE = simulated("late", "late", 1, 0, 1)
WHOLE = simulated("whole", "whole", 1, 0, 1)
ROTATED = simulated("keys", "rotated", 1, 0, 2)
PADDED = simulated("keys", "padded", 1, 0, 1)


def test_a_resource_that_comes_first_gets_its_verdict_once_all_is_there(
    environment: Environment, wait_for: WaitFor
) -> None:
    with step("no Deployment"):
        environment.apply(manifests.namespaces((LATE,), environment.ca))
        environment.apply([manifests.resource(LATE, environment.port)])
        assert conditions(wait_for("late", "late", ready="TargetNotFound"))["Accepted"][0] == "False"
    with step("then no Secret"):
        environment.apply(
            manifests.deployment(LATE, role, replicas, environment.port) for role, replicas in LATE.workloads.items()
        )
        wait_for("late", "late", ready="SecretNotFound")
    with step("then all is there"):
        environment.apply([manifests.secret(LATE)])
        wait_for("late", "late", ready="Available")


@pytest.fixture
def whole(environment: Environment, wait_for: WaitFor) -> None:
    """A client to which nothing is missing."""
    environment.add(WHOLE)
    wait_for("whole", "whole", ready="Available")


@pytest.mark.usefixtures("whole")
class TestReferences:
    """What a resource refers to goes, and comes back."""

    def test_a_missing_ca(self, environment: Environment, wait_for: WaitFor) -> None:
        environment.plane.kubectl("delete", "configmap", manifests.CA_NAME, "-n", "whole")
        wait_for("whole", "whole", ready="CANotFound")
        environment.apply(manifests.namespaces((WHOLE,), environment.ca))
        wait_for("whole", "whole", ready="Available")

    def test_another_certificate_is_not_trusted(self, environment: Environment, wait_for: WaitFor) -> None:
        environment.apply(manifests.namespaces((WHOLE,), self_signed("another", ["another"])[0].decode()))
        wait_for("whole", "whole", ready="TLSVerificationFailed")
        environment.apply(manifests.namespaces((WHOLE,), environment.ca))
        wait_for("whole", "whole", ready="Available")

    def test_no_pod(self, environment: Environment, wait_for: WaitFor) -> None:
        environment.plane.kubectl("scale", "deployment", "whole-web", "-n", "whole", "--replicas=0")
        wait_for("whole", "whole", ready="NoReadyEndpoints")
        environment.plane.kubectl("scale", "deployment", "whole-web", "-n", "whole", "--replicas=1")
        wait_for("whole", "whole", ready="Available")


class TestKey:
    def test_a_changed_key_is_no_alarm_and_asks_for_a_restart(
        self, environment: Environment, wait_for: WaitFor
    ) -> None:
        environment.add(ROTATED)
        wait_for("keys", "rotated", ready="Available")
        environment.apply([manifests.secret(replace(ROTATED, key=f"{CANARY}-2"))])
        status = wait_for("keys", "rotated", ready="Available", credentials_in_use="Previous")
        assert conditions(status)["RestartRequired"] == ("True", "PreviousKeyInUse")
        environment.plane.kubectl("rollout", "restart", "deployment/rotated-web", "-n", "keys")
        status = wait_for("keys", "rotated", ready="Available", credentials_in_use="Current")
        assert "RestartRequired" not in conditions(status)
        told = reasons(environment, "rotated", "keys")
        assert {"APIKeyRotated", "WebRestartRequired"} <= set(told)
        assert "APIKeyRejected" not in told

    def test_a_trailing_newline_is_named(self, environment: Environment, wait_for: WaitFor) -> None:
        environment.add(PADDED)
        wait_for("keys", "padded", ready="Available")
        environment.apply([manifests.secret(replace(PADDED, key=f"{CANARY}\n"))])
        status = wait_for("keys", "padded", ready="APIKeyInvalidCharacters")
        assert any("newline" in c["message"] for c in status["conditions"])
