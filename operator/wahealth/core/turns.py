"""Which pods of one resource are asked in a round, where it has more than one round can ask.

By name, round and round: each has its turn once in as many rounds as it takes to ask all of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping

from wahealth.core.answer import PodOutcome

MOST_ASKED = 80  # pods of one resource in one round: a hundred legal answers cost a core for seconds


def whose_turn(pods: Collection[str], last: str) -> tuple[str, ...]:
    """The next ones after `last`, who was the last one of the round before; all of them where they are few."""
    if len(pods) <= MOST_ASKED:
        return tuple(pods)
    ordered = sorted(pods)
    first = bisect_right(ordered, last)
    return tuple([*ordered[first:], *ordered[:first]][:MOST_ASKED])


def heard_of(
    before: Iterable[PodOutcome], asked: Iterable[PodOutcome], addresses: Mapping[str, str]
) -> dict[str, PodOutcome]:
    """By pod: what was said in this round, and before by those whose turn it was not.

    `addresses` by pod, of all that are there: one of the same name elsewhere is another pod.
    """
    known = {o.pod: o._replace(asked=False) for o in before if addresses.get(o.pod) == o.address}
    return known | {o.pod: o for o in asked}
