"""Real API servers, simulated clients, the operator as a process; one control plane at a time in each worker."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.clients import SIX, WaitFor, matches
from support.storm import CLIENTS, Storm, weathered
from support.worlds import Worlds, the_key_is_shown_nowhere
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.environment import Environment, until


@pytest.fixture(scope="session")
def worlds() -> Iterator[Worlds]:
    with Worlds() as given:
        yield given


@pytest.fixture(scope="module")
def environment(worlds: Worlds) -> Iterator[Environment]:
    """Shared with other modules: what is made in it has a namespace of its own, and what is broken is mended."""
    running = worlds.shared()
    yield running
    the_key_is_shown_nowhere(running)


@pytest.fixture(scope="module")
def plane(worlds: Worlds) -> ControlPlane:
    """With the real CustomResourceDefinition; shared with other modules."""
    return worlds.bare()


@pytest.fixture(scope="module")
def stormy_world(worlds: Worlds) -> Iterator[Storm]:
    """Of a module's own: what it says when nothing disturbs it is known."""
    with worlds.own() as world, weathered(world, *CLIENTS) as storm:
        storm.environment.apply([storm.twice()])
        storm.start()
        storm.learn()
        yield storm
        if sys.platform == "linux":  # kopf has ended and begun again some times by now; six threads are usual
            assert len(list(Path(f"/proc/{storm.operator.pid}/task").iterdir())) <= 10


@pytest.fixture
def storm(stormy_world: Storm) -> Storm:
    """Undisturbed, whatever the test before has left."""
    stormy_world.proxy.rule = lambda _: None
    if not stormy_world.operator.is_alive():
        stormy_world.start()
    stormy_world.environment.add(*CLIENTS)
    stormy_world.settled()
    return stormy_world


@pytest.fixture(scope="module")
def team(environment: Environment) -> None:
    """The six clients of the namespace `team`, as they were in the beginning."""
    environment.add(*SIX)


@pytest.fixture(scope="module")
def wait_for(environment: Environment) -> WaitFor:
    """Wait until a client's status has these: `ready` is the reason of Ready, all else a field of status."""

    def wait(namespace: str, name: str, seconds: float = 60, **wanted: Any) -> dict[str, Any]:
        def seen() -> dict[str, Any] | None:
            status: dict[str, Any] = environment.client(namespace, name)["status"]
            return status if matches(status, wanted) else None

        try:
            found: dict[str, Any] = until(seen, f"{namespace}/{name} with {wanted}", seconds)
        except Exception:
            print(environment.client(namespace, name)["status"])
            print(environment.operator and environment.operator.log_tail())
            raise
        return found

    return wait
