"""Each right to look taken away in turn. What remains is what the operator needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.rights import MARKED, RIGHTS, ROTATED, politely_broken
from support.storm import CLIENTS, Storm, weathered
from support.worlds import Worlds

LOOK = [right for right in RIGHTS if right[2] in {"get", "list", "watch"}]


@pytest.fixture(scope="module")
def storm(worlds: Worlds) -> Iterator[Storm]:
    with worlds.own() as world, weathered(world, *CLIENTS, MARKED, ROTATED) as storm:
        yield storm


@pytest.mark.parametrize("right", LOOK, ids="/".join)
def test_without_a_right(storm: Storm, right: tuple[str, str, str]) -> None:
    politely_broken(storm, right)
