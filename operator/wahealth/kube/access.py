"""Every right the operator uses, as data: the source of its RBAC rules and of the table in the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from wahealth.api.v1alpha1 import GROUP, PLURAL
from wahealth.core.strenum import FastStrEnum
from wahealth.kube.inventory.kinds import BASIC, KINDS

NAME = "wahealth-operator"
_WORKLOADS = tuple(KINDS[name].plural for name in KINDS if name in BASIC)
_ROLLOUT, _DEPLOYMENT_CONFIG = KINDS["Rollout"], KINDS["DeploymentConfig"]


class Option(FastStrEnum):
    """Rights that only some installations need, by their name in the chart's values and in the manifests."""

    RESTART = "restart-on-change"
    WATCH_SECRETS = "watch-secrets"
    MARK_PODS = "mark-pods"
    WATCH_WORKLOADS = "watch-workloads"
    RESTART_ROLLOUTS = "restart-rollouts"


class Right(NamedTuple):
    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    why: str
    option: Option | None = None
    own: bool = False  # in the operator's own namespace only


RIGHTS: tuple[Right, ...] = (
    Right(GROUP, (PLURAL,), ("get", "list", "watch"), "to know which to probe; get, to read again after a conflict"),
    Right(GROUP, (f"{PLURAL}/status",), ("patch",), "to write the verdict, and nothing else of the resource"),
    Right("apps", _WORKLOADS, ("list", "watch"), "to know whether the target exists"),
    Right("", ("pods",), ("list", "watch"), "to know which pods the target has, and where"),
    Right("", ("services",), ("list", "watch"), "to know which pods a Service that is a target selects"),
    Right("", ("secrets", "configmaps"), ("get",), "to read the API key, the CA, the client certificate, each by name"),
    Right("", ("events",), ("create", "patch"), "to post events about transitions"),
    Right("events.k8s.io", ("events",), ("create", "patch"), "the same, for a replica of an earlier version"),
    Right("coordination.k8s.io", ("leases",), ("get", "create", "update"), "to lead, or to see who leads", own=True),
    Right("apps", _WORKLOADS, ("patch",), "to restart a web workload after a change", Option.RESTART),
    Right("", ("secrets",), ("list", "watch"), "to notice a change of a labelled Secret at once", Option.WATCH_SECRETS),
    Right("", ("pods", "pods/status"), ("patch",), "to write role labels and the gate on pods", Option.MARK_PODS),
    *(
        Right(kind.group, (kind.plural,), ("list", "watch"), "the same for this kind", Option.WATCH_WORKLOADS)
        for kind in (_ROLLOUT, _DEPLOYMENT_CONFIG)
    ),
    Right(_ROLLOUT.group, (_ROLLOUT.plural,), ("patch",), "to restart an Argo Rollout", Option.RESTART_ROLLOUTS),
)


USERS: tuple[Right, ...] = (
    Right(GROUP, (PLURAL,), ("get",), "`status`, `history`, `explain`, `report`"),
    Right(GROUP, (PLURAL,), ("list",), "`top`, `drain`; to know for `check-key` what a Secret is used for; completion"),
    Right(GROUP, (PLURAL,), ("watch",), "`top` as a live view; `board`, which lists as well"),
    Right("", ("events",), ("list",), "the last events"),
    Right("", ("pods",), ("get", "list"), "the state of pods that are not well; `explain`; in all namespaces: `drain`"),
    Right("apps", _WORKLOADS, ("get",), "`explain`: whether the target is there"),
    Right("", ("services",), ("get",), "`explain`: the same for a Service"),
    Right("", ("secrets",), ("get",), "`explain`, which reads metadata alone; `check-key`, which reads the value"),
    Right("policy", ("poddisruptionbudgets",), ("list",), "`drain`: what a drain waits for"),
    Right("", ("nodes",), ("get",), "`drain`: whether a node without clients exists"),
    Right("coordination.k8s.io", ("leases",), ("list",), "whether an operator still looks", own=True),
    Right("", ("events",), ("list",), "`board`: whether verdicts are frozen", own=True),
)  # of whoever runs `kubectl wa`: each makes a part of a screen better, and only the first is needed


def rules(option: Option | None = None, own: bool = False) -> list[dict[str, Any]]:
    """RBAC rules, as in a ClusterRole: of one option, or of every installation (None). `own`: those of the operator's
    own namespace."""
    rights = [right for right in RIGHTS if right.option is option and right.own is own]
    return [{"apiGroups": [r.group], "resources": list(r.resources), "verbs": list(r.verbs)} for r in rights]


def manifests(namespace: str, watched: Sequence[str] = ()) -> list[dict[str, Any]]:
    """ServiceAccount; Role and its binding in the operator's own namespace; ClusterRole and its binding, or a Role and
    its binding in each of the namespaces that are `watched`."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME, "namespace": namespace}}
    own = _bound(f"{NAME}-own", namespace, rules(own=True), "Role", namespace)
    return [account, *own, *_everywhere(NAME, namespace, rules(), watched)]


def optional(namespace: str, option: Option, watched: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What an option needs in addition: a ClusterRole and its binding, or Roles in the namespaces `watched`."""
    return _everywhere(f"{NAME}-{option}", namespace, rules(option), watched)


def _everywhere(role: str, account: str, granted: list[dict[str, Any]], watched: Sequence[str]) -> list[dict[str, Any]]:
    if not watched:
        return _bound(role, account, granted)
    return [document for each in watched for document in _bound(role, account, granted, "Role", each)]


def _bound(
    role: str, account: str, granted: list[dict[str, Any]], kind: str = "ClusterRole", namespace: str | None = None
) -> list[dict[str, Any]]:
    """To the ServiceAccount in namespace `account`; `namespace`: where the rights hold, None for everywhere."""
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role}
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": account}
    metadata = {"name": role} | ({"namespace": namespace} if namespace else {})
    return [
        _rbac(kind, metadata, {"rules": granted}),
        _rbac(f"{kind}Binding", metadata, {"roleRef": reference, "subjects": [subject]}),
    ]


def _rbac(kind: str, metadata: dict[str, str], content: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, **content}
