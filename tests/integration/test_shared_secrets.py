"""A Secret that many resources refer to: how often the API server is asked for it, and how soon a change is noticed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from support.clients import CANARY, OPERATOR, WaitFor, simulated
from support.worlds import FLAGS, Worlds
from wahealth.api import labels
from wahealth.playground.environment import Environment

SPACE, SECRET, BYSTANDER = "sharing", "one-api-key", "two-api-key"
AUTH = {"auth": {"apiKey": {"secretKeyRef": {"name": SECRET}}}}
CLIENTS = tuple(simulated(SPACE, name, 1, 0, 1, spec=AUTH) for name in ("one", "two", "three", "four", "five"))
GET = (OPERATOR, "get")
REFRESH, WINDOW = 6, 30  # seconds
SHARING = (*FLAGS, "--secret-refresh", str(REFRESH))
WATCHING = (*SHARING, "--watch-secrets")


@pytest.fixture(scope="module")
def environment(worlds: Worlds, wait_for: WaitFor) -> Iterator[Environment]:
    running = worlds.shared(SHARING)
    running.add(*CLIENTS)
    all_are(wait_for, credentials_in_use="Current")  # what was never accepted is no previous key
    yield running
    worlds.shared(FLAGS)


def all_are(wait_for: WaitFor, **wanted: Any) -> None:
    for client in CLIENTS:
        wait_for(SPACE, client.name, ready="Available", **wanted)


def reads(environment: Environment) -> int:
    """How often the operator got the Secret so far."""
    asked = [one.get("objectRef", {}) for one in environment.audit() if (one["user"]["username"], one["verb"]) == GET]
    return sum(one.get("resource") == "secrets" and one.get("name") == SECRET for one in asked)


def change_key(environment: Environment, key: str) -> None:
    patch = json.dumps({"stringData": {"WA_API_KEY": key}})
    environment.plane.kubectl("patch", "secret", SECRET, "-n", SPACE, "-p", patch)


def label(environment: Environment, secret: str, written: str) -> None:
    environment.plane.kubectl("label", "secret", secret, "-n", SPACE, "--overwrite", written)


def test_it_is_read_as_often_as_for_one_resource_that_reads_it_soonest(
    environment: Environment, wait_for: WaitFor
) -> None:
    """Each resource alone waits for 3 to 9 seconds: five would read it 25 times."""
    all_are(wait_for, credentials_in_use="Current")
    before = reads(environment)
    assert before >= 1
    time.sleep(WINDOW)
    assert 0 < reads(environment) - before <= WINDOW / (REFRESH / 2) + 1


def test_a_change_is_noticed_by_all(environment: Environment, wait_for: WaitFor) -> None:
    change_key(environment, f"{CANARY}-2")
    all_are(wait_for, credentials_in_use="Previous")
    change_key(environment, CANARY)
    all_are(wait_for, credentials_in_use="Current")


@pytest.mark.alone  # the watch is heard of each second, and counts for one
def test_where_it_is_watched_it_is_read_once_it_changes(
    worlds: Worlds, environment: Environment, wait_for: WaitFor
) -> None:
    """The watch is heard of by what happens to another Secret; else once a minute, by a bookmark."""
    for name in (SECRET, BYSTANDER):
        label(environment, name, f"{labels.API_KEY}=WA_API_KEY")
    worlds.shared(WATCHING)
    all_are(wait_for, credentials_in_use="Current")
    time.sleep(REFRESH)
    before = reads(environment)
    for turn in range(WINDOW):
        label(environment, BYSTANDER, f"turn={turn}")
        time.sleep(1)
    assert reads(environment) == before
    change_key(environment, f"{CANARY}-3")
    all_are(wait_for, credentials_in_use="Previous")
    assert reads(environment) > before
    change_key(environment, CANARY)
