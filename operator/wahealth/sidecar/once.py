"""The readiness of a pod from one answer, for an exec probe: without a past, thresholds are kubelet's."""

from __future__ import annotations

from datetime import UTC, datetime

from wahealth.core.answer import Answered
from wahealth.core.facts import Facts
from wahealth.core.moment import Moment
from wahealth.core.readiness.depth import Readiness
from wahealth.core.readiness.node import Identity, PodRole
from wahealth.core.readiness.pod import Kept, Seen, after
from wahealth.core.round import begin, play
from wahealth.core.status import Status


def ready_once(identity: Identity, facts: Facts) -> Readiness:
    """Every grace is taken as not over. The fault of another component takes no pod away."""
    heard = facts.outcomes[0].outcome if facts.outcomes else None
    if identity.role is not PodRole.WEB and not isinstance(heard, Answered):
        return Readiness("WebSilent")
    now = Moment(0.0, datetime.now(UTC))
    done = play(begin(Status(), 0, facts.expected.patience, now), facts, Status(), now)
    verdict = done.history.believed or done.seen
    return after(Kept(), identity, Seen(facts, verdict.status if verdict else Status(), 0.0)).readiness
