"""Ready: the summary of the other conditions."""

from __future__ import annotations

from collections.abc import Mapping

from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionStatus, ConditionType, Finding

_DECIDING = (ConditionType.ACCEPTED, ConditionType.REACHABLE, ConditionType.AVAILABLE)


def ready(found: Mapping[ConditionType, Finding]) -> Finding:
    """The first of Accepted, Reachable and Available that is False; else the first that is Unknown; else True.

    In place of Unknown's reason and message it gives those of CredentialsValid, if that is False.
    """
    for truth in (ConditionStatus.FALSE, ConditionStatus.UNKNOWN):
        for finding in (found[type_] for type_ in _DECIDING):
            if finding.status is truth:
                key = found[ConditionType.CREDENTIALS_VALID]
                told = key if truth is ConditionStatus.UNKNOWN and key.status is ConditionStatus.FALSE else finding
                return Finding(truth, told.reason, told.message)
    return Finding(ConditionStatus.TRUE, Reason.AVAILABLE.value, found[ConditionType.AVAILABLE].message)
