"""Of a web pod, which asks itself: a rule a function; the order of the table is its precedence.

A refused key is a word about the key, and a status nobody knows one about this version: neither takes a pod away.
"""

from __future__ import annotations

from collections.abc import Callable

from wahealth.core.readiness.depth import Depth, Readiness
from wahealth.core.reasons.reason import Reason
from wahealth.core.rules import first_match
from wahealth.core.status import ConditionStatus, ConditionType, Gateway, Status

Rule = Callable[[Status], Readiness | None]


def unreachable(status: Status) -> Readiness | None:
    """It refuses connections, is silent, or says what nobody understands; thresholds applied."""
    found = status.condition(ConditionType.REACHABLE)
    return Readiness(found.reason, Depth.REACHABLE) if found and found.status is ConditionStatus.FALSE else None


def uninitialized(status: Status) -> Readiness | None:
    """Documented (page "Health"): it may be upgrading or initialising its database: try again in a few minutes."""
    return Readiness("Uninitialized", Depth.REACHABLE) if status.gateway is Gateway.UNINITIALIZED else None


def unregistered(status: Status) -> Readiness | None:
    """Documented (page "Health"): a person has to register it, through this very pod."""
    return Readiness("Unregistered", Depth.REGISTERED) if status.gateway is Gateway.UNREGISTERED else None


def several_active(status: Status) -> Readiness | None:
    """It serves; that the number may be banned is told by the operator."""
    found = status.condition(ConditionType.AVAILABLE)
    return Readiness(found.reason) if found and found.reason == Reason.MULTIPLE_ACTIVE_COREAPPS else None


def unavailable(status: Status) -> Readiness | None:
    """The graces are over. Without this pod there would be no API, no login and no diagnosis."""
    found = status.condition(ConditionType.AVAILABLE)
    return Readiness(found.reason, Depth.CONNECTED) if found and found.status is ConditionStatus.FALSE else None


def ready(status: Status) -> Readiness:
    found = status.condition(ConditionType.AVAILABLE)
    return Readiness(found.reason if found else "Available")


ANSWERING: tuple[Rule, ...] = (uninitialized, unregistered, several_active, unavailable, ready)
RULES: tuple[Rule, ...] = (unreachable, *ANSWERING)


def of_web(status: Status) -> Readiness:
    """`status` as it is confirmed, or as it is seen while nothing is confirmed yet."""
    return first_match(RULES, status)


def of_single_coreapp(status: Status) -> Readiness:
    """Of the one coreapp of a single instance: what the client says, it says of it. The web pod is another one."""
    return first_match(ANSWERING, status)
