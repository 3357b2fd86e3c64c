"""What is told of frozen verdicts, and what Prometheus reads of them, also where they end without an answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from wahealth.core.control.isolation_detector import Path, Vote
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.inventory.keys import WorkloadRef
from wahealth.kube.isolation import IsolationGuard
from wahealth.telemetry import metrics

OWN = WorkloadRef("wahealth-system", "Deployment", "wahealth-operator")
FLEET = range(20)


class Heard:
    """A recorder: the reasons of what is told."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    async def post(self, _subject: object, event: Any, _now: object) -> None:
        self.reasons.append(event.reason)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def guard(heard: Heard) -> IsolationGuard:
    inventory = Inventory()
    metadata = {"namespace": OWN.namespace, "name": OWN.name, "uid": "own"}
    inventory.workloads["Deployment"].put({"metadata": metadata, "spec": {}})
    return IsolationGuard(heard, inventory, OWN)  # type: ignore[arg-type]


async def see(guard: IsolationGuard, which: range, reached: bool, second: float) -> None:
    for number in which:
        await guard.saw(f"uid-{number}", vote(number), reached, second + number, 30)


def vote(number: int) -> Vote:
    return Vote(Path.CLUSTER, f"tenant-{number % 5}", f"Deployment/web-{number}")


def shown() -> float:
    (family,) = metrics.isolated.collect()
    return max(sample.value for sample in family.samples)


async def all_lost(guard: IsolationGuard) -> None:
    await see(guard, FLEET, True, 0)
    await see(guard, FLEET, False, 100)


def test_it_is_told_once_that_verdicts_are_frozen_and_once_that_they_are_not(
    guard: IsolationGuard, heard: Heard
) -> None:
    async def story() -> None:
        await all_lost(guard)
        assert shown() == 1
        await see(guard, FLEET, True, 200)
        assert shown() == 0

    asyncio.run(story())
    assert heard.reasons == ["ObserverIsolated", "ObserverRecovered"]


def test_it_ends_as_well_where_the_lost_ones_are_asked_no_more(guard: IsolationGuard, heard: Heard) -> None:
    """Resources that are suspended or deleted meanwhile: neither the metric nor the events may say otherwise."""

    async def story() -> None:
        await all_lost(guard)
        for number in FLEET:
            guard.detector.forget(f"uid-{number}")
        assert shown() == 0
        await see(guard, range(1), True, 300)

    asyncio.run(story())
    assert heard.reasons == ["ObserverIsolated", "ObserverRecovered"]


def test_it_ends_where_another_replica_asks_now(guard: IsolationGuard) -> None:
    async def story() -> None:
        await all_lost(guard)
        guard.detector.keep_only({"uid-0"})
        assert shown() == 0
        assert guard.detector.knows("uid-0", vote(0))
        assert not guard.detector.knows("uid-1", vote(1))

    asyncio.run(story())
