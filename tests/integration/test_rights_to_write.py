"""Each right to write taken away in turn, and rights in one namespace alone."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from support.clients import PERIOD, simulated
from support.rights import BROKEN, MARKED, PATIENCE, RIGHTS, ROTATED, fresh, gateway, is_refused, politely_broken
from support.storm import CLIENTS, SETTINGS, SPACE, Storm, weathered
from support.worlds import Worlds
from wahealth.kube import access
from wahealth.playground.environment import SYSTEM, until
from wahealth.playground.manifests import GOOD_KEY

WRITE = [right for right in RIGHTS if right[2] not in {"get", "list", "watch"}]


@pytest.fixture(scope="module")
def storm(worlds: Worlds) -> Iterator[Storm]:
    with worlds.own() as world, weathered(world, *CLIENTS, MARKED, ROTATED) as storm:
        yield storm


@pytest.mark.parametrize("right", WRITE, ids="/".join)
def test_without_a_right(storm: Storm, right: tuple[str, str, str]) -> None:
    politely_broken(storm, right)


def test_the_table_has_each_right_once() -> None:
    assert sorted(BROKEN) == sorted(RIGHTS)
    assert len(RIGHTS) == len(set(RIGHTS))


def test_with_rights_in_one_namespace_it_looks_at_that_one_alone(storm: Storm) -> None:
    """As the chart's `watch.namespaces` has it: Roles, and no word about the whole cluster."""
    other = simulated("elsewhere", "single", 1, 0, 1, GOOD_KEY, SETTINGS)
    storm.environment.add(other)
    fresh(storm)
    storm.kubectl("delete", "clusterrolebindings", access.NAME, *(f"{access.NAME}-{o}" for o in access.Option))
    roles = access.manifests(SYSTEM, [SPACE])
    roles += [role for option in access.Option for role in access.optional(SYSTEM, option, [SPACE])]
    storm.environment.apply(roles)
    began = time.time()
    replica = storm.replica("narrow", "--watch-namespaces", SPACE, "--watch-secrets")
    try:
        until(replica.is_up, "it is up", PATIENCE)
        until(lambda: replica.get("/readyz").status_code == 200, "it is ready", PATIENCE)
        until(lambda: gateway(storm) == "Connected", "a verdict", PATIENCE)
        pod = storm.pods("ha-web")[0]
        storm.kubectl("delete", "pod", pod, "-n", SPACE, "--wait=false")
        until(lambda: _endpoints(storm, "ha") == storm.pods("ha-web"), "another pod is asked", PATIENCE)
        time.sleep(2 * PERIOD)
        assert "conditions" not in storm.environment.client("elsewhere", "single")["status"] or (
            storm.environment.client("elsewhere", "single")["status"]["conditions"][0]["reason"] == "WaitingForOperator"
        )
        assert [one for one in storm.environment.audit() if is_refused(one, began)] == []
    finally:
        replica.signal(signal.SIGTERM)
        assert replica.ended(60) == 0
        storm.kubectl("delete", "role,rolebinding", "--all", "-n", SPACE)


def test_a_namespace_without_rights_does_not_stop_the_others(storm: Storm) -> None:
    """It is told by a metric, and looked at within half a minute of its rights."""
    storm.environment.add(simulated("poor", "single", 1, 0, 1, GOOD_KEY, SETTINGS))
    fresh(storm)
    storm.kubectl("delete", "clusterrolebindings", access.NAME, *(f"{access.NAME}-{o}" for o in access.Option))
    storm.environment.apply(access.manifests(SYSTEM, [SPACE]))
    began = time.time()
    replica = storm.replica("half", "--watch-namespaces", f"poor,{SPACE}")
    try:
        until(replica.is_up, "it is up", PATIENCE)
        until(lambda: replica.get("/readyz").status_code == 200, "it is ready", PATIENCE)
        until(lambda: gateway(storm) == "Connected", "a verdict", PATIENCE)
        for resource in ("pods", "services", "whatsappclients"):
            assert replica.metric("wahealth_watch_refused", namespace="poor", resource=resource) == 1
        refused = [one for one in storm.environment.audit() if is_refused(one, began)]
        assert refused
        assert len(refused) <= 25 + 2 * (time.time() - began), "no hot loop"  # each of some six watches begins at once
        storm.environment.apply(access.manifests(SYSTEM, [SPACE, "poor"]))
        until(lambda: _gateway_of_the_poor(storm) == "Connected", "a verdict there, too", PATIENCE)
        until(lambda: not replica.metric("wahealth_watch_refused"), "nothing is refused any more", PATIENCE)
    finally:
        replica.signal(signal.SIGTERM)
        assert replica.ended(60) == 0
        for namespace in (SPACE, "poor"):
            storm.kubectl("delete", "role,rolebinding", "--all", "-n", namespace)


def _gateway_of_the_poor(storm: Storm) -> object:
    return storm.environment.client("poor", "single")["status"].get("gateway")


def _endpoints(storm: Storm, name: str) -> list[str]:
    status = storm.environment.client(SPACE, name)["status"]
    return sorted(str(one["pod"]) for one in status.get("endpoints", ()))
