"""The simulated waweb over real TLS, as the vendor documents it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from contract.conftest import KEY, SECOND, Simulator
from wahealth.probe.trust import skip_hostname


@pytest.fixture
def client(simulator: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(verify=skip_hostname(simulator.ca.encode()).context, trust_env=False) as open_client:
        yield open_client


def apikey(key: str = KEY) -> dict[str, str]:
    return {"Authorization": f"Apikey {key}"}


def test_one_port_answers_as_each_pod_by_its_address(simulator: Simulator, client: httpx.Client) -> None:
    first = client.get(simulator.url(), headers=apikey()).json()["health"]
    second = client.get(simulator.url(address=SECOND), headers=apikey()).json()["health"]
    assert len(first) == 4
    assert second == {"gateway_status": "connected"}


def test_a_node_key_is_address_colon_pod(simulator: Simulator, client: httpx.Client) -> None:
    health = client.get(simulator.url(), headers=apikey()).json()["health"]
    assert health["10.0.0.1:ha-master-0"] == {"gateway_status": "disconnected", "role": "primary_master"}


def test_no_key_and_a_wrong_key_are_refused_with_a_body(simulator: Simulator, client: httpx.Client) -> None:
    for headers in ({}, apikey("a-wrong-key-of-enough")):
        refused = client.get(simulator.url(), headers=headers)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (401, 1005)


def test_or_without_one(simulator: Simulator, client: httpx.Client) -> None:
    simulator.set(json_401=False)
    refused = client.get(simulator.url())
    assert (refused.status_code, refused.content) == (401, b"")


def test_a_login_gives_a_token_of_seven_days(simulator: Simulator, client: httpx.Client) -> None:
    answer = client.post(simulator.url("/v1/users/login"), auth=("admin", "secret-password"))
    (user,) = answer.json()["users"]
    ends = datetime.strptime(user["expires_after"], "%Y-%m-%d %H:%M:%S%z")
    assert timedelta(days=6, hours=23) < ends - datetime.now(UTC) <= timedelta(days=7)
    bearer = {"Authorization": f"Bearer {user['token']}"}
    assert client.get(simulator.url(), headers=bearer).status_code == 200
    assert client.get(simulator.url(), headers={"Authorization": "Bearer x"}).status_code == 401


def test_bad_logins_are_limited(simulator: Simulator, client: httpx.Client) -> None:
    url = simulator.url("/v1/users/login", SECOND)
    codes = [client.post(url, auth=("admin", "wrong")).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    assert client.post(url, auth=("admin", "secret-password")).headers["Retry-After"] == "60"


def test_the_root_and_the_ca_need_no_key(simulator: Simulator, client: httpx.Client) -> None:
    assert client.get(simulator.url("/")).status_code == 200
    assert client.get(simulator.url("/v1/certificates/external/ca")).text == simulator.ca
    assert client.get(simulator.url("/v1/nothing")).json()["errors"][0]["code"] == 1006


def test_the_certificate_is_its_own_authority(simulator: Simulator) -> None:
    strict = ssl.create_default_context(cadata=simulator.ca)
    strict.check_hostname = False
    with httpx.Client(verify=strict, trust_env=False) as client:
        assert client.get(simulator.url("/")).status_code == 200


def test_the_control_interface_tells_who_was_asked_how_often(simulator: Simulator, client: httpx.Client) -> None:
    def counts() -> dict[str, int]:
        pods = simulator.control.get("/").json()["pods"]
        return next(pod for pod in pods if pod["name"].startswith("ha-web"))

    before = counts()
    client.get(simulator.url())
    after = counts()
    assert (after["requests"] - before.get("requests", 0), after["refused"] - before.get("refused", 0)) == (1, 1)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [({"colour": "red"}, "colour: Extra inputs"), ({"shards": 3}, "shards: Input should be"), ([], "a JSON object")],
)
def test_a_setting_that_is_none_is_told_in_a_sentence(simulator: Simulator, body: object, sentence: str) -> None:
    answer = simulator.control.patch("/clients/default/ha", json=body)
    assert answer.status_code == 400
    assert sentence in answer.text


def test_an_unknown_pod(simulator: Simulator) -> None:
    assert simulator.control.patch("/pods/default/none", json={}).status_code == 404
