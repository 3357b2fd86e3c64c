"""Every right the operator uses, as data: the truth of its RBAC rules."""

from __future__ import annotations

from typing import Any, NamedTuple

from wahealth.api.v1alpha1 import GROUP, PLURAL
from wahealth.core.word import Word

NAME = "wahealth-operator"


class Option(Word):
    """What is given only to an installation that wants it; as the chart's values and the manifests call it."""

    RESTART = "restart-on-change"
    WATCH_SECRETS = "watch-secrets"
    MARK_PODS = "mark-pods"


class Right(NamedTuple):
    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    why: str
    option: Option | None = None


RIGHTS: tuple[Right, ...] = (
    Right(GROUP, (PLURAL,), ("get", "list", "watch"), "to know whom to watch; get, to read again after a conflict"),
    Right(GROUP, (f"{PLURAL}/status",), ("patch",), "to write the verdict, and nothing else of the resource"),
    Right("apps", ("deployments", "statefulsets"), ("list", "watch"), "to know whether the target is there"),
    Right("", ("pods",), ("list", "watch"), "to know which pods the target has, and where"),
    Right("", ("services",), ("list", "watch"), "to know which pods a Service that is a target selects"),
    Right("", ("secrets", "configmaps"), ("get",), "to read the API key and the CA, each by its name"),
    Right("events.k8s.io", ("events",), ("create", "patch"), "to tell of transitions"),
    Right(
        "apps", ("deployments", "statefulsets"), ("patch",), "to restart a web workload after a change", Option.RESTART
    ),
    Right("", ("secrets",), ("list", "watch"), "to notice a change of a labelled Secret at once", Option.WATCH_SECRETS),
    Right("", ("pods", "pods/status"), ("patch",), "to write roles and the gate onto pods", Option.MARK_PODS),
)


def rules(option: Option | None = None) -> list[dict[str, Any]]:
    rights = [right for right in RIGHTS if right.option is option]
    return [{"apiGroups": [r.group], "resources": list(r.resources), "verbs": list(r.verbs)} for r in rights]


def manifests(namespace: str) -> list[dict[str, Any]]:
    """ServiceAccount, ClusterRole and their binding."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME, "namespace": namespace}}
    return [account, *_bound(NAME, namespace, rules())]


def optional(namespace: str, option: Option) -> list[dict[str, Any]]:
    """What an option needs beside: a ClusterRole of its own and its binding."""
    return _bound(f"{NAME}-{option}", namespace, rules(option))


def _bound(role: str, namespace: str, granted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": namespace}
    return [
        _rbac("ClusterRole", role, {"rules": granted}),
        _rbac("ClusterRoleBinding", role, {"roleRef": reference, "subjects": [subject]}),
    ]


def _rbac(kind: str, name: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name}, **content}
