"""Which runbook is about a verdict: those of the alerts, by the reason, else by the condition that is not as it should
be."""

from __future__ import annotations

from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionType
from wahealth.wa.client import Client
from wahealth.wa.freshness import NOBODY_LOOKS
from wahealth.wa.verdict import Verdict, Word

FOLDER = "manifests/monitoring/runbooks"

_BY_REASON: dict[str, str] = {
    NOBODY_LOOKS: "OperatorAbsent",
    Reason.WAITING_FOR_OPERATOR: "OperatorAbsent",
    Reason.PARTIALLY_CONNECTED: "PartiallyConnected",
    Reason.MULTIPLE_ACTIVE_COREAPPS: "MultipleActiveCoreapps",
    Reason.UNINITIALIZED: "UninitializedTooLong",
    Reason.UNREGISTERED: "Unregistered",
    Reason.PAYMENT_METHOD: "PaymentProblem",
    Reason.TOKEN_EXPIRED: "TokenInvalid",
    Reason.TOKEN_REJECTED: "TokenInvalid",
    Reason.PERMISSION_MISSING: "TokenInvalid",
    Reason.PREVIOUS_KEY_IN_USE: "RestartRequired",
    Reason.TOO_MANY_REQUESTS: "Throttled",
    Reason.THROTTLED: "Throttled",
    **dict.fromkeys((Reason.ACCOUNT_BANNED, Reason.ACCOUNT_LOCKED), "AccountBannedOrLocked"),
    **dict.fromkeys((Reason.NUMBER_DELETED, Reason.NUMBER_MIGRATED), "NumberGone"),
    **dict.fromkeys((Reason.TOO_MANY_PODS, Reason.NAMESPACE_BUDGET), "ProbingReduced"),
}
_BY_CONDITION = {
    ConditionType.ACCEPTED: "NotAccepted",
    ConditionType.CREDENTIALS_VALID: "CredentialsInvalid",
    ConditionType.REDUNDANCY_SATISFIED: "NoRedundancy",
    ConditionType.QUALITY_ACCEPTABLE: "QualityLow",
    ConditionType.GRAPH_VERSION_SUPPORTED: "GraphVersionEnding",
    ConditionType.TEMPLATES_USABLE: "TemplatesUnusable",
    ConditionType.PODS_CLAIMED: "PodsNotClaimed",
}
ALL = frozenset({*_BY_REASON.values(), *_BY_CONDITION.values(), "WhatsAppClientDown", "WhatsAppClientNotSeen"})


def runbook(client: Client, told: Verdict) -> str:
    """The name of the runbook; empty where nothing is to be done."""
    if told.word in {Word.UP, Word.SUSPENDED}:
        return ""
    if found := _BY_REASON.get(told.reason):
        return found
    if told.word is not Word.DOWN or client.holds("Reachable", "False"):
        for kind, name in _BY_CONDITION.items():
            if client.holds(kind, "False"):
                return name
    return "WhatsAppClientDown" if client.holds("Available", "False") else "WhatsAppClientNotSeen"
