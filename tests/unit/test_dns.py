"""Nodes whose keys are the same once cut or cleaned: each has a name of its own, and no answer makes that dear."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest

from support.work import instructions
from wahealth.core.answer import Answered, Malformed
from wahealth.probe.payload import LONGEST_NAME, parse_health


def parsed(keys: Sequence[str]) -> Answered | Malformed:
    body = ",".join(f"{json.dumps(key)}:{{}}" for key in keys)
    return parse_health(b'{"health":{%s}}' % body.encode())


def names(keys: Sequence[str]) -> list[str]:
    outcome = parsed(keys)
    assert isinstance(outcome, Answered)
    return [node.key for node in outcome.report.nodes]


def numbers_that_are_taken(count: int) -> list[str]:
    """A half has the very names that the other half, which all clean to `?`, would be given."""
    half = count // 2
    return [f"?~{n}" for n in range(half, count)] + [chr(0x100 + n) for n in range(half)]


def all_the_same(count: int) -> list[str]:
    return [chr(0x100 + n) for n in range(count)]


def the_same_once_cut(count: int) -> list[str]:
    return [f"{'x' * 300}{n}" for n in range(count)]


def two_by_two(count: int) -> list[str]:
    return [f"{end}{n}" for n in range(count // 2) for end in "éè"]


SHAPES = [numbers_that_are_taken, all_the_same, the_same_once_cut, two_by_two]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=[shape.__name__ for shape in SHAPES])


@shapes
def test_each_has_a_name_of_its_own(shape: Callable[[int], list[str]]) -> None:
    given = names(shape(600))
    assert len(set(given)) == 600
    assert all(name.isascii() and name.isprintable() and len(name) <= LONGEST_NAME for name in given)


@shapes
def test_the_order_of_the_answer_gives_no_name(shape: Callable[[int], list[str]]) -> None:
    keys = shape(100)
    assert names(keys) == names(keys[::-1])


@shapes
def test_twice_the_collisions_cost_little_more_than_twice_as_much(shape: Callable[[int], list[str]]) -> None:
    def cost(count: int) -> int:
        keys = shape(count)
        return instructions(lambda: parsed(keys))

    assert cost(600) < 2.5 * cost(300)


@pytest.mark.parametrize(
    ("keys", "given"),
    [
        (["10.0.0.1:é", "10.0.0.1:è"], ["10.0.0.1:?", "10.0.0.1:?~1"]),
        (["é", "è", "?~1", "?~2", "ê"], ["?~1", "?~2", "?", "?~3", "?~4"]),
        (["a", "b", "é", "è", "ñ:c", "ò:c"], ["a", "b", "?", "?~3", "?:c", "?:c~5"]),
        (["é", "?~2", "?", "è"], ["?", "?~2", "?~3", "?~4"]),
        (["x" * 254, "x" * 255], ["x" * 253, "x" * 245 + "~1"]),
    ],
)
def test_a_number_is_the_place_among_the_keys_or_the_next_free_one(keys: list[str], given: list[str]) -> None:
    assert names(keys) == given
