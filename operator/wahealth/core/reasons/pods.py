"""Reasons about writing onto pods: PodsClaimed."""

from __future__ import annotations

from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import Row

SELECTOR_MISSING = Row(
    Reason.SELECTOR_MISSING,
    "spec.pods.selector names no label of the client's own pods, so nothing is written on any pod",
    "add at least one, and none that the operator writes",
)
CLAIMED_BY_ANOTHER = Row(
    Reason.CLAIMED_BY_ANOTHER,
    "Nothing is written on {pods} for this resource, because an older WhatsAppClient claims the same ({names})",
    "narrow spec.pods.selector of one of them, or delete one",
    note="An older WhatsAppClient claims the same pods, so nothing is written on them",
)
