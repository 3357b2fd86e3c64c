"""Whom a resource trusts, from the first refusal to each way out of it, against waweb's self-signed certificate."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from support.clients import WaitFor, conditions, reasons, simulated
from wahealth.playground import manifests
from wahealth.playground.environment import Environment, until
from wahealth.playground.manifests import ClientManifests

FULL = {"tls": {"verification": "Full"}}
CLIENT = simulated("trust", "trust", 1, 0, 1, spec=FULL)
REFUSED = simulated("trust", "refused", 1, 0, 1, spec=FULL)
CA = {"kind": "ConfigMap", "name": manifests.CA_NAME}


@pytest.fixture(scope="module", autouse=True)
def added(environment: Environment) -> None:
    environment.add(CLIENT, REFUSED)


def trust(environment: Environment, tls: dict[str, Any], client: ClientManifests = CLIENT) -> int:
    """The new generation of the resource."""
    resource = manifests.resource(client, environment.port)
    resource["spec"]["tls"] = tls
    environment.plane.kubectl("replace", "-f", "-", input=yaml.safe_dump(resource))
    return int(environment.client("trust", client.name)["metadata"]["generation"])


def message(status: dict[str, Any], type_: str) -> str:
    return next(str(c["message"]) for c in status["conditions"] if c["type"] == type_)


def test_the_line_that_the_refusal_tells_is_the_way_out(environment: Environment, wait_for: WaitFor) -> None:
    status = wait_for("trust", "refused", ready="TLSVerificationFailed")
    line = re.search(r'tls: (\{verification: Pinned, pinnedSHA256: \["[0-9a-f]{64}"\]\})', message(status, "Reachable"))
    assert line is not None
    assert "serverName: whatsapp-web" in message(status, "Reachable")
    told = until(lambda: notes_of_refused(environment, "TLSVerificationFailed"), "the refusal is told", 60)
    assert told == [message(status, "Reachable")]
    trust(environment, yaml.safe_load(line[1]), REFUSED)
    pinned = wait_for("trust", "refused", ready="Available")
    assert pinned["tls"]["fingerprintSHA256"] in line[1]
    assert datetime.fromisoformat(pinned["tls"]["notAfterTime"]) > datetime.now(UTC)
    until(lambda: "HealthNodeRecovered" in reasons(environment, "refused", "trust"), "the recovery is told", 60)


def notes_of_refused(environment: Environment, reason: str) -> list[str]:
    ours = [e for e in environment.events("trust") if e["involvedObject"]["name"] == "refused"]
    return [e["message"] for e in ours if e["reason"] == reason]


def test_with_its_ca_and_its_name(environment: Environment, wait_for: WaitFor) -> None:
    now = trust(environment, {"caRef": CA, "serverName": "another-name"})
    status = wait_for("trust", "trust", ready="TLSVerificationFailed", observedGeneration=now)
    assert "another name" in message(status, "Reachable")
    now = trust(environment, {"caRef": CA, "serverName": manifests.SERVER_NAME})
    wait_for("trust", "trust", ready="Available", observedGeneration=now)


def test_with_its_ca_whatever_it_is_called(environment: Environment, wait_for: WaitFor) -> None:
    now = trust(environment, {"verification": "SkipHostname", "caRef": CA})
    wait_for("trust", "trust", ready="Available", observedGeneration=now)


def test_nobody_is_verified_and_it_is_said(environment: Environment, wait_for: WaitFor) -> None:
    now = trust(environment, {"verification": "None"})
    status = wait_for("trust", "trust", ready="Available", observedGeneration=now)
    assert "goes to whoever answers" in message(status, "Accepted")
    assert conditions(status)["Accepted"] == ("True", "Accepted")
