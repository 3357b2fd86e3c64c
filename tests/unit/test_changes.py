"""Whether anything in the inventory may have changed for a namespace is known by a count."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from wahealth.kube.apiserver.reflector import FirstList
from wahealth.kube.inventory.changes import Changes, Counted
from wahealth.kube.inventory.inventory import Inventory

POD = {"metadata": {"namespace": "acme", "name": "web-0"}}


def test_a_change_counts_in_its_namespace_alone() -> None:
    inventory = Inventory()
    store = Counted(inventory.pods, inventory.changes)
    before = inventory.changes.count("acme"), inventory.changes.count("other")
    store.put(POD)
    store.drop(POD)
    assert inventory.changes.count("acme") == before[0] + 2
    assert inventory.changes.count("other") == before[1]


def test_a_list_may_change_every_namespace() -> None:
    inventory = Inventory()
    before = inventory.changes.count("acme")
    Counted(inventory.services, inventory.changes).replace([])
    assert inventory.changes.count("acme") > before


def test_a_restart_of_ours_counts_before_the_watch_shows_it() -> None:
    inventory = Inventory()
    before = inventory.changes.count("acme")
    inventory.workloads["Deployment"].restarting("uid", datetime(2026, 1, 1, tzinfo=UTC))
    assert inventory.changes.count("acme") > before


@pytest.mark.parametrize("status", [403, 404])
def test_a_right_that_comes_or_goes_counts_once(status: int) -> None:
    changes = Changes()

    async def refused_twice_and_listed() -> list[int]:
        first, counted = FirstList(needed=False, turned=changes.everywhere), []
        for happens in (lambda: first.is_absent(status), lambda: first.is_absent(status), first.done, first.done):
            happens()
            counted.append(changes.count("acme"))
        return counted

    assert asyncio.run(refused_twice_and_listed()) == [1, 1, 2, 2]
