"""Which workloads are marked as a single instance, by the label `wahealth.io/single-instance` on them or their pods."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from wahealth.api.labels import MARKED, SINGLE_INSTANCE
from wahealth.core.control.pod_labels import Labels
from wahealth.core.single_instance import SingleInstance
from wahealth.kube.apiserver.api import Document
from wahealth.kube.inventory.keys import Key

_NO_SURGE = re.compile(r"0+%?")
_SURGE_BY_DEFAULT = "25%"  # of one, rounded up to one
GUARDED = frozenset({"Deployment", "StatefulSet"})  # the kinds that are watched of those that the policy guards


class _Marked(NamedTuple):
    pods: Labels  # the labels of its pods
    instance: SingleInstance


class SingleInstances:
    """The marked workloads of all kinds, by namespace: few of many, so that a round finds at once that there is
    none."""

    def __init__(self) -> None:
        self._marked: dict[str, dict[tuple[str, str], _Marked]] = {}  # within a namespace by kind and name

    def of(self, namespace: str, selector: Labels) -> tuple[SingleInstance, ...]:
        """Those whose pods have all labels of the selector, in a fixed order; an empty one selects all of them."""
        there = self._marked.get(namespace)
        return tuple(_selected(there, selector)) if there else ()

    def put(self, kind: str, key: Key, object_: Document, rolling_out: bool) -> None:
        """Take over a workload as it is now."""
        self.drop(kind, key)
        if kind not in GUARDED or not _is_marked(object_):
            return
        spec = object_.get("spec", {})
        surges = kind == "Deployment" and _may_surge(spec.get("strategy") or {})
        instance = SingleInstance(kind, key.name, spec.get("replicas", 1), surges, rolling_out)
        there = self._marked.setdefault(key.namespace, {})
        there[kind, key.name] = _Marked(frozenset(_labels(_template(object_)).items()), instance)

    def drop(self, kind: str, key: Key) -> None:
        there = self._marked.get(key.namespace, {})
        if there.pop((kind, key.name), None) is not None and not there:
            del self._marked[key.namespace]

    def clear(self, kind: str) -> None:
        """Forget all workloads of a kind."""
        for key in [
            Key(namespace, name) for namespace, there in self._marked.items() for of, name in there if of == kind
        ]:
            self.drop(kind, key)


def _selected(there: dict[tuple[str, str], _Marked], selector: Labels) -> Iterator[SingleInstance]:
    for _, marked in sorted(there.items()):
        if selector <= marked.pods:
            yield marked.instance


def _is_marked(object_: Document) -> bool:
    return any(_labels(part).get(SINGLE_INSTANCE) == MARKED for part in (object_, _template(object_)))


def _template(object_: Document) -> Document:
    return (object_.get("spec") or {}).get("template") or {}


def _labels(part: Document) -> Document:
    return (part.get("metadata") or {}).get("labels") or {}


def _may_surge(strategy: Document) -> bool:
    """As the policy has it (`api.admission.single_instance`)."""
    if strategy.get("type") == "Recreate":
        return False
    surge = (strategy.get("rollingUpdate") or {}).get("maxSurge", _SURGE_BY_DEFAULT)
    return _NO_SURGE.fullmatch(str(surge)) is None
