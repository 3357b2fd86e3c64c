"""Labels that people set: those that permit the operator to use a Secret, and the mark of a single instance."""

from __future__ import annotations

from collections.abc import Mapping

from wahealth.api.credential_source import CredentialSource
from wahealth.api.v1alpha1 import GROUP
from wahealth.core.signin.kinds import Kind

API_KEY = f"{GROUP}/api-key"  # its value names the entry
CREDENTIALS = f"{GROUP}/credentials"  # on a Secret with a token, a login or a client certificate; any value
ALL = (API_KEY, CREDENTIALS)

SINGLE_INSTANCE = f"{GROUP}/single-instance"  # on a workload of which two pods must never run; its value is MARKED
MARKED = "true"


def wanted(source: CredentialSource) -> tuple[str, str]:
    """Label and value that a Secret needs to be used as `source`; an empty value stands for any value."""
    return (API_KEY, source.entries[0]) if source.kind is Kind.API_KEY else (CREDENTIALS, "")


def permit(labels: Mapping[str, str], wanted: tuple[str, str]) -> bool:
    """Whether a Secret with these labels may be used; `wanted` is what the function of that name returns."""
    name, value = wanted
    return name in labels and value in {"", labels[name]}
