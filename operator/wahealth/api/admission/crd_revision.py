"""A ValidatingAdmissionPolicy that refuses an older CustomResourceDefinition in place of a newer one.

`helm rollback` sends the stored manifests of the earlier release, its CRD included. With that CRD the API server hides
the fields that it does not know, and the next write to `/status`, even one that changes nothing, stores the resource
without them. An annotation with a number tells which of two CRDs is the older one.
"""

from __future__ import annotations

from typing import Any

from wahealth.api.admission.objects import policy_with_binding
from wahealth.api.crd import NAME as CRD
from wahealth.api.crd import REVISION_ANNOTATION
from wahealth.api.v1alpha1 import GROUP

NAME = f"crd-revision.{GROUP}"
WAY_BACK = "helm upgrade NAME OLDCHART -f VALUES-OF-THEN --set crds.enabled=false"
MESSAGE = (
    "this CRD is older than the one that is installed, and under it the next status write would remove every field that"
    f" it does not know from the resources: to go back to an older version, keep the newer CRD: {WAY_BACK}"
)


def policy() -> list[dict[str, Any]]:
    """The policy and its binding, as Kubernetes objects. It sees updates of this one CRD, not its deletion."""
    updates = {
        "apiGroups": ["apiextensions.k8s.io"],
        "apiVersions": ["v1"],
        "operations": ["UPDATE"],
        "resources": ["customresourcedefinitions"],
        "resourceNames": [CRD],
    }
    variables = {"revision": _revision("object"), "installedRevision": _revision("oldObject")}
    rule = {
        "expression": "variables.revision >= variables.installedRevision",
        "message": MESSAGE,
        "reason": "Forbidden",
    }
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [updates]},
        "variables": [{"name": name, "expression": cel} for name, cel in variables.items()],
        "validations": [rule],
    }
    return policy_with_binding(NAME, spec, "Deny")


def _revision(object_: str) -> str:
    """In CEL: the number in its annotation; 0 where there is none."""
    annotation = f"{object_}.metadata.?annotations[?'{REVISION_ANNOTATION}'].orValue('')"
    return f"{annotation}.matches('^[0-9]{{1,9}}$') ? int({annotation}) : 0"
