"""Reasons about what the operator does and waits for: Reconciling, Suspended, and the operator's own events."""

from __future__ import annotations

from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import Row

AVAILABLE = Row(Reason.AVAILABLE, "{connections} to the WhatsApp servers")
NEW_GENERATION = Row(Reason.NEW_GENERATION, "Evaluating the new spec: {seen}")
WAITING_FOR_REFERENCE = Row(Reason.WAITING_FOR_REFERENCE, "Waiting for a referenced object: {seen}")
WAITING = Row(Reason.GRACE_PERIOD, "Waiting to see whether this persists: {seen}")
SUSPENDED = Row(
    Reason.SUSPENDED,
    "Probing is suspended by spec.suspend; the last gateway was {gateway}",
    note="Probing is suspended; set spec.suspend to false to resume",
)
RESUMED = Row(Reason.RESUMED, "Probing is resumed; the next verdict follows within a period")
TOO_MANY_PODS = Row(
    Reason.TOO_MANY_PODS,
    "The target has more than {most} web pods, so they are probed in turns, {most} in each round",
    "let spec.target select the web pods of one client only",
    Reason.PROBING_REDUCED,
    "The target has more web pods than one round probes, so they are probed in turns",
)
NAMESPACE_BUDGET = Row(
    Reason.NAMESPACE_BUDGET,
    "The resources of this namespace cost more than a tenth of a core, so their rounds wait for those of others",
    "set a longer spec.probe.periodSeconds, or find out which web pods send large answers",
    Reason.PROBING_REDUCED,
    "Rounds of this namespace's resources come late, because they cost more than a tenth of a core",
)
OBSERVER_ISOLATED = Row(
    Reason.OBSERVER_ISOLATED,
    "Most {what} became unreachable at once, so their verdicts are frozen for ten minutes at most, or five periods "
    "where that is more",
    "look at the operator's own network",
)
OBSERVER_RECOVERED = Row(Reason.OBSERVER_RECOVERED, "Verdicts on {what} are updated again", "nothing to do")
