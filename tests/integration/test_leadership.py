"""Several replicas on the real API server: one asks and writes, the others are ready; nobody writes beside another."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import pytest

from support.storm import CLIENTS, SPACE, Replica, Storm, weathered
from support.worlds import Worlds
from wahealth.playground.environment import until


@pytest.fixture(scope="module")
def storm(worlds: Worlds) -> Iterator[Storm]:
    with worlds.own() as world, weathered(world, *CLIENTS) as storm:
        yield storm


def leads(replica: Replica) -> bool:
    return replica.is_up() and replica.metric("wahealth_leader") >= 1


def ready(replica: Replica) -> bool:
    return replica.is_up() and replica.get("/readyz").status_code == 200


def led_within(replica: Replica, seconds: float) -> float:
    began = time.monotonic()
    until(lambda: leads(replica), f"{replica.name} leads", seconds)
    return time.monotonic() - began


def writers(storm: Storm, since: float) -> list[tuple[float, float, str]]:
    """(began, ended, replica) of each write but those of Leases, in the order of their beginning."""
    found = []
    for entry in storm.environment.audit():
        began, ended = (_second(entry[field]) for field in ("requestReceivedTimestamp", "stageTimestamp"))
        ours = entry.get("userAgent", "").startswith("wahealth/") and entry["verb"] not in {"get", "list", "watch"}
        if ours and began >= since and entry["objectRef"]["resource"] != "leases":
            found.append((began, ended, entry["userAgent"]))
    return sorted(found)


def _second(written: str) -> float:
    return datetime.fromisoformat(written).timestamp()


@pytest.mark.alone
def test_who_ends_in_order_hands_over_and_who_is_killed_is_followed(storm: Storm) -> None:
    storm.begin_anew("single", "ha")  # so that the first has something to write
    began = time.time()
    first = storm.replica("first")
    until(lambda: leads(first), "the first leads", 90)
    until(lambda: storm.environment.client(SPACE, "single")["status"].get("gateway") == "Connected", "a verdict", 90)
    second = storm.replica("second")
    until(lambda: ready(second), "the second is ready", 90)
    assert not leads(second)
    assert second.metric("wahealth_probes_total") == 0
    assert second.metric("wahealth_client_info") == 0  # who does not ask does not tell either

    first.signal(signal.SIGTERM)
    assert led_within(second, 90) <= 4  # 2 s, and a look at /metrics now and then
    assert first.ended(60) == 0
    until(lambda: second.metric("wahealth_probes_total") >= 3, "the second asks", 90)

    third = storm.replica("third")
    until(lambda: ready(third), "the third is ready", 90)
    storm.environment.set_client(SPACE, "single", gateway_status="disconnected")
    second.signal(signal.SIGKILL)
    assert led_within(third, 90) <= 20
    until(lambda: storm.environment.client(SPACE, "single")["status"]["gateway"] == "Disconnected", "a verdict", 90)
    storm.environment.set_client(SPACE, "single", gateway_status=None)
    third.signal(signal.SIGTERM)
    assert third.ended(60) == 0

    seen = writers(storm, began)
    assert {"first", "third"} <= {agent.rpartition("(")[2].rstrip(")") for _, _, agent in seen}
    _one_after_the_other(seen)


def _one_after_the_other(seen: list[tuple[float, float, str]]) -> None:
    """No replica writes after another has begun to."""
    order = [agent for _, _, agent in seen]
    assert len(set(order)) == sum(1 for i, agent in enumerate(order) if i == 0 or order[i - 1] != agent)
    for (_, ended, before), (begun, _, after) in pairwise(seen):
        assert before == after or ended <= begun


@pytest.mark.alone
def test_who_stands_still_writes_nothing_when_it_goes_on(storm: Storm) -> None:
    """SIGSTOP for longer than a Lease lasts, while it has something to write."""
    began = time.time()
    first = storm.replica("sleeper")
    until(lambda: leads(first), "the first leads", 90)
    second = storm.replica("waker")
    until(lambda: ready(second), "the second is ready", 90)
    storm.environment.set_client(SPACE, "single", gateway_status="disconnected")
    time.sleep(3)
    first.signal(signal.SIGSTOP)
    assert led_within(second, 90) <= 20
    until(lambda: storm.environment.client(SPACE, "single")["status"]["gateway"] == "Disconnected", "a verdict", 90)
    storm.environment.set_client(SPACE, "single", gateway_status=None)
    first.signal(signal.SIGCONT)
    until(lambda: not leads(first), "the first has seen it", 90)
    until(lambda: storm.environment.client(SPACE, "single")["status"]["gateway"] == "Connected", "a verdict", 90)
    _one_after_the_other(writers(storm, began))
    for replica in (first, second):
        replica.signal(signal.SIGTERM)
        assert replica.ended(60) == 0


def test_shards_are_shared(storm: Storm) -> None:
    replicas = [storm.replica(name, "--shards", "4", "--lease-name", "sharded") for name in ("a", "b")]
    until(lambda: all(ready(one) for one in replicas), "both are ready", 90)
    until(lambda: sum(one.metric("wahealth_leader") for one in replicas) == 4, "all shards are led", 120)
    until(lambda: sum(one.metric("wahealth_client_info") for one in replicas) == 2, "each resource is told of once", 90)
    replicas[0].signal(signal.SIGTERM)
    assert replicas[0].ended(60) == 0
    until(lambda: replicas[1].metric("wahealth_leader") == 4, "the other has taken over", 90)
    assert replicas[1].metric("wahealth_client_info") == 2
    replicas[1].signal(signal.SIGTERM)
    assert replicas[1].ended(60) == 0
