"""Secrets that are labelled: noticed at once when they change, and used only so where the installation wants it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from integration.conftest import CANARY, FAST, FLAGS, OPERATOR, WaitFor, conditions
from wahealth.api import labels
from wahealth.kube import access
from wahealth.playground import world
from wahealth.playground.environment import SYSTEM, Environment
from wahealth.playground.world import SimulatedClient

CLIENT = SimulatedClient(
    "labelled", "shop", 1, 0, 1, CANARY, FAST, spec={"probe": {"periodSeconds": 30, "failureThreshold": 1}}
)
SECRET = "shop-api-key"


@pytest.fixture(scope="module", autouse=True)
def watching(environment: Environment) -> Iterator[None]:
    """An operator that reads no Secret again for an hour, but for those that it watches."""
    environment.stop_operator()
    environment.start_operator([*FLAGS, "--secret-refresh", "3600", "--watch-secrets", "--require-secret-label"])
    environment.apply(world.namespaces((CLIENT,), environment.ca))
    environment.apply(world.objects(CLIENT, environment.port))
    yield
    environment.stop_operator()
    environment.start_operator(FLAGS)


def label(environment: Environment, written: str) -> None:
    environment.plane.kubectl("label", "secret", SECRET, "-n", "labelled", "--overwrite", written)


def test_a_secret_without_the_label_is_not_used(wait_for: WaitFor) -> None:
    status = wait_for("labelled", "shop", ready="SecretForbidden", seconds=70)
    (message,) = [c["message"] for c in status["conditions"] if c["type"] == "Accepted"]
    assert f'add the label {labels.API_KEY}: "WA_API_KEY"' in message


def test_a_label_that_names_another_entry_is_none(environment: Environment, wait_for: WaitFor) -> None:
    label(environment, f"{labels.API_KEY}=ANOTHER")
    time.sleep(3)
    wait_for("labelled", "shop", ready="SecretForbidden")


def test_with_its_label_it_is_used_at_once(environment: Environment, wait_for: WaitFor) -> None:
    label(environment, f"{labels.API_KEY}=WA_API_KEY")
    wait_for("labelled", "shop", ready="Available", seconds=10)


def test_a_change_is_noticed_long_before_the_secret_is_read_again(environment: Environment, wait_for: WaitFor) -> None:
    patch = {"stringData": {"WA_API_KEY": f"{CANARY}-2"}}
    environment.plane.kubectl("patch", "secret", SECRET, "-n", "labelled", "-p", json.dumps(patch))
    status = wait_for("labelled", "shop", credentials_in_use="Previous", seconds=10)
    assert conditions(status)["Ready"] == ("True", "Available")


def test_no_other_secrets_are_listed_or_watched(environment: Environment) -> None:
    listing = [e for e in environment.audit() if e["verb"] in {"list", "watch"} and e["user"]["username"] == OPERATOR]
    ours = [e["requestURI"] for e in listing if e["objectRef"].get("resource") == "secrets"]
    assert ours
    assert all("labelSelector=wahealth.io" in address for address in ours)


def test_it_goes_on_without_the_right_to_watch(environment: Environment, wait_for: WaitFor) -> None:
    _, binding = access.optional(SYSTEM, access.Option.WATCH_SECRETS)
    environment.plane.kubectl("delete", "clusterrolebinding", binding["metadata"]["name"])
    environment.stop_operator()
    environment.start_operator([*FLAGS, "--watch-secrets"])
    label(environment, "other=label")
    wait_for("labelled", "shop", ready="Available")
    environment.apply([binding])
