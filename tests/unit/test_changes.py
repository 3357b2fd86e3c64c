"""Whether anything in the inventory may have changed for a namespace is known by a count."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

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


def pod(namespace: str, version: str | None, name: str = "web-0") -> dict[str, Any]:
    metadata = {"namespace": namespace, "name": name, "resourceVersion": version}
    return {"metadata": {name: value for name, value in metadata.items() if value is not None}}


@pytest.mark.parametrize(
    ("listed", "changed"),
    [
        ([pod("acme", "1"), pod("other", "2")], set()),
        ([pod("acme", "1"), pod("other", "3")], {"other"}),
        ([pod("acme", "1")], {"other"}),
        ([pod("acme", "1"), pod("other", "2"), pod("other", "4", "web-1")], {"other"}),
        ([pod("acme", None), pod("other", "2")], {"acme"}),
        ([], {"acme", "other"}),
    ],
)
def test_a_list_counts_where_it_shows_something_new(listed: list[dict[str, Any]], changed: set[str]) -> None:
    changes, spaces = Changes(), ("acme", "other", "third")
    store = Counted(Inventory().pods, changes)
    store.put(pod("acme", "1"))
    store.replace([pod("acme", "1"), pod("other", "0")])
    store.put(pod("other", "2"))
    before = {space: changes.count(space) for space in spaces}
    store.replace(listed)
    assert {space for space in spaces if changes.count(space) > before[space]} == changed


def test_what_was_deleted_and_is_listed_again_is_new() -> None:
    changes = Changes()
    store = Counted(Inventory().pods, changes)
    store.put(pod("acme", "1"))
    store.drop(pod("acme", "2"))
    before = changes.count("acme")
    store.replace([pod("acme", "1")])
    assert changes.count("acme") > before


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
