"""Six clients as a user meets them: real API server, real controllers, answers over TLS, the operator's own rights."""

from __future__ import annotations

import pytest

from support.clients import TEAM, WaitFor, conditions, reasons
from wahealth.playground.environment import Environment, until

pytestmark = pytest.mark.usefixtures("team")


class TestSixClients:
    def test_single_instance(self, wait_for: WaitFor) -> None:
        status = wait_for(TEAM, "single", ready="Available")
        assert (status["mode"], status["gateway"], status["connected"]["summary"]) == ("Single", "Connected", "1/1")

    def test_high_availability(self, wait_for: WaitFor) -> None:
        status = wait_for(TEAM, "ha", ready="Available")
        assert (status["mode"], status["connected"]["summary"]) == ("HighAvailability", "1/1")
        roles = sorted((n["role"], n["verdict"]) for n in status["topology"]["nodes"])
        assert roles == [
            ("Coreapp", "Active"),
            ("Coreapp", "Standby"),
            ("PrimaryMaster", "Standby"),
            ("SecondaryMaster", "Standby"),
        ]
        assert [e["keyAccepted"] for e in status["endpoints"]] == [True, True]

    def test_multiconnect(self, wait_for: WaitFor) -> None:
        status = wait_for(TEAM, "mc", ready="Available", mode="Multiconnect")
        assert status["connected"]["summary"] == "4/4"
        assert len(status["connectedCoreapps"]) == 4
        assert status["redundancy"] == {"coreapps": 5, "masters": 2, "tolerableFailures": 1}
        assert conditions(status)["RedundancySatisfied"] == ("True", "SparesAvailable")

    def test_unregistered(self, wait_for: WaitFor) -> None:
        status = wait_for(TEAM, "unregistered", ready="Unregistered")
        assert conditions(status)["Reachable"] == ("True", "HealthNodeAnswered")

    def test_a_key_that_is_too_short_is_never_sent(self, environment: Environment, wait_for: WaitFor) -> None:
        status = wait_for(TEAM, "short-key", ready="APIKeyTooShort")
        assert conditions(status)["CredentialsValid"] == ("False", "APIKeyTooShort")
        assert conditions(status)["Ready"][0] == "Unknown"
        until(lambda: "APIKeyTooShort" in reasons(environment, "short-key"), "it is told", 60)

    def test_a_waweb_that_does_not_answer(self, wait_for: WaitFor) -> None:
        status = wait_for(TEAM, "silent", ready="ConnectionRefused")
        assert conditions(status)["Available"] == ("Unknown", "Unreachable")


def test_the_columns_of_kubectl(environment: Environment, wait_for: WaitFor) -> None:
    wait_for(TEAM, "ha", ready="Available")
    wait_for(TEAM, "unregistered", ready="Unregistered")
    header, *rows = environment.plane.kubectl("get", "wac", "-n", TEAM).splitlines()
    assert header.split() == ["NAME", "MODE", "READY", "GATEWAY", "CONNECTED", "PRIMARY", "SINCE", "AGE"]
    row = next(row.split() for row in rows if row.startswith("ha "))
    assert row[1:5] == ["HighAvailability", "True", "Connected", "1/1"]
    selected = environment.plane.kubectl("get", "wac", "-A", "--field-selector", "status.gateway=Unregistered")
    found = [line.split()[:2] for line in selected.splitlines()[1:]]
    assert [name for namespace, name in found if namespace == TEAM] == ["unregistered"]


def test_a_deleted_active_coreapp_fails_over_and_the_story_is_told(environment: Environment, wait_for: WaitFor) -> None:
    (active,) = wait_for(TEAM, "ha", ready="Available")["connectedCoreapps"]
    environment.plane.kubectl("delete", "pod", active, "-n", TEAM, "--wait=false")
    # FailoverCompleted is the last of them; each event is a request of its own.
    told = until(lambda: (r := reasons(environment, "ha")) and "FailoverCompleted" in r and r, "the events", 30)
    assert {"ModeDetected", "GatewayConnected", "ActiveCoreappChanged", "FailoverCompleted"} <= set(told)
    assert "GatewayDisconnected" not in told
    status = wait_for(TEAM, "ha", ready="Available")
    (successor,) = status["connectedCoreapps"]
    moved = status["lastFailover"]
    assert (moved["kind"], moved["from"], moved["to"]) == ("ActiveCoreapp", active, successor)
    node = next(n for n in status["topology"]["nodes"] if n["name"] == successor)
    assert (node["podName"], node["verdict"]) == (successor, "Active")
    assert node["nodeName"].startswith("simulated-")
    described = environment.plane.kubectl("describe", "wac", "ha", "-n", TEAM)
    assert "ActiveCoreappChanged" in described
