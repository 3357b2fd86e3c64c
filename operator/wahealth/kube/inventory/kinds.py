"""The kinds of workloads that a target may be: one table, for watches, rights, owners and restarts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Document = dict[str, Any]


class Kind(NamedTuple):
    """`owns_pods`: its pods name it as their owner; else a ReplicaSet of it is their owner. `is_rolling_out` is told
    spec and status of one whose last generation was observed, and looks away from pods that are not ready: those may
    be what a restart is to mend."""

    api_version: str
    plural: str
    owns_pods: bool
    is_rolling_out: Callable[[Document, Document], bool]

    @property
    def path(self) -> str:
        """Of all of them, in all namespaces."""
        return f"/apis/{self.api_version}/{self.plural}"


def _replicas_differ(spec: Document, status: Document) -> bool:
    updated = status.get("updatedReplicas", 0)
    return bool(updated < spec.get("replicas", 1) or status.get("replicas", 0) > updated)


def partition_of(spec: Document) -> int:
    """Of a StatefulSet: pods with a smaller ordinal stay what they are."""
    return int(spec.get("updateStrategy", {}).get("rollingUpdate", {}).get("partition", 0))


def _revisions_differ(spec: Document, status: Document) -> bool:
    """Once all are updated, a StatefulSet's count of them may stand at 0; with a partition the revisions differ for as
    long as that stands, and as many are updated as are not below it."""
    if "updateRevision" in status and status["updateRevision"] == status.get("currentRevision"):
        return False
    if partition := partition_of(spec):
        return bool(status.get("updatedReplicas", 0) < spec.get("replicas", 1) - partition)
    return _replicas_differ(spec, status)


def _scheduled_differ(_: Document, status: Document) -> bool:
    """As many as there are nodes for it; it has no other count."""
    return bool(status.get("updatedNumberScheduled", 0) < status.get("desiredNumberScheduled", 0))


KINDS = {
    "Deployment": Kind("apps/v1", "deployments", False, _replicas_differ),
    "StatefulSet": Kind("apps/v1", "statefulsets", True, _revisions_differ),
    "DaemonSet": Kind("apps/v1", "daemonsets", True, _scheduled_differ),
}
