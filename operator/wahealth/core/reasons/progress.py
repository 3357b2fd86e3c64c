"""Of what is done and waited for: Reconciling, Suspended, and the events of the operator itself."""

from __future__ import annotations

from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import Row

AVAILABLE = Row(Reason.AVAILABLE, "{connections} to the WhatsApp servers")
NEW_GENERATION = Row(Reason.NEW_GENERATION, "The edited resource is looked at: {seen}")
WAITING_FOR_REFERENCE = Row(Reason.WAITING_FOR_REFERENCE, "What the resource refers to may still come: {seen}")
WAITING = Row(Reason.GRACE_PERIOD, "It is waited whether this lasts: {seen}")
SUSPENDED = Row(
    Reason.SUSPENDED,
    "Probing is suspended by spec.suspend; the last gateway was {gateway}",
    note="Probing is suspended; set spec.suspend to false to resume",
)
RESUMED = Row(Reason.RESUMED, "Probing is resumed; the next verdict follows within a period")
OBSERVER_ISOLATED = Row(
    Reason.OBSERVER_ISOLATED,
    "Most clients became unreachable at once, so the verdicts are frozen",
    "look at the operator's own network",
)
OBSERVER_RECOVERED = Row(
    Reason.OBSERVER_RECOVERED, "The clients answer again, and verdicts follow them again", "nothing to do"
)
