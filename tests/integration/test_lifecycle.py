"""Resources that are suspended, doubled, deleted, recreated; an operator that is not there."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from support.clients import CANARY, FAST, TEAM, WaitFor, conditions, simulated
from support.worlds import FLAGS
from wahealth.api.v1alpha1 import WAITING
from wahealth.kube.apiserver.api import APPLY, ApiServer
from wahealth.kube.apiserver.session import signed_in
from wahealth.playground import manifests
from wahealth.playground.environment import Environment, until


@pytest.fixture(scope="module")
def pause(environment: Environment) -> None:
    environment.add(simulated("pause", "pause", 1, 0, 1, CANARY, FAST))


def suspended_status(environment: Environment, name: str) -> dict[str, Any]:
    """Once it stands: the schema's own Ready, which nobody owns, goes with the second of two writes."""

    def seen() -> dict[str, Any] | None:
        status: dict[str, Any] = environment.client("pause", name)["status"]
        return status if "Suspended" in conditions(status) and "Ready" not in conditions(status) else None

    found: dict[str, Any] = until(seen, f"{name} is suspended", 60)
    return found


@pytest.mark.usefixtures("pause")
class TestSuspend:
    def suspend(self, environment: Environment, value: bool) -> int:
        """The new generation."""
        patch = json.dumps({"spec": {"suspend": value}})
        environment.plane.kubectl("patch", "wac", "pause", "-n", "pause", "--type=merge", "-p", patch)
        return int(environment.client("pause", "pause")["metadata"]["generation"])

    def test_it_stops_asking_and_keeps_the_last_verdict(self, environment: Environment, wait_for: WaitFor) -> None:
        wait_for("pause", "pause", ready="Available")
        self.suspend(environment, True)
        status = suspended_status(environment, "pause")
        assert "Ready" not in conditions(status)
        assert status["gateway"] == "Connected"
        now = self.suspend(environment, False)
        assert "Suspended" not in conditions(wait_for("pause", "pause", ready="Available", observedGeneration=now))

    def test_one_that_was_never_looked_at_has_no_ready_either(self, environment: Environment) -> None:
        born = manifests.resource(simulated("pause", "born-suspended", spec={"suspend": True}), environment.port)
        environment.apply([born])
        status = suspended_status(environment, "born-suspended")
        assert "Ready" not in conditions(status)


@pytest.mark.usefixtures("team")
def test_two_resources_for_one_workload_work(environment: Environment, wait_for: WaitFor) -> None:
    twin = manifests.resource(simulated(TEAM, "single"), environment.port)
    twin["metadata"]["name"] = "twin"
    environment.apply([twin])
    wait_for(TEAM, "twin", ready="Available")
    wait_for(TEAM, "single", ready="Available")
    environment.plane.kubectl("delete", "wac", "twin", "-n", TEAM)


class TestGone:
    def test_a_deleted_resource_goes_at_once_and_a_recreated_one_starts_afresh(
        self, environment: Environment, wait_for: WaitFor
    ) -> None:
        client = simulated("gone", "gone", 1, 0, 1)
        environment.add(client)
        first = wait_for("gone", "gone", ready="Available")
        environment.plane.kubectl("delete", "wac", "gone", "-n", "gone", "--timeout=30s")
        time.sleep(1.1)  # times in a status have a resolution of a second
        environment.apply([manifests.resource(client, environment.port)])
        second = wait_for("gone", "gone", ready="Available")
        times = [
            next(c["lastTransitionTime"] for c in s["conditions"] if c["type"] == "Ready") for s in (first, second)
        ]
        assert times[0] < times[1]

    def test_a_namespace_with_everything_in_it_goes(self, environment: Environment, wait_for: WaitFor) -> None:
        environment.add(simulated("gone-too", "gone", 1, 0, 1))
        wait_for("gone-too", "gone", ready="Available")
        environment.plane.kubectl("delete", "namespace", "gone-too", "--timeout=90s")


@pytest.mark.usefixtures("team")
@pytest.mark.usefixtures("team")
def test_what_somebody_wrote_into_a_status_is_mended(environment: Environment, wait_for: WaitFor) -> None:
    """Also what an apply leaves standing, for it leaves it out, and what YAML has no escape for."""
    good = wait_for(TEAM, "single", ready="Available")
    theirs = {
        "type": "Theirs",
        "status": "True",
        "reason": "R",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    foreign = {
        "primaryMaster": "ghost",
        "connectedCoreapps": ["ghost"],
        "topology": {"nodes": [{"name": "core-\U0001f600", "verdict": "Active"}]},
        "conditions": [*({**one, "lastTransitionTime": "9999-12-31T00:00:00Z"} for one in good["conditions"]), theirs],
    }
    patch = json.dumps({"status": foreign}, ensure_ascii=False)
    environment.plane.kubectl("patch", "wac", "single", "-n", TEAM, "--subresource=status", "--type=merge", "-p", patch)

    def is_mended() -> bool:
        status = environment.client(TEAM, "single")["status"]
        return not {"primaryMaster", "connectedCoreapps", "topology"} & status.keys() and "9999" not in json.dumps(
            status
        )

    until(is_mended, "the status as it was", 60)
    mended = environment.client(TEAM, "single")["status"]
    assert [one for one in mended["conditions"] if one["type"] == "Theirs"] == [theirs]
    assert conditions(mended) == {**conditions(good), "Theirs": ("True", "R")}


@pytest.mark.parametrize("anomalies", ["\U0001f600", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\ud83d"], ids=ascii)
@pytest.mark.usefixtures("team")
def test_whatever_stands_in_what_we_apply_is_taken(environment: Environment, anomalies: str) -> None:
    async def applied() -> str:
        metadata = {"name": "odd", "annotations": {"wahealth.io/test": f"a{anomalies}b"}}
        async with ApiServer(await signed_in(environment.plane.kubeconfig)) as api:
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
            path = f"/api/v1/namespaces/{TEAM}/configmaps/odd"
            written = await api.patch(path, body, APPLY, fieldManager="test", force="true")
        return str(written["metadata"]["annotations"]["wahealth.io/test"])

    assert asyncio.run(applied()) == ("a\ufffdb" if anomalies == "\ud83d" else f"a{anomalies}b")


def test_without_an_operator_a_new_resource_says_that_it_waits(environment: Environment, wait_for: WaitFor) -> None:
    environment.stop_operator()
    try:
        environment.apply([manifests.resource(simulated(TEAM, "waiting"), environment.port)])
        assert environment.client(TEAM, "waiting")["status"] == WAITING
        environment.plane.kubectl("delete", "wac", "waiting", "-n", TEAM, "--timeout=30s")
    finally:
        environment.start_operator(FLAGS)
