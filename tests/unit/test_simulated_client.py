"""The simulated client: who is connected, who leads, and the shapes it passes through."""

from __future__ import annotations

from typing import Any

import pytest

from support.builders import payload
from wahealth.playground.simulator.client import Json, Member, PodRole, SimulatedClient
from wahealth.playground.simulator.settings import ClientSettings, PodSettings

STARTED = 10.0  # every pod of a fresh client has taken part for long


def client(coreapps: int = 2, masters: int = 2, **settings: Any) -> SimulatedClient:
    made = SimulatedClient(ClientSettings(**{"shards": 1, "failover_seconds": 4, "startup_seconds": 1, **settings}))
    for role, count in (("master", masters), ("coreapp", coreapps)):
        for number in range(count):
            join(made, role, number)  # type: ignore[arg-type]
    return made


def join(made: SimulatedClient, role: PodRole, number: int, since: float = 0) -> None:
    made.join(Member(f"{role}-{number}", f"{role}-{number}", f"10.0.0.{number}", role, since))


def health(made: SimulatedClient, now: float = STARTED) -> dict[str, Json]:
    """By pod name: its entry."""
    return {key.rpartition(":")[2]: entry for key, entry in made.answer(now)[1]["health"].items()}


def statuses(made: SimulatedClient, now: float = STARTED) -> dict[str, str]:
    return {name: entry.get("gateway_status", "errors") for name, entry in health(made, now).items()}


def roles(made: SimulatedClient, now: float = STARTED) -> dict[str, str]:
    return {name: entry["role"] for name, entry in health(made, now).items() if "role" in entry}


class TestSteady:
    def test_high_availability_has_one_connected_and_a_disconnected_primary(self) -> None:
        made = client()
        assert statuses(made) == {
            "master-0": "disconnected",
            "master-1": "disconnected",
            "coreapp-0": "connected",
            "coreapp-1": "disconnected",
        }
        assert roles(made)["master-0"] == "primary_master"
        assert roles(made)["master-1"] == "secondary_master"

    @pytest.mark.parametrize("shards", [2, 4, 8, 16, 32])
    def test_multiconnect_has_its_shards_and_the_primary_connected(self, shards: int) -> None:
        said = statuses(client(coreapps=shards + 1, shards=shards))
        assert sum(status == "connected" for name, status in said.items() if "coreapp" in name) == shards
        assert (said["master-0"], said["master-1"]) == ("connected", "disconnected")

    def test_multiconnect_of_one_shard(self) -> None:
        assert statuses(client(multiconnect=True))["master-0"] == "connected"

    def test_a_single_instance_has_one_status(self) -> None:
        status, body = client(1, 0, shards=None).answer(STARTED)
        assert (status, body) == (200, payload("single-connected")["body"])

    def test_an_unregistered_one_says_so_everywhere(self) -> None:
        assert set(statuses(client(registered=False)).values()) == {"unregistered"}


class TestFailover:
    def test_of_the_active_coreapp(self) -> None:
        made = client()
        made.leave("coreapp-0", 100)
        assert [statuses(made, now) for now in (101, 103, 104)] == [
            {
                "master-0": "disconnected",
                "master-1": "disconnected",
                "coreapp-0": "errors",
                "coreapp-1": "disconnected",
            },
            {"master-0": "disconnected", "master-1": "disconnected", "coreapp-0": "errors", "coreapp-1": "connecting"},
            {"master-0": "disconnected", "master-1": "disconnected", "coreapp-1": "connected"},
        ]
        assert made.active(104) == ["coreapp-1"]

    def test_of_the_primary_master_has_a_moment_without(self) -> None:
        made = client(shards=2, coreapps=2)
        made.leave("master-0", 100)
        assert [roles(made, now).get("master-1") for now in (101, 102)] == ["secondary_master", "primary_master"]
        assert [statuses(made, now)["master-1"] for now in (101, 103, 104)] == [
            "disconnected",
            "connecting",
            "connected",
        ]

    def test_with_nobody_to_take_over_waits_for_a_new_pod(self) -> None:
        made = client(coreapps=1)
        made.leave("coreapp-0", 100)
        assert made.active(200) == []
        join(made, "coreapp", 7, since=200)
        assert made.active(200.5) == []
        assert made.active(201) == ["coreapp-7"]

    def test_one_that_was_connected_stays(self) -> None:
        made = client()
        made.leave("coreapp-0", 100)
        join(made, "coreapp", 0, since=101)
        assert made.active(1000) == ["coreapp-1"]

    def test_a_single_instance_without_its_coreapp_answers_500(self) -> None:
        made = client(1, 0, shards=None)
        made.leave("coreapp-0", 100)
        status, body = made.answer(101)
        assert (status, body["errors"][0]["code"]) == (500, payload("single-coreapp-gone")["body"]["errors"][0]["code"])


class TestStart:
    def test_a_new_pod_cannot_be_asked_then_takes_part(self) -> None:
        made = client()
        join(made, "coreapp", 9, since=100)
        assert [statuses(made, now)["coreapp-9"] for now in (100.1, 101)] == ["errors", "disconnected"]


class TestShapes:
    """Each shape of the fixtures can be had."""

    def test_a_dead_node_has_only_errors_as_in_the_failover_seen(self) -> None:
        made = client()
        made.leave("coreapp-0", 100)
        seen = payload("ha-failover")["body"]["health"]["10.0.0.3:core-0"]
        assert health(made, 103)["coreapp-0"].keys() == seen.keys()
        assert health(made, 103)["coreapp-0"]["errors"][0]["code"] == seen["errors"][0]["code"]

    def test_a_node_without_role(self) -> None:
        made = client()
        made.pods["coreapp-1"] = PodSettings(role="none")
        assert health(made)["coreapp-1"] == {"gateway_status": "disconnected"}

    def test_a_node_with_errors_only(self) -> None:
        made = client()
        made.pods["coreapp-1"] = PodSettings(errors=True)
        assert health(made)["coreapp-1"]["errors"][0]["code"] == 1011

    def test_two_active_coreapps(self) -> None:
        made = client()
        made.pods["coreapp-1"] = PodSettings(gateway_status="connected")
        assert [s for n, s in statuses(made).items() if "coreapp" in n] == ["connected", "connected"]

    def test_a_node_left_out_and_one_that_lingers(self) -> None:
        made = client(linger_seconds=1000)
        made.pods["coreapp-1"] = PodSettings(left_out=True)
        made.leave("coreapp-0", 100)
        assert statuses(made, 500) == {"master-0": "disconnected", "master-1": "disconnected", "coreapp-0": "errors"}

    @pytest.mark.parametrize(
        "word", ["connected", "connecting", "disconnected", "uninitialized", "unregistered", "new"]
    )
    def test_any_status_can_be_forced(self, word: str) -> None:
        assert set(statuses(client(gateway_status=word)).values()) == {word}

    def test_meta_may_be_absent(self) -> None:
        assert client(1, 0, shards=None, version=None).answer(STARTED)[1] == {"health": {"gateway_status": "connected"}}
