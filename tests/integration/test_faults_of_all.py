"""The whole API server misbehaves (rows A1 to A20), and afterwards all is as if nothing had been."""

from __future__ import annotations

import pytest

from support.faults import all_is_as_if_nothing_had_been, all_with, in_a_moment, writes_with
from support.faulty import Fault, Rule
from support.storm import Storm

FAULTS: dict[str, Rule] = {
    "connections are closed": all_with(Fault(abort=True)),
    "503 for all": all_with(Fault(status=503)),
    "500 for writes: no quorum": writes_with(Fault(status=500)),
    "429 without a time": all_with(Fault(status=429)),
    "429 in seconds": all_with(Fault(status=429, headers={"Retry-After": "2"})),
    "429 with a date": lambda _: Fault(status=429, headers={"Retry-After": in_a_moment()}),
    "429 with nonsense": all_with(Fault(status=429, headers={"Retry-After": "soon"})),
    "all takes two seconds": all_with(Fault(delay=2.0)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_afterwards_all_is_as_if_nothing_had_been(storm: Storm, name: str) -> None:
    all_is_as_if_nothing_had_been(storm, FAULTS[name])
