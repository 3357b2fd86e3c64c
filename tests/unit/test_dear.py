"""A short hunt for dear answers, the same each time: `make fuzz` goes on with other seeds."""

from __future__ import annotations

from functools import cache

import pytest

from fuzz.dear import MOST_PEAK, MOST_TIMES, Draft, Hunt, cost_of, honest

SEED, STEPS = 5, 10


def test_no_answer_is_much_dearer_than_an_honest_one() -> None:
    hunt = Hunt(SEED)
    for _ in range(STEPS):
        hunt.step()
        assert not hunt.is_over, hunt.told()
    assert hunt.dearest.times > 1.5, "it hunts nothing"


def draft(names: list[str], moved: bool, **entry: str) -> Draft:
    return Draft([(name, entry) for name in names], moved=moved, escaped=False)


@cache
def of_an_honest_one() -> int:
    return honest().cost().instructions


DEAREST = {
    "all new each round": draft(
        [f"10.0.0.1:core-{n}" for n in range(1000)], True, role='"coreapp"', gateway_status="1"
    ),
    "long names, all cleaned, with odd words": draft(
        [f"é{n}".ljust(900, "x") for n in range(1000)], True, role='"primary_master"', gateway_status='"odd"'
    ),
    "names that collide with those given": draft(
        [f"?~{n}" for n in range(500, 1000)] + [chr(0x100 + n) for n in range(500)],
        False,
        role='"coreapp"',
        gateway_status='"connecting"',
    ),
    "one node too many": draft([f"é{n}" for n in range(1001)], False),
    "as many numbers as may be, and half a character to look for": Draft(
        beside=[f'"n":[{",".join(["1." + "7" * 40] * 19_900)}]', '"s":"\\ud83d\\ude00"']
    ),
    "wide characters, and half a one to look for": Draft(beside=[f'"s":"{"a" * 1_048_000}😀\\ud83d\\ude00"']),
}


@pytest.mark.parametrize("shape", DEAREST.values(), ids=DEAREST.keys())
def test_the_dearest_shapes_known(shape: Draft) -> None:
    first, second = shape.body(1), shape.body(2)
    assert len(first) <= 2**20
    cost = cost_of(first, second)
    assert cost.instructions < MOST_TIMES * of_an_honest_one()
    assert cost.peak < MOST_PEAK
