"""The kinds of workloads that a target may have: one table for watches, rights, owners and restarts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Document = dict[str, Any]


RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"  # what `kubectl rollout restart` sets


def _annotated(time: str) -> Document:
    return {"template": {"metadata": {"annotations": {RESTARTED_AT: time}}}}


def _restart_at(time: str) -> Document:
    """What `kubectl argo rollouts restart` sets: the controller replaces one pod after the other, also in a canary."""
    return {"restartAt": time}


class Kind(NamedTuple):
    """A kind of workload.

    `is_rolling_out` gets spec and status of an object whose controller has observed its last generation. It ignores
    pods that are not ready, because a restart may be what fixes them.
    """

    api_version: str
    plural: str
    owns_pods: bool  # its pods name it as their owner; False: their owner is an object that it makes of each version
    is_rolling_out: Callable[[Document, Document], bool]
    restart: Callable[[str], Document] | None = (
        _annotated  # time → the part of a spec that restarts; None: none is safe
    )
    optional: bool = False  # watched only where an installation wants it

    @property
    def group(self) -> str:
        return self.api_version.partition("/")[0]

    @property
    def path(self) -> str:
        """The path of the kind in all namespaces."""
        return f"/apis/{self.api_version}/{self.plural}"


def _replicas_differ(spec: Document, status: Document) -> bool:
    updated = status.get("updatedReplicas", 0)
    return bool(updated < spec.get("replicas", 1) or status.get("replicas", 0) > updated)


def partition_of(spec: Document) -> int:
    """A StatefulSet's partition: pods with a smaller ordinal are not updated. 0: all are."""
    return int(spec.get("updateStrategy", {}).get("rollingUpdate", {}).get("partition", 0))


def _revisions_differ(spec: Document, status: Document) -> bool:
    """Whether a StatefulSet is being updated.

    Once all pods are, `updatedReplicas` may be 0. With a partition the revisions keep differing, and the update is
    over when every pod is updated that does not lie below the partition.
    """
    if "updateRevision" in status and status["updateRevision"] == status.get("currentRevision"):
        return False
    if partition := partition_of(spec):
        return bool(status.get("updatedReplicas", 0) < spec.get("replicas", 1) - partition)
    return _replicas_differ(spec, status)


def _scheduled_differ(_: Document, status: Document) -> bool:
    """Whether a DaemonSet is being updated: it counts pods by the nodes that they are scheduled on."""
    return bool(status.get("updatedNumberScheduled", 0) < status.get("desiredNumberScheduled", 0))


def _phase_differs(spec: Document, status: Document) -> bool:
    """Whether a Rollout is being updated. One that is paused in a canary is not: it may stay so forever."""
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
