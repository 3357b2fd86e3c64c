"""Secrets that are labelled: noticed at once when they change, and used only so where the installation wants it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from support.clients import CANARY, OPERATOR, WaitFor, conditions, simulated
from support.steps import step
from support.worlds import FLAGS, Worlds
from wahealth.api import labels
from wahealth.kube import access
from wahealth.playground.environment import SYSTEM, Environment, until

SPACE = "labelled"
SELDOM = {"probe": {"periodSeconds": 30, "failureThreshold": 1}}
SHOP = simulated(SPACE, "shop", 1, 0, 1, spec=SELDOM)
OTHER = simulated(SPACE, "other", 1, 0, 1)
# An operator that reads no Secret again for an hour, but for those that it watches.
WATCHING = (*FLAGS, "--secret-refresh", "3600", "--watch-secrets", "--require-secret-label")


@pytest.fixture(scope="module")
def environment(worlds: Worlds) -> Iterator[Environment]:
    running = worlds.shared(WATCHING)
    running.add(SHOP, OTHER)
    yield running
    worlds.shared(FLAGS)


def label(environment: Environment, secret: str, written: str) -> None:
    environment.plane.kubectl("label", "secret", secret, "-n", SPACE, "--overwrite", written)


def test_a_secret_is_used_with_its_label_and_noticed_when_it_changes(
    environment: Environment, wait_for: WaitFor
) -> None:
    """All long before it would be read again."""
    with step("without the label it is not used"):
        status = wait_for(SPACE, "shop", ready="SecretForbidden", seconds=90)
        (message,) = [c["message"] for c in status["conditions"] if c["type"] == "Accepted"]
        assert f'add the label {labels.API_KEY}: "WA_API_KEY"' in message
    with step("a label that names another entry is none"):
        label(environment, "shop-api-key", f"{labels.API_KEY}=ANOTHER")
        time.sleep(3)
        wait_for(SPACE, "shop", ready="SecretForbidden")
    with step("with its label it is used"):
        label(environment, "shop-api-key", f"{labels.API_KEY}=WA_API_KEY")
        wait_for(SPACE, "shop", ready="Available", seconds=20)
    with step("a change is noticed"):
        patch = {"stringData": {"WA_API_KEY": f"{CANARY}-2"}}
        environment.plane.kubectl("patch", "secret", "shop-api-key", "-n", SPACE, "-p", json.dumps(patch))
        status = wait_for(SPACE, "shop", credentials_in_use="Previous", seconds=20)
        assert conditions(status)["Ready"] == ("True", "Available")


def test_no_other_secrets_are_listed_or_watched(environment: Environment) -> None:
    def asked() -> list[str]:
        listing = [e for e in environment.audit() if e["verb"] in {"list", "watch"}]
        ours = [e for e in listing if e["user"]["username"] == OPERATOR and e["objectRef"].get("resource") == "secrets"]
        return [e["requestURI"] for e in ours]

    until(asked, "a list of Secrets", 60)
    assert all("labelSelector=wahealth.io" in address for address in asked())


def test_it_goes_on_without_the_right_to_watch(worlds: Worlds, environment: Environment, wait_for: WaitFor) -> None:
    _, binding = access.optional(SYSTEM, access.Option.WATCH_SECRETS)
    environment.plane.kubectl("delete", "clusterrolebinding", binding["metadata"]["name"])
    try:
        worlds.shared((*FLAGS, "--watch-secrets"))
        label(environment, "other-api-key", "other=label")
        wait_for(SPACE, "other", ready="Available")
    finally:
        environment.apply([binding])
        worlds.shared(WATCHING)
