"""Whose a pod is: labels and a gate are written onto it for one resource alone.

A resource claims a pod that its selector matches, that its answer names, and that has the address which the answer
gives for it. Of several that do the oldest holds the pod, and one that is suspended only where no other does. All of it
is taken from what the watch shows: specs, written statuses, pods. So every replica comes to the same.

Like `core.isolation_detector` it keeps state of its own: who names a pod is looked up in every round of every resource.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from wahealth.core.pod_labels import CLIENT, GATEWAY, ROLE, CurrentPod, Hold, Labels
from wahealth.core.reasons import pods as says
from wahealth.core.reasons.found import false
from wahealth.core.status import Finding

MOST_NAMED = 5
_OURS = frozenset({CLIENT, ROLE, GATEWAY})


class Age(NamedTuple):
    """The smallest one is the oldest. One that is `suspended` looks at no pod, so any other comes before it."""

    suspended: bool
    created: str  # RFC 3339, in UTC, to the second: it is ordered as a text
    uid: str


class Claimant(NamedTuple):
    """A resource with role labels or gates on. `named`: by pod, the address that its answer gives for it."""

    age: Age
    name: str
    selector: Labels
    named: Mapping[str, str]

    def selects(self, pod: CurrentPod) -> bool:
        return self.selector <= pod.labels

    def claims(self, pod: CurrentPod) -> bool:
        return self.named.get(pod.name) in pod.addresses and self.selects(pod)


def selector_of(labels: Mapping[str, str]) -> Labels | None:
    """None: it selects nothing. What the operator writes itself is no label to select by: who holds a pod would change
    with each write."""
    return frozenset(labels.items()) if labels and not labels.keys() & _OURS else None


@dataclass(slots=True)
class _Contest:
    """About one pod: all that name it, and in the order of their age those that claim it as it was seen last."""

    naming: dict[Age, Claimant] = field(default_factory=dict)
    claiming: list[Age] = field(default_factory=list)
    seen: CurrentPod | None = None

    def put(self, claimant: Claimant) -> None:
        self.drop(claimant.age)
        self.naming[claimant.age] = claimant
        if self.seen is not None and claimant.claims(self.seen):
            insort(self.claiming, claimant.age)

    def drop(self, age: Age) -> None:
        self.naming.pop(age, None)
        place = bisect_left(self.claiming, age)
        if place < len(self.claiming) and self.claiming[place] == age:
            del self.claiming[place]

    def holder(self, pod: CurrentPod) -> Claimant | None:
        seen = self.seen
        if seen is None or (seen.labels, seen.addresses) != (pod.labels, pod.addresses):
            self.seen = pod
            self.claiming = sorted(age for age, claimant in self.naming.items() if claimant.claims(pod))
        return self.naming[self.claiming[0]] if self.claiming else None


class Claims:
    """Of one namespace."""

    def __init__(self) -> None:
        self._claimants: dict[str, Claimant] = {}  # by uid
        self._contests: dict[str, _Contest] = {}  # by pod

    def __bool__(self) -> bool:
        return bool(self._claimants)

    def get(self, uid: str) -> Claimant | None:
        return self._claimants.get(uid)

    def put(self, claimant: Claimant) -> None:
        """New, or changed."""
        before = self._claimants.get(claimant.age.uid)
        if claimant == before:
            return
        self._claimants[claimant.age.uid] = claimant
        if before is not None:
            other = before.age != claimant.age
            self._leave(before.named.keys() - (frozenset() if other else claimant.named.keys()), before.age)
        for pod in claimant.named:
            self._contests.setdefault(pod, _Contest()).put(claimant)

    def drop(self, uid: str) -> None:
        """Gone, or it writes onto no pods any more."""
        before = self._claimants.pop(uid, None)
        if before is not None:
            self._leave(before.named, before.age)

    def _leave(self, pods: Iterable[str], age: Age) -> None:
        for pod in pods:
            contest = self._contests[pod]
            contest.drop(age)
            if not contest.naming:
                del self._contests[pod]

    def holder(self, pod: CurrentPod) -> Claimant | None:
        """None: nobody claims it."""
        contest = self._contests.get(pod.name)
        return contest.holder(pod) if contest else None

    def hold(self, pod: CurrentPod, uid: str) -> Hold:
        """What the resource with this uid has to do with it."""
        holder, claimant = self.holder(pod), self._claimants.get(uid)
        if holder is not None:
            return Hold.OURS if holder is claimant else Hold.ANOTHERS
        return Hold.SELECTED if claimant is not None and claimant.selects(pod) else Hold.NOBODYS


def selector_missing() -> Finding:
    return false(says.SELECTOR_MISSING)


def claimed_by_another(lost: Iterable[tuple[str, str]]) -> Finding | None:
    """`lost`: each pod that the resource claims and does not hold, with the name of the one that holds it."""
    ordered = sorted(lost)
    if not ordered:
        return None
    pods, names = (_some(dict.fromkeys(words)) for words in zip(*ordered, strict=True))
    return false(says.CLAIMED_BY_ANOTHER, pods=pods, names=names)


def _some(names: Iterable[str]) -> str:
    first = list(names)
    return ", ".join(first[:MOST_NAMED]) + (", …" if len(first) > MOST_NAMED else "")
