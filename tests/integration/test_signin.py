"""Tokens and logins, against waweb's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import yaml

from support.clients import CANARY, FAST, WaitFor, conditions, reasons, simulated
from wahealth.playground import manifests
from wahealth.playground.environment import Environment, until

USER, PASSWORD = "monitoring", f"{CANARY} {CANARY}"
CLIENT = simulated("signin", "shop", 1, 0, 2, CANARY, {**FAST, "username": USER, "password": PASSWORD})
NAME = "shop-credentials"
LOGIN = {"userCredentials": {"secretRef": {"name": NAME}}}
TOKEN = {"bearerToken": {"secretKeyRef": {"name": NAME, "key": "token"}}}


@pytest.fixture(scope="module", autouse=True)
def added(environment: Environment, wait_for: WaitFor) -> None:
    environment.add(CLIENT)
    wait_for("signin", "shop", ready="Available")


def sign_in(environment: Environment, auth: dict[str, Any], **entries: str) -> int:
    """The new generation of the resource that signs in by what the Secret holds now."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": NAME, "namespace": "signin"}}
    environment.apply([secret | {"stringData": entries}])
    resource = manifests.resource(CLIENT, environment.port)
    resource["spec"]["auth"] = auth
    environment.plane.kubectl("replace", "-f", "-", input=yaml.safe_dump(resource))
    return int(environment.client("signin", "shop")["metadata"]["generation"])


def token_of(environment: Environment) -> str:
    webs = [pod for pod in environment.pods("signin") if pod["metadata"]["labels"][manifests.ROLE_LABEL] == "web"]
    address = webs[0]["status"]["podIP"]
    url = f"https://{address}:{environment.port}/v1/users/login"
    answer = httpx.post(url, auth=(USER, PASSWORD), verify=False, trust_env=False)
    return str(answer.json()["users"][0]["token"])


def test_a_login_gives_a_token_of_seven_days(environment: Environment, wait_for: WaitFor) -> None:
    now = sign_in(environment, LOGIN, username=USER, password=PASSWORD)
    status = wait_for("signin", "shop", ready="Available", observedGeneration=now)
    left = datetime.fromisoformat(status["credentials"]["tokenExpiryTime"]) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    assert "keyInUse" not in status["credentials"]
    assert "accepts the login" in message(status)


def test_a_wrong_password_is_told_and_a_right_one_taken(environment: Environment, wait_for: WaitFor) -> None:
    sign_in(environment, LOGIN, username=USER, password="wrong")
    status = wait_for("signin", "shop", ready="LoginFailed", seconds=90)
    assert conditions(status)["Available"] == ("Unknown", "CredentialsUnknown")
    until(lambda: "LoginFailed" in reasons(environment, "shop", "signin"), "the failure is told", 60)
    sign_in(environment, LOGIN, username=USER, password=PASSWORD)
    wait_for("signin", "shop", ready="Available", seconds=75)  # a minute after the last login, and a round


def test_a_token_and_its_end(environment: Environment, wait_for: WaitFor) -> None:
    now = sign_in(environment, TOKEN, token=token_of(environment))
    status = wait_for("signin", "shop", ready="Available", observedGeneration=now)
    assert "tokenExpiryTime" in status["credentials"]
    assert "accepts the token" in message(status)
    sign_in(environment, TOKEN, token="not-a-token-of-waweb")
    assert "rejects the token" in message(wait_for("signin", "shop", ready="APIKeyRejected"))
    sign_in(environment, TOKEN, token=f"{token_of(environment)}\n")
    assert "ends in a newline" in message(wait_for("signin", "shop", ready="APIKeyInvalidCharacters"))


def message(status: dict[str, Any]) -> str:
    return next(str(c["message"]) for c in status["conditions"] if c["type"] == "CredentialsValid")
