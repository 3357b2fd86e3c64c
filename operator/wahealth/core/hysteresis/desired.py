"""The desired status: what is confirmed, or, while nothing is, what is seen, and what is waited for."""

from __future__ import annotations

from wahealth.core.facts import Thresholds
from wahealth.core.hysteresis.confirmation import Confirmation
from wahealth.core.hysteresis.kstatus import Progress
from wahealth.core.reasons import progress as says
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import Condition, ConditionStatus, ConditionType, Status
from wahealth.core.verdict.problem import Problem
from wahealth.core.verdict.timers import Timers
from wahealth.core.verdict.verdict import Verdict

_ABSENT_WHILE_SUSPENDED = frozenset(
    {
        ConditionType.READY,
        ConditionType.PROBING_REDUCED,
        ConditionType.SUSPENDED,
        ConditionType.RECONCILING,
        ConditionType.STALLED,
    }
)
# Conditions of a new resource that are Unknown, not False, while nothing is confirmed.
_WAITED_FOR = frozenset(
    {
        ConditionType.CREDENTIALS_VALID,
        ConditionType.REACHABLE,
        ConditionType.AVAILABLE,
        ConditionType.REDUNDANCY_SATISFIED,
        ConditionType.READY,
    }
)


def desired_status(
    confirmation: Confirmation, timers: Timers, candidate: Verdict, thresholds: Thresholds, now: float
) -> Status:
    """The status that the resource should have, without its times. `now`: monotonic seconds."""
    status = _shown(confirmation, candidate)
    found = Progress(confirmation, timers, candidate, thresholds, now).condition(status)
    conditions = status.conditions if found is None else (*status.conditions, found)
    about = confirmation.verdict_generation if confirmation.verdict else None
    return status._replace(conditions=conditions, observed_generation=about)


def _shown(confirmation: Confirmation, candidate: Verdict) -> Status:
    if confirmation.verdict is None:
        return preliminary(candidate)
    confirmed = confirmation.status
    return confirmed if confirmed.condition(ConditionType.READY) else _resumed(confirmed, candidate)


def preliminary(candidate: Verdict) -> Status:
    """The status of a new resource: what is seen, with everything bad about it still Unknown.

    A missing reference is reported as it is.
    """
    if candidate.problem is Problem.REFERENCE:
        return candidate.status
    return candidate.status._replace(conditions=tuple(_pending(c) for c in candidate.status.conditions))


def suspended(confirmed: Status, generation: int) -> Status:
    """The status of a suspended resource: the last verdict stays, and Suspended says that nothing is probed.

    It has no Ready condition, so that no tool waits or fails on it.
    """
    message = says.SUSPENDED.says(gateway=confirmed.gateway)
    told = Condition(ConditionType.SUSPENDED, ConditionStatus.TRUE, says.SUSPENDED.reason.value, message)
    kept = without_ready(confirmed)
    return kept._replace(conditions=(*kept.conditions, told), observed_generation=generation)


def without_ready(confirmed: Status) -> Status:
    """The confirmed status of a client that is no longer probed, so it is not known whether it is ready."""
    return confirmed._replace(
        conditions=tuple(c for c in confirmed.conditions if c.type not in _ABSENT_WHILE_SUSPENDED)
    )


def _pending(condition: Condition) -> Condition:
    untried = condition.reason == Reason.NOT_PROBED_YET.value
    open_ = condition.type in _WAITED_FOR or condition.reason == Reason.NUMBER_NOT_FOUND.value
    if not open_ or condition.status is ConditionStatus.TRUE or untried:
        return condition
    return condition._replace(status=ConditionStatus.UNKNOWN, reason=Reason.GRACE_PERIOD.value)


def _resumed(confirmed: Status, candidate: Verdict) -> Status:
    """The status after a suspension, until something is confirmed about the client again."""
    seen = candidate.status.condition(ConditionType.READY)
    ready = Condition(
        ConditionType.READY, ConditionStatus.UNKNOWN, Reason.GRACE_PERIOD.value, seen.message if seen else ""
    )
    return confirmed._replace(conditions=(*confirmed.conditions, ready))
