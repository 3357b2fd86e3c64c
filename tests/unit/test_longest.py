"""The longest of what comes and goes, against the plain way to find it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wahealth.core.control.longest import Longest

NUMBERS = st.sampled_from([5.0, 30.0, 30.0, 300.0, 3600.0])


@given(st.lists(st.tuples(st.booleans(), NUMBERS), max_size=60))
def test_it_is_the_longest_of_those_that_are_there(failovers: list[tuple[bool, float]]) -> None:
    longest, there = Longest(), list[float]()
    for come, number in failovers:
        if come:
            there.append(number)
            longest.add(number)
        elif number in there:
            there.remove(number)
            longest.drop(number)
        assert longest.now == max(there, default=0.0)
