"""A round against somebody else's writes: the double of the API server is these few lines."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from builders import any_targets
from wahealth.kube.cluster import Cluster, Conflict, Vanished
from wahealth.kube.cycle import Cycle
from wahealth.kube.events import Recorder
from wahealth.kube.gather import Gather
from wahealth.kube.inventory.kept import Inventory
from wahealth.kube.isolation import Guard
from wahealth.kube.lag import Lag
from wahealth.kube.record import Record, record_of


def document(uid: str = "uid-1", version: str = "1", generation: int = 1) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "a",
            "namespace": "default",
            "uid": uid,
            "generation": generation,
            "resourceVersion": version,
        },
        "spec": {"target": {"workload": {"name": "web"}}, "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}}},
    }


class Contested(Cluster):
    """Somebody else wrote first, `times` times; a read shows `now`."""

    def __init__(self, times: int, now: dict[str, Any]) -> None:
        self.times = times
        self.now = now
        self.written: list[str] = []

    async def read(self, ref: object) -> dict[str, Any]:
        return self.now

    async def apply_status(self, record: Record, status: dict[str, Any]) -> str:
        if self.times > 0:
            self.times -= 1
            raise Conflict
        self.written.append(record.version)
        return "100"


class Silent(Recorder):
    def __init__(self) -> None:
        pass

    async def tell(self, *_: object) -> None:
        pass


def run_round(cluster: Cluster) -> Record:
    record = record_of(document())
    inventory, recorder = Inventory(), Silent()
    gather = Gather(inventory, any_targets(inventory), references=None, prober=None)  # type: ignore[arg-type]
    asyncio.run(Cycle(gather, cluster, recorder, Guard(recorder, inventory, None), Lag()).round(record))
    return record


def test_after_a_conflict_it_looks_again_and_writes_onto_what_is_there_now() -> None:
    cluster = Contested(1, document(version="7"))
    assert run_round(cluster).version == "100"
    assert cluster.written == ["7"]


def test_a_recreated_resource_never_gets_the_verdict_of_the_old_one() -> None:
    cluster = Contested(1, document(uid="uid-2", version="7"))
    with pytest.raises(Vanished):
        run_round(cluster)
    assert cluster.written == []


def test_a_verdict_on_an_old_generation_is_not_written() -> None:
    cluster = Contested(1, document(version="7", generation=2))
    assert run_round(cluster).generation == 2
    assert cluster.written == []


def test_it_does_not_fight_for_ever() -> None:
    cluster = Contested(1000, document(version="7"))
    run_round(cluster)
    assert (cluster.written, cluster.times) == ([], 997)
