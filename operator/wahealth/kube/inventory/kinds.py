"""The kinds of workloads that a target may be: one table, for watches, rights, owners and restarts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Document = dict[str, Any]


RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"  # what `kubectl rollout restart` sets


def _annotated(time: str) -> Document:
    return {"template": {"metadata": {"annotations": {RESTARTED_AT: time}}}}


def _restart_at(time: str) -> Document:
    """What `kubectl argo rollouts restart` sets: the controller replaces pod after pod, at rest and in a canary."""
    return {"restartAt": time}


class Kind(NamedTuple):
    """`owns_pods`: its pods name it as their owner; else what it makes of each version is their owner.

    `is_rolling_out` is told spec and status of one whose last generation was observed, and looks away from pods that
    are not ready: those may be what a restart is to mend. `restart`: of a spec, what asks for one at a time; None:
    nothing safe does. `optional`: it is watched where an installation wants it.
    """

    api_version: str
    plural: str
    owns_pods: bool
    is_rolling_out: Callable[[Document, Document], bool]
    restart: Callable[[str], Document] | None = _annotated
    optional: bool = False

    @property
    def group(self) -> str:
        return self.api_version.partition("/")[0]

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


def _phase_differs(spec: Document, status: Document) -> bool:
    """A Rollout that is paused in a canary is at rest, for it may be so for ever."""
    restarting = "restartAt" in spec and spec["restartAt"] != status.get("restartedAt")
    return restarting or status.get("phase") == "Progressing"


KINDS = {
    "Deployment": Kind("apps/v1", "deployments", False, _replicas_differ),
    "StatefulSet": Kind("apps/v1", "statefulsets", True, _revisions_differ),
    "DaemonSet": Kind("apps/v1", "daemonsets", True, _scheduled_differ),
    "Rollout": Kind("argoproj.io/v1alpha1", "rollouts", False, _phase_differs, _restart_at, optional=True),
    "DeploymentConfig": Kind(
        "apps.openshift.io/v1", "deploymentconfigs", False, _replicas_differ, restart=None, optional=True
    ),
}
BASIC = frozenset(name for name, kind in KINDS.items() if not kind.optional)
