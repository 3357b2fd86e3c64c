"""The library of scenarios: each against the timeline that stands beside it, reviewed by a person.

`make scenarios` writes the timelines anew; a difference in one of them is a difference that users would notice.
"""

from __future__ import annotations

import pytest

from timeline import EXPECTED, SCENARIOS, timeline

NAMES = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


def test_every_scenario_has_its_timeline_and_no_timeline_is_left_over() -> None:
    assert sorted(path.stem for path in EXPECTED.glob("*.txt")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_scenario(name: str) -> None:
    assert timeline(name) == (EXPECTED / f"{name}.txt").read_text()
