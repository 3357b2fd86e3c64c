"""PodDisruptionBudgets: which of them a drain waits for, and which pods none protects."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from wahealth.wa import document as read
from wahealth.wa.document import Document


class Pod(NamedTuple):
    """A pod that leaves its node."""

    namespace: str
    name: str
    labels: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def pods_going(pods: Iterable[Document]) -> list[Pod]:
    """Those that a drain evicts: not of a DaemonSet, not of the kubelet itself, and not ended."""
    found = []
    for pod in pods:
        owners = {read.text(owner, "kind") for owner in read.objects(pod, "metadata", "ownerReferences")}
        ended = read.text(pod, "status", "phase") in {"Succeeded", "Failed"}
        if not owners & {"DaemonSet", "Node"} and not ended:
            labels = {k: v for k, v in read.inner(pod, "metadata", "labels").items() if isinstance(v, str)}
            found.append(Pod(read.text(pod, "metadata", "namespace"), read.text(pod, "metadata", "name"), labels))
    return found


class Budgets(NamedTuple):
    """Sentences about the budgets that block, and the pods that none covers, as namespace/name."""

    blocking: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()


def budgets(found: Iterable[Document], going: Collection[Pod]) -> Budgets:
    """What the budgets mean for the pods of clients that leave."""
    blocking: list[str] = []
    covered: set[str] = set()
    for budget in found:
        namespace, name = (read.text(budget, "metadata", key) for key in ("namespace", "name"))
        selector = read.inner(budget, "spec", "selector")
        selected = [pod for pod in going if pod.namespace == namespace and selects(selector, pod.labels)]
        covered.update(map(str, selected))
        allowed = read.whole(budget, "status", "disruptionsAllowed") or 0
        if selected and allowed < len(selected):
            how_many = f"{allowed} of {len(selected)} pods" if len(selected) > 1 else "none"
            blocking.append(f"PodDisruptionBudget {namespace}/{name} lets {how_many} go at once, so the drain waits")
    return Budgets(tuple(blocking), tuple(name for name in map(str, going) if name not in covered))


def selects(selector: Document, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector selects these labels. An empty one selects everything, as in policy/v1."""
    wanted = read.inner(selector, "matchLabels")
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(each, labels) for each in read.objects(selector, "matchExpressions"))


def _holds(expression: Document, labels: Mapping[str, str]) -> bool:
    key, values = read.text(expression, "key"), read.texts(expression, "values")
    match read.text(expression, "operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False
