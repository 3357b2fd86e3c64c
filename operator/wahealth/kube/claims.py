"""Which resource holds which pods, kept up to date with what the watches show of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from wahealth.core.control import claims
from wahealth.core.control.claims import Age, Claimant, claimed_by_another, selector_missing, selector_of
from wahealth.core.control.pod_labels import CurrentPod, Hold, Labels, Options, named
from wahealth.core.status import Finding
from wahealth.kube.entry import Ref, ResourceEntry
from wahealth.kube.inventory.pods import Pods


class Claims:
    """The claims of all namespaces.

    They follow from the written status alone, of this replica's resources and of those of others alike, so every
    replica computes the same.
    """

    def __init__(self, pods: Pods) -> None:
        self._pods = pods
        self._in: defaultdict[str, claims.Claims] = defaultdict(claims.Claims)  # by namespace

    def put(self, entry: ResourceEntry) -> None:
        """Take up a resource that is new, or whose spec or written status may have changed."""
        selector = _selector(entry)
        if entry.gone or selector is None or not wants(entry):
            self.drop(entry)
            return
        pods = {pod: address for pod, address, _ in named(entry.written)}
        age = Age(entry.desired.suspended, entry.created, entry.uid)
        claimant = Claimant(age, entry.ref.name, selector, pods)
        self._in[entry.ref.namespace].put(claimant)

    def drop(self, entry: ResourceEntry) -> None:
        namespace = entry.ref.namespace
        if namespace in self._in:
            self._in[namespace].drop(entry.uid)
            if not self._in[namespace]:
                del self._in[namespace]

    def finding(self, entry: ResourceEntry) -> Finding | None:
        """Why pods are not written although the resource wants them to be; None where they are, or need not be."""
        if not wants(entry):
            return None
        known = self._in.get(entry.ref.namespace)
        claimant = known.get(entry.uid) if known else None
        if known is None or claimant is None:
            return selector_missing()
        there = self._pods.current(entry.ref.namespace, claimant.named.keys())
        holders = ((pod.name, known.holder(pod)) for pod in there if claimant.claims(pod))
        return claimed_by_another((pod, holder.name) for pod, holder in holders if holder and holder != claimant)

    def around(self, ref: Ref, uid: str = "") -> Iterator[tuple[CurrentPod, Hold]]:
        """The pods that the resource names and those that carry its labels or gate, each with who holds it."""
        known = self._in.get(ref.namespace)
        claimant = known.get(uid) if known else None
        names = claimant.named.keys() if claimant else frozenset[str]()
        for pod in self._pods.current(ref.namespace, names, ref.name):
            yield pod, known.hold(pod, uid) if known else Hold.NOBODYS


def wants(entry: ResourceEntry) -> bool:
    """Whether the resource wants labels or a readiness gate on its pods."""
    return entry.pods.role_labels == "Enabled" or entry.pods.readiness_gates != "Disabled"


def options_of(entry: ResourceEntry) -> Options:
    """What to write on the pods. Without a selector nothing is written, and no label is removed."""
    pods = entry.pods
    if _selector(entry) is None:
        return Options(keeps=wants(entry))
    gates = pods.readiness_gates
    return Options(pods.role_labels == "Enabled", gates != "Disabled", gates == "Enforce")


def _selector(entry: ResourceEntry) -> Labels | None:
    selector = entry.pods.selector
    return selector_of(selector.match_labels) if selector else None
