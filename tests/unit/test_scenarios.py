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


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("number-")])
def test_no_timeline_names_an_id_or_a_token(name: str) -> None:
    """They are business data, and a secret; each ID of a scenario begins alike."""
    told = (EXPECTED / f"{name}.txt").read_text()
    assert not any(word in told for word in ("90000000", "invented-token", "pn_4f1c", "acct.9f", "pf_1"))
