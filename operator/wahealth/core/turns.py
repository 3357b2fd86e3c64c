"""Which pods of one resource are probed in a round, if it has more pods than one round can probe.

They take turns in the order of their names, round and round: each is probed once in as many rounds as it takes to probe
all of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping

from wahealth.core.answer import PodOutcome

MOST_ASKED = 80  # pods of one resource in one round: a hundred legal answers cost a core for seconds


def whose_turn(pods: Collection[str], last: str) -> tuple[str, ...]:
    """The names of the pods to probe next: those after `last`, the last one of the previous round; all if they are
    few."""
    if len(pods) <= MOST_ASKED:
        return tuple(pods)
    ordered = sorted(pods)
    first = bisect_right(ordered, last)
    return tuple([*ordered[first:], *ordered[:first]][:MOST_ASKED])


def heard_of(
    before: Iterable[PodOutcome], asked: Iterable[PodOutcome], addresses: Mapping[str, str]
) -> dict[str, PodOutcome]:
    """The outcome of each pod, by its name: of this round, or the last one if it was not the pod's turn.

    `addresses`: the address of each pod that exists, by its name; the same name at another address is another pod.
    """
    known = {o.pod: o._replace(asked=False) for o in before if addresses.get(o.pod) == o.address}
    return known | {o.pod: o for o in asked}
