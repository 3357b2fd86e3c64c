"""A phone number of the Cloud API as a resource: the real API server, the operator, and the simulated Cloud API."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from support.clients import WaitFor, conditions
from support.cloud import SimulatedCloud, simulated_cloud
from support.worlds import FLAGS, Worlds
from wahealth.playground.environment import Environment, until
from wahealth.playground.simulator.cloud.settings import ACCOUNT, API_KEY, NUMBER, TOKEN

EXAMPLES = Path(__file__).parents[2] / "manifests" / "examples"
NAMESPACE, NAME, PERIOD = "cloud", "number", 5
OTHER, THIRD = "100000000000077", "100000000000078"
ENDING, OF_OTHER_APP = "an-invented-token-that-ends", "an-invented-token-of-another-app"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCloud]:
    with simulated_cloud("--port=0") as ready, httpx.Client(base_url=ready["control"], trust_env=False) as control:
        (tmp_path_factory.getbasetemp() / "cloud-ca.crt").write_text(ready["ca"])
        yield SimulatedCloud(ready["url"], control, control)


@pytest.fixture(scope="module")
def environment(
    worlds: Worlds, cloud: SimulatedCloud, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Environment]:
    running = worlds.shared()
    running.stop_operator()
    ca = tmp_path_factory.getbasetemp() / "cloud-ca.crt"
    origins = [f"--cloud-origin={cloud.url}", f"--dialog360-origin={cloud.url}"]
    running.start_operator([*FLAGS, "--allow-cloud", *origins, f"--egress-ca-file={ca}", "--log-level=debug"])
    for each in (OTHER, NUMBER):  # the default one first comes to be when it is set
        cloud.set(f"numbers/{each}", status="CONNECTED")
    running.plane.kubectl("create", "namespace", NAMESPACE)
    _apply(running, secret(labelled=True), number(NAME))
    yield running
    running.plane.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    running.stop_operator()  # whoever comes next starts their own


def _apply(environment: Environment, *documents: dict[str, Any]) -> None:
    environment.plane.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(documents))


def secret(labelled: bool, name: str = "number-token") -> dict[str, Any]:
    labels = {"wahealth.io/credentials": "token"} if labelled else {}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": labels}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"token": TOKEN}}


def number(name: str, secret_name: str = "number-token", id_: str = NUMBER, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "wahealth.io/v1alpha1",
        "kind": "WhatsAppClient",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "target": {"cloud": {"phoneNumberID": id_}},
            "auth": {"bearerToken": {"secretKeyRef": {"name": secret_name, "key": "token"}}},
            "probe": {"periodSeconds": PERIOD, "timeoutSeconds": 3, "failureThreshold": 2},
            "grace": {"connectingSeconds": 0},
            **spec,
        },
    }


def test_a_number_that_may_send(environment: Environment, wait_for: WaitFor) -> None:
    status = wait_for(NAMESPACE, NAME, ready="Available", gateway="Connected")
    assert (status["mode"], status["connected"]["summary"]) == ("CloudAPI", "1/1")
    assert [node["name"] for node in status["topology"]["nodes"]] == ["account", "app", "business", "number"]
    assert status["cloud"]["graphVersion"] == "v26.0"
    assert conditions(status)["QualityAcceptable"] == ("True", "QualityHigh")
    row = environment.plane.kubectl("get", "whatsappclients", "-n", NAMESPACE, NAME, "--no-headers").split()
    assert row[0] == NAME
    assert "CloudAPI" in row
    assert "Connected" in row


def test_a_number_behind_360dialog(environment: Environment, wait_for: WaitFor) -> None:
    key = secret(labelled=True, name="number-key") | {"stringData": {"D360_API_KEY": API_KEY}}
    auth = {"apiKey": {"secretKeyRef": {"name": "number-key", "key": "D360_API_KEY"}}}
    _apply(environment, key, number("partner", target={"cloud": {"provider": "Dialog360"}}, auth=auth))
    status = wait_for(NAMESPACE, "partner", ready="Available", gateway="Connected")
    assert status["mode"] == "CloudAPI"
    assert "graphVersion" not in status["cloud"]


def test_the_end_of_a_token_and_its_templates(
    environment: Environment, cloud: SimulatedCloud, wait_for: WaitFor
) -> None:
    cloud.set("tokens/ending", secret=ENDING, expires_at=int(time.time()) + 3 * 86400)
    cloud.set(f"numbers/{THIRD}", status="CONNECTED")
    cloud.set_account(templates={"order": {"status": "APPROVED"}, "refund": {"status": "PAUSED"}})
    target = {"cloud": {"phoneNumberID": THIRD, "accountID": ACCOUNT}}
    ending = secret(labelled=True, name="ending-token") | {"stringData": {"token": ENDING}}
    _apply(environment, ending, number("ending", "ending-token", target=target, cloud={"templates": ["refund"]}))
    status = wait_for(NAMESPACE, "ending", ready="Available")
    assert status["credentials"]["tokenExpiryTime"]
    assert conditions(status)["TemplatesUsable"] == ("False", "TemplateNotApproved")

    def warned() -> set[str]:
        events = environment.plane.read(f"/api/v1/namespaces/{NAMESPACE}/events")["items"]
        mine = {one["reason"] for one in events if one["involvedObject"]["name"] == "ending"}
        return mine & {"TokenExpiringThisWeek", "TemplateNotApproved"}

    until(lambda: len(warned()) == 2, "both Warnings", 60)


@pytest.mark.parametrize(
    ("example", "secret_name", "entries"),
    [
        ("number-graph", "number-token", {"token": TOKEN}),
        ("number-360dialog", "number-key", {"D360_API_KEY": API_KEY}),
    ],
)
def test_the_examples_as_they_are(
    environment: Environment, wait_for: WaitFor, example: str, secret_name: str, entries: dict[str, str]
) -> None:
    """But for the period and the ID, which is the simulated number's."""
    manifest = yaml.safe_load((EXAMPLES / f"{example}.yaml").read_text())
    manifest["metadata"]["namespace"] = NAMESPACE
    manifest["spec"] |= {"probe": {"periodSeconds": PERIOD, "timeoutSeconds": 3}}
    if "phoneNumberID" in manifest["spec"]["target"]["cloud"]:
        manifest["spec"]["target"]["cloud"] |= {"phoneNumberID": NUMBER, "accountID": ACCOUNT}
    _apply(environment, secret(labelled=True, name=secret_name) | {"stringData": entries}, manifest)
    wait_for(NAMESPACE, manifest["metadata"]["name"], ready="Available", gateway="Connected")


def test_what_the_vendor_says_outright_counts_at_the_second_answer(
    environment: Environment, cloud: SimulatedCloud, wait_for: WaitFor
) -> None:
    cloud.set_number(entities={"WABA": {"can_send_message": "BLOCKED", "errors": [141006]}})
    status = wait_for(NAMESPACE, NAME, ready="PaymentMethod", gateway="Disconnected")
    assert conditions(status)["Available"] == ("False", "PaymentMethod")
    told = f'{{namespace="{NAMESPACE}",name="{NAME}",'
    metrics = httpx.get(f"http://{environment.listen}/metrics", trust_env=False).text
    assert f'wahealth_client_reason{told}reason="PaymentMethod"}} 1' in metrics
    assert f'wahealth_client_credentials_info{told}secret="number-token"}} 1' in metrics
    events = environment.plane.read(f"/api/v1/namespaces/{NAMESPACE}/events")["items"]
    assert "PaymentMethod" in {event["reason"] for event in events if event["type"] == "Warning"}
    cloud.set_number(entities={"WABA": {"can_send_message": "AVAILABLE", "errors": []}})
    wait_for(NAMESPACE, NAME, ready="Available", gateway="Connected")


def test_throttled_requests_change_nothing_and_are_not_repeated(
    environment: Environment, cloud: SimulatedCloud, wait_for: WaitFor
) -> None:
    cloud.set("tokens/throttled", secret=OF_OTHER_APP, app="400000000000009")  # a pause is a whole app's
    own = secret(labelled=True, name="throttled-token") | {"stringData": {"token": OF_OTHER_APP}}
    _apply(environment, own, number("throttled", "throttled-token", id_=OTHER))
    wait_for(NAMESPACE, "throttled", ready="Available")
    cloud.set(f"numbers/{OTHER}", error={"code": 80007})

    def throttled() -> dict[str, Any] | None:
        status: dict[str, Any] = environment.client(NAMESPACE, "throttled")["status"]
        return status if "Throttled" in conditions(status) else None

    status = until(throttled, "the condition Throttled", 60)
    assert conditions(status)["Available"] == ("True", "Connected")
    assert status["cloud"]["throttledUntilTime"]
    asked = _asked(cloud, OTHER)
    cloud.set(f"numbers/{OTHER}", error=None)
    before = _rounds(environment)
    until(lambda: _rounds(environment) > before + 4, "rounds in which nobody is asked", 20 * PERIOD)
    assert _asked(cloud, OTHER) == asked


def test_a_token_without_the_label_stays_in_the_cluster(environment: Environment, wait_for: WaitFor) -> None:
    _apply(environment, secret(labelled=False, name="unlabelled"), number("unlabelled", "unlabelled"))
    status = wait_for(NAMESPACE, "unlabelled", ready="SecretForbidden")
    message = next(one["message"] for one in status["conditions"] if one["type"] == "Accepted")
    assert "wahealth.io/credentials" in message


def test_the_token_and_the_id_are_shown_nowhere_else(environment: Environment) -> None:
    clients = environment.plane.read(f"/apis/wahealth.io/v1alpha1/namespaces/{NAMESPACE}/whatsappclients")["items"]
    events = environment.plane.read(f"/api/v1/namespaces/{NAMESPACE}/events")["items"]
    told = [events, *(client["status"] for client in clients)]
    metrics = httpx.get(f"http://{environment.listen}/metrics", trust_env=False).text
    assert environment.operator is not None
    everything = json.dumps(told) + metrics + environment.operator.log.read_text()
    assert not [one for one in (TOKEN, API_KEY, ENDING, OF_OTHER_APP, "input_token") if one in everything]
    assert NUMBER not in everything


def _asked(cloud: SimulatedCloud, id_: str) -> int:
    return int(cloud.control.get("/").json()["counts"][id_]["requests"])


def _rounds(environment: Environment) -> float:
    """Rounds that this operator has begun, of any resource."""
    text = httpx.get(f"http://{environment.listen}/metrics", trust_env=False).text
    line = next(one for one in text.splitlines() if one.startswith("wahealth_probe_lateness_seconds_count"))
    return float(line.rpartition(" ")[2])
