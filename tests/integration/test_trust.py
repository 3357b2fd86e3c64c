"""Whom a resource trusts, from the first refusal to each way out of it, against waweb's self-signed certificate."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from integration.conftest import CANARY, FAST, WaitFor, conditions, reasons
from wahealth.playground import world
from wahealth.playground.environment import Environment
from wahealth.playground.world import SimulatedClient

CLIENT = SimulatedClient("trust", "trust", 1, 0, 1, CANARY, FAST, spec={"tls": {"verification": "Full"}})
CA = {"kind": "ConfigMap", "name": world.CA_NAME}


@pytest.fixture(scope="module", autouse=True)
def added(environment: Environment) -> None:
    environment.add(CLIENT)


def trust(environment: Environment, tls: dict[str, Any]) -> None:
    resource = world.resource(CLIENT, environment.port)
    resource["spec"]["tls"] = tls
    environment.plane.kubectl("replace", "-f", "-", input=yaml.safe_dump(resource))


def message(status: dict[str, Any], type_: str) -> str:
    return next(str(c["message"]) for c in status["conditions"] if c["type"] == type_)


def test_the_line_that_the_refusal_tells_is_the_way_out(environment: Environment, wait_for: WaitFor) -> None:
    status = wait_for("trust", "trust", ready="TLSVerificationFailed")
    line = re.search(r'tls: (\{verification: Pinned, pinnedSHA256: \["[0-9a-f]{64}"\]\})', message(status, "Reachable"))
    assert line is not None
    assert "serverName: whatsapp-web" in message(status, "Reachable")
    told = [e["note"] for e in environment.events("trust") if e["reason"] == "TLSVerificationFailed"]
    assert told == [message(status, "Reachable")]
    trust(environment, yaml.safe_load(line[1]))
    pinned = wait_for("trust", "trust", ready="Available")
    assert pinned["tls"]["fingerprintSHA256"] in line[1]
    assert datetime.fromisoformat(pinned["tls"]["notAfterTime"]) > datetime.now(UTC)
    assert "HealthNodeRecovered" in reasons(environment, "trust", "trust")


def test_with_its_ca_and_its_name(environment: Environment, wait_for: WaitFor) -> None:
    trust(environment, {"caRef": CA, "serverName": "another-name"})
    assert "another name" in message(wait_for("trust", "trust", ready="TLSVerificationFailed"), "Reachable")
    trust(environment, {"caRef": CA, "serverName": world.SERVER_NAME})
    wait_for("trust", "trust", ready="Available")


def test_with_its_ca_whatever_it_is_called(environment: Environment, wait_for: WaitFor) -> None:
    trust(environment, {"verification": "SkipHostname", "caRef": CA})
    wait_for("trust", "trust", ready="Available", observedGeneration=generation(environment))


def test_nobody_is_verified_and_it_is_said(environment: Environment, wait_for: WaitFor) -> None:
    trust(environment, {"verification": "None"})
    status = wait_for("trust", "trust", ready="Available", observedGeneration=generation(environment))
    assert "goes to whoever answers" in message(status, "Accepted")
    assert conditions(status)["Accepted"] == ("True", "Accepted")


def generation(environment: Environment) -> int:
    return int(environment.client("trust", "trust")["metadata"]["generation"])
