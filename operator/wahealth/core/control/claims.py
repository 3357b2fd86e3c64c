"""Which resource holds a pod: labels and a gate are written onto it for one resource alone.

A resource claims a pod that its selector matches, that its answer names, and that has the address which the answer
gives for it. The oldest resource that claims the pod holds it; a suspended one only if no other claims it. All of this
comes from what the watch shows: specs, written statuses, pods. So every replica reaches the same result.

Like `isolation_detector` it keeps state of its own: every round of every resource looks up who names a pod.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from wahealth.core.control.pod_labels import CLIENT, GATEWAY, ROLE, CurrentPod, Hold, Labels
from wahealth.core.reasons import pods as says
from wahealth.core.reasons.found import false
from wahealth.core.status import Finding

MOST_NAMED = 5
_OURS = frozenset({CLIENT, ROLE, GATEWAY})


class Age(NamedTuple):
    """The age of a resource, ordered: the smallest is the oldest.

    A `suspended` resource observes no pods, so any other comes before it.
    """

    suspended: bool
    created: str  # metadata.creationTimestamp: RFC 3339, in UTC, to the second, so it sorts as text
    uid: str


class Claimant(NamedTuple):
    """A resource with role labels or gates switched on.

    `named`: the address that its answer gives for each pod, by the pod's name, as in {"core-0": "10.0.0.7"}.
    """

    age: Age
    name: str
    selector: Labels
    named: Mapping[str, str]

    def selects(self, pod: CurrentPod) -> bool:
        """Whether the selector matches the pod."""
        return self.selector <= pod.labels

    def claims(self, pod: CurrentPod) -> bool:
        """Whether the selector matches the pod, and the answer names it with one of its addresses."""
        return self.named.get(pod.name) in pod.addresses and self.selects(pod)


def selector_of(labels: Mapping[str, str]) -> Labels | None:
    """The selector as a set of labels; None: it is empty or invalid.

    It must not use labels that the operator itself writes: who holds a pod would change with each write.
    """
    return frozenset(labels.items()) if labels and not labels.keys() & _OURS else None


@dataclass(slots=True)
class _Contest:
    """The resources that contend for one pod: all that name it, and, oldest first, those that claim it as it was last
    seen."""

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
    """The claims on the pods of one namespace."""

    def __init__(self) -> None:
        self._claimants: dict[str, Claimant] = {}  # by uid
        self._contests: dict[str, _Contest] = {}  # by pod

    def __bool__(self) -> bool:
        return bool(self._claimants)

    def get(self, uid: str) -> Claimant | None:
        """The resource with this uid, if it writes onto pods."""
        return self._claimants.get(uid)

    def put(self, claimant: Claimant) -> None:
        """Add a resource, or replace what is known about it."""
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
        """Remove a resource that is gone, or that no longer writes onto pods."""
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
        """The resource that holds the pod; None if no resource claims it."""
        contest = self._contests.get(pod.name)
        return contest.holder(pod) if contest else None

    def hold(self, pod: CurrentPod, uid: str) -> Hold:
        """The relation of the resource with this uid to the pod."""
        holder, claimant = self.holder(pod), self._claimants.get(uid)
        if holder is not None:
            return Hold.OURS if holder is claimant else Hold.ANOTHERS
        return Hold.SELECTED if claimant is not None and claimant.selects(pod) else Hold.NOBODYS


def selector_missing() -> Finding:
    """PodsClaimed=False for a resource whose selector is empty or invalid."""
    return false(says.SELECTOR_MISSING)


def claimed_by_another(lost: Iterable[tuple[str, str]]) -> Finding | None:
    """PodsClaimed=False for a resource that claims pods which others hold; None if `lost` is empty.

    `lost`: pairs of a pod's name and the name of the resource that holds it.
    """
    ordered = sorted(lost)
    if not ordered:
        return None
    pods, names = (_some(dict.fromkeys(words)) for words in zip(*ordered, strict=True))
    return false(says.CLAIMED_BY_ANOTHER, pods=pods, names=names)


def _some(names: Iterable[str]) -> str:
    first = list(names)
    return ", ".join(first[:MOST_NAMED]) + (", …" if len(first) > MOST_NAMED else "")
