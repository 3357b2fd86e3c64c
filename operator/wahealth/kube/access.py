"""Every right the operator uses, as data: the truth of its RBAC rules."""

from __future__ import annotations

from typing import Any, NamedTuple

from wahealth.api.v1alpha1 import GROUP, PLURAL

NAME = "wahealth-operator"


class Right(NamedTuple):
    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    why: str


RIGHTS: tuple[Right, ...] = (
    Right(GROUP, (PLURAL,), ("get", "list", "watch"), "to know whom to watch; get, to read again after a conflict"),
    Right(GROUP, (f"{PLURAL}/status",), ("patch",), "to write the verdict, and nothing else of the resource"),
    Right("apps", ("deployments", "statefulsets"), ("list", "watch"), "to know whether the target is there"),
    Right("", ("pods",), ("list", "watch"), "to know which pods the target has, and where"),
    Right("", ("services",), ("list", "watch"), "to know which pods a Service that is a target selects"),
    Right("", ("secrets", "configmaps"), ("get",), "to read the API key and the CA, each by its name"),
    Right("events.k8s.io", ("events",), ("create", "patch"), "to tell of transitions"),
)


def rules() -> list[dict[str, Any]]:
    return [{"apiGroups": [r.group], "resources": list(r.resources), "verbs": list(r.verbs)} for r in RIGHTS]


def manifests(namespace: str) -> list[dict[str, Any]]:
    """ServiceAccount, ClusterRole and their binding."""
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME}
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME, "namespace": namespace}},
        _rbac("ClusterRole", {"rules": rules()}),
        _rbac("ClusterRoleBinding", {"roleRef": role, "subjects": [subject]}),
    ]


def _rbac(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": NAME}, **content}
