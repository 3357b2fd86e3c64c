"""A ValidatingAdmissionPolicy with its binding, as Kubernetes objects."""

from __future__ import annotations

from typing import Any

_API_VERSION = "admissionregistration.k8s.io/v1"


def policy_with_binding(name: str, spec: dict[str, Any], action: str) -> list[dict[str, Any]]:
    """The policy, and a binding of the same name that makes it hold in the whole cluster.

    `action`: `Deny` refuses what breaks a rule; `Warn` lets it pass, and whoever sends it reads the message.
    """
    binding = {"policyName": name, "validationActions": [action]}
    return [
        _object("ValidatingAdmissionPolicy", name, spec),
        _object("ValidatingAdmissionPolicyBinding", name, binding),
    ]


def _object(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": _API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
