"""The readiness of a pod from one answer, for an exec probe: without a past, thresholds are kubelet's."""

from __future__ import annotations

from datetime import UTC, datetime

from wahealth.core.answer import Answered
from wahealth.core.facts import Facts
from wahealth.core.instant import Instant
from wahealth.core.readiness.depth import Readiness
from wahealth.core.readiness.node import Identity, PodRole
from wahealth.core.readiness.pod import ReadinessState, RoundResult, advance
from wahealth.core.reconcile import reconcile
from wahealth.core.restore import restore_state
from wahealth.core.status import Status


def ready_once(identity: Identity, facts: Facts) -> Readiness:
    """Every grace is taken as not over. The fault of another component takes no pod away."""
    now = Instant(0.0, datetime.now(UTC))
    done = reconcile(restore_state(Status(), 0, facts.desired.thresholds, now), facts, Status(), now)
    seen = RoundResult(facts, done.known, now.monotonic)
    if identity.role is not PodRole.WEB and not isinstance(seen.outcome, Answered):
        return Readiness("WebSilent")
    return advance(ReadinessState(), identity, seen).readiness
