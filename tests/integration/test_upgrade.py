"""A small fleet through an upgrade and back by the documented way: `make upgrades` does it with 500 and in all ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.worlds import Worlds
from upgrade.rollout import World, there_and_back
from upgrade.versions import reworded
from upgrade.ways import ways

RESOURCES = 30
PATIENT = 23.0  # seconds of a handover; 3 are what it takes where nothing else runs
WAYS = ("helm upgrade", "Argo CD's apply")


@pytest.mark.parametrize("way", WAYS)
def test_no_verdict_is_lost_and_nothing_is_told(worlds: Worlds, tmp_path: Path, way: str) -> None:
    """But each resource with a message that is another one now is written once."""
    worlds.close()
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    with World() as world:
        chosen = next(one for one in ways(world.plane, tmp_path) if one.name == way)
        found = [found for _, found in there_and_back(world, chosen, reworded(earlier), RESOURCES)]
    assert len(found) == 2
    for one in found:
        assert one.resources == RESOURCES
        assert one.changed == RESOURCES
        assert one.is_as_promised(PATIENT), one
