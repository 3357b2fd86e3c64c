"""The history on a real API server: kept by restarts, by a status of which only the conditions can be written, and by
the CRD of an older version as soon as that is replaced.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.clients import PROBE, simulated
from support.worlds import FLAGS, Worlds, impatient_kind
from wahealth.playground.environment import Environment, until
from wahealth.playground.manifests import Document

SPACE, NAME = "history", "kept"
CLIENT = simulated(SPACE, NAME, 1, 0, 1, spec={"probe": {**PROBE, "failureThreshold": 1}})
UNWRITABLE = 100  # seconds: the operator tries once in a minute


@pytest.fixture(scope="module")
def world(worlds: Worlds) -> Iterator[Environment]:
    with worlds.own() as own:
        own.add(CLIENT)
        own.start_operator(FLAGS)
        until(lambda: told(own)[:1] == ["Available"], "it is connected", 90)
        yield own


def status(world: Environment) -> Document:
    found: Document = world.client(SPACE, NAME)["status"]
    return found


def told(world: Environment) -> list[str]:
    """The reasons, newest first."""
    return [entry["reason"] for entry in status(world).get("history", [])]


def ready(world: Environment) -> str:
    found: str = next(one["reason"] for one in status(world)["conditions"] if one["type"] == "Ready")
    return found


def change(world: Environment, registered: bool) -> None:
    """The client loses its registration, or gets it back."""
    world.set_client(SPACE, NAME, registered=registered)


def begun(world: Environment, registered: bool) -> list[Document]:
    """The history of a client that is registered or is not, under the CRD as it is, whatever came before."""
    world.apply([impatient_kind()])
    change(world, registered)
    reason = "Available" if registered else "Unregistered"

    def known() -> bool:
        """The whole status says so, not the conditions alone."""
        return (ready(world), told(world)[:1]) == (reason, [reason]) and "connected" in status(world)

    until(known, "it is known", UNWRITABLE)
    found: list[Document] = status(world)["history"]
    return found


def kind_with(edit: Callable[[dict[str, Any]], None]) -> Document:
    """The CRD with an edit of the fields of status."""
    document = copy.deepcopy(impatient_kind())
    for version in document["spec"]["versions"]:
        edit(version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"])
    return document


def refuse_an_outage(fields: dict[str, Any]) -> None:
    fields["connected"]["properties"]["summary"]["enum"] = ["1/1"]


def know_no_history(fields: dict[str, Any]) -> None:
    del fields["history"]


def test_a_restart_loses_nothing_and_adds_nothing(world: Environment) -> None:
    before = begun(world, registered=False)
    world.stop_operator()
    change(world, registered=True)
    world.start_operator(FLAGS)
    until(lambda: told(world)[:1] == ["Available"], "the next process knows", 90)
    assert status(world)["history"][1:] == before


def test_where_only_conditions_can_be_written_the_history_is_written_with_them(world: Environment) -> None:
    before = begun(world, registered=True)
    world.apply([kind_with(refuse_an_outage)])
    change(world, registered=False)
    until(lambda: ready(world) == "Unregistered", "the conditions are written", 90)
    shown = status(world)
    assert "connected" not in shown
    assert (shown["history"][0]["reason"], shown["history"][1:]) == ("Unregistered", before)


def test_an_older_crd_has_no_history_until_it_is_replaced(world: Environment) -> None:
    before = begun(world, registered=False)
    world.apply([kind_with(know_no_history)])
    until(lambda: told(world) == [], "the API server knows no history", 30)
    change(world, registered=True)
    until(lambda: ready(world) == "Available", "the conditions are written", UNWRITABLE)
    world.apply([impatient_kind()])
    until(lambda: told(world)[:1] == ["Available"], "the whole status is written again", UNWRITABLE)
    assert status(world)["history"][1:] == before
    assert "connected" in status(world)
