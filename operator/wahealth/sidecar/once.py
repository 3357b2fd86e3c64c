"""The readiness of a pod from a single answer, for an exec probe: kubelet applies its own thresholds."""

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
    """The readiness of the pod after one round. No grace counts as ended, and a silent web pod makes no other pod
    unready."""
    now = Instant(0.0, datetime.now(UTC))
    done = reconcile(restore_state(Status(), 0, facts.desired.thresholds, now), facts, Status(), now)
    seen = RoundResult(facts, done.known, now.monotonic)
    if identity.role is not PodRole.WEB and not isinstance(seen.outcome, Answered):
        return Readiness("WebSilent")
    return advance(ReadinessState(), identity, seen).readiness
