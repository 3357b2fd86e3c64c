"""A ValidatingAdmissionPolicy that rejects a Secret whose API key cannot be one.

A label names the entry with the key: `wahealth.io/api-key: WA_API_KEY`. The API server sees the entry as base64, so the
expressions compute its length from the encoded text and recognize a final newline by its few possible encodings. No
message contains the value or its length. The operator checks every key again, with the same bounds
(`core.credential_form`).
"""

from __future__ import annotations

from typing import Any

from wahealth.api.admission.objects import policy_with_binding
from wahealth.api.labels import API_KEY as LABEL
from wahealth.api.v1alpha1 import GROUP
from wahealth.core.credential_form import LONGEST, SHORTEST

NAME = f"api-key-secrets.{GROUP}"
_ENTRY = f"object.metadata.labels['{LABEL}']"
_VALUE = "has(object.data) && variables.entry in object.data ? object.data[variables.entry] : ''"
_LENGTH = (
    "variables.value.size() * 3 / 4 - (variables.value.endsWith('==') ? 2 : (variables.value.endsWith('=') ? 1 : 0))"
)
_NEWLINE = "(Cg==|[AQgw]o=|[AEIMQUYcgkosw048]K)$"
_BOUNDS = f"waweb takes {SHORTEST} to {LONGEST} characters"
_RULES: tuple[tuple[str, str], ...] = (
    (
        "variables.value != ''",
        f"label {LABEL} names the entry that holds the API key, and the Secret has no such entry: correct one of them",
    ),
    (f"variables.value == '' || variables.length >= {SHORTEST}", f"the API key is too short: {_BOUNDS}"),
    (f"variables.length <= {LONGEST}", f"the API key is too long: {_BOUNDS}"),
    (
        f"!variables.value.matches('{_NEWLINE}')",
        "the API key ends in a newline: make the Secret with printf or --from-literal, not with echo",
    ),
)


def policy() -> list[dict[str, Any]]:
    """The policy and its binding, as Kubernetes objects. A Secret that the API server cannot evaluate is admitted."""
    secrets = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["secrets"]}
    labelled = {"matchExpressions": [{"key": LABEL, "operator": "Exists"}]}
    variables = {"entry": _ENTRY, "value": _VALUE, "length": _LENGTH}
    spec = {
        "failurePolicy": "Ignore",
        "matchConstraints": {"resourceRules": [secrets], "objectSelector": labelled},
        "variables": [{"name": name, "expression": cel} for name, cel in variables.items()],
        "validations": [{"expression": cel, "message": message} for cel, message in _RULES],
    }
    return policy_with_binding(NAME, spec, "Deny")
