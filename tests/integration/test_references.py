"""What a resource refers to: its workload, its Secret, its CA, as they come, change and go."""

from __future__ import annotations

import pytest

from integration.conftest import CANARY, FAST, WaitFor, conditions, reasons
from wahealth.playground import world
from wahealth.playground.environment import Environment
from wahealth.playground.pki import self_signed
from wahealth.playground.world import SimulatedClient

LATE = SimulatedClient("late", "late", 1, 0, 1, CANARY, FAST)


@pytest.fixture(scope="module")
def resource_first(environment: Environment) -> None:
    environment.apply(world.namespaces((LATE,), environment.ca))
    environment.apply([world.resource(LATE, environment.port)])


@pytest.fixture(scope="module")
def keys(environment: Environment) -> None:
    environment.add(SimulatedClient("keys", "keys", 1, 0, 2, CANARY, FAST))


@pytest.mark.usefixtures("resource_first")
class TestReferences:
    """A resource that comes before what it refers to gets its verdict once that appears."""

    def test_no_deployment(self, wait_for: WaitFor) -> None:
        assert conditions(wait_for("late", "late", ready="TargetNotFound"))["Accepted"][0] == "False"

    def test_then_no_secret(self, environment: Environment, wait_for: WaitFor) -> None:
        environment.apply(
            world.deployment(LATE, role, replicas, environment.port) for role, replicas in LATE.workloads.items()
        )
        wait_for("late", "late", ready="SecretNotFound")

    def test_then_all_is_there(self, environment: Environment, wait_for: WaitFor) -> None:
        environment.apply([world.secret(LATE)])
        wait_for("late", "late", ready="Available")

    def test_a_missing_ca(self, environment: Environment, wait_for: WaitFor) -> None:
        environment.plane.kubectl("delete", "configmap", world.CA_NAME, "-n", "late")
        wait_for("late", "late", ready="CANotFound")
        environment.apply(world.namespaces((LATE,), environment.ca))
        wait_for("late", "late", ready="Available")

    def test_another_certificate_is_not_trusted(self, environment: Environment, wait_for: WaitFor) -> None:
        environment.apply(world.namespaces((LATE,), self_signed("another", ["another"])[0].decode()))
        wait_for("late", "late", ready="TLSVerificationFailed")
        environment.apply(world.namespaces((LATE,), environment.ca))
        wait_for("late", "late", ready="Available")

    def test_no_pod(self, environment: Environment, wait_for: WaitFor) -> None:
        environment.plane.kubectl("scale", "deployment", "late-web", "-n", "late", "--replicas=0")
        wait_for("late", "late", ready="NoReadyEndpoints")
        environment.plane.kubectl("scale", "deployment", "late-web", "-n", "late", "--replicas=1")
        wait_for("late", "late", ready="Available")


@pytest.mark.usefixtures("keys")
class TestKey:
    def test_a_changed_key_is_no_alarm_and_asks_for_a_restart(
        self, environment: Environment, wait_for: WaitFor
    ) -> None:
        wait_for("keys", "keys", ready="Available")
        environment.apply([world.secret(SimulatedClient("keys", "keys", key=f"{CANARY}-2"))])
        status = wait_for("keys", "keys", ready="Available", credentials_in_use="Previous")
        assert conditions(status)["RestartRequired"] == ("True", "PreviousKeyInUse")
        environment.plane.kubectl("rollout", "restart", "deployment/keys-web", "-n", "keys")
        status = wait_for("keys", "keys", ready="Available", credentials_in_use="Current")
        assert "RestartRequired" not in conditions(status)
        told = reasons(environment, "keys", "keys")
        assert {"APIKeyRotated", "WebRestartRequired"} <= set(told)
        assert "APIKeyRejected" not in told

    def test_a_trailing_newline_is_named(self, environment: Environment, wait_for: WaitFor) -> None:
        environment.apply([world.secret(SimulatedClient("keys", "keys", key=f"{CANARY}\n"))])
        status = wait_for("keys", "keys", ready="APIKeyInvalidCharacters")
        assert any("newline" in c["message"] for c in status["conditions"])
