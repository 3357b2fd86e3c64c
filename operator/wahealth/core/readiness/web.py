"""Readiness of a web pod, which probes itself: one function per rule; the order of the table is its precedence.

A rejected key is a verdict on the key, and an unknown status only shows that this version is old: neither makes a pod
unready.
"""

from __future__ import annotations

from collections.abc import Callable

from wahealth.core.readiness.depth import Depth, Readiness
from wahealth.core.reasons.reason import Reason
from wahealth.core.rules import first_match
from wahealth.core.status import ConditionStatus, ConditionType, Gateway, Status

Rule = Callable[[Status], Readiness | None]


def unreachable(status: Status) -> Readiness | None:
    """The pod refuses connections, is silent, or gives an unusable answer, for as long as the thresholds say."""
    found = status.condition(ConditionType.REACHABLE)
    return Readiness(found.reason, Depth.REACHABLE) if found and found.status is ConditionStatus.FALSE else None


def uninitialized(status: Status) -> Readiness | None:
    """The client is uninitialized.

    Documented (page "Health"): it may be upgrading or initialising its database: try again in a few minutes.
    """
    return Readiness("Uninitialized", Depth.REACHABLE) if status.gateway is Gateway.UNINITIALIZED else None


def unregistered(status: Status) -> Readiness | None:
    """The client is not registered. Documented (page "Health"): a person has to register it, through this very pod."""
    return Readiness("Unregistered", Depth.REGISTERED) if status.gateway is Gateway.UNREGISTERED else None


def several_active(status: Status) -> Readiness | None:
    """More than one coreapp is connected, but the pod serves; the operator reports that the number may be banned."""
    found = status.condition(ConditionType.AVAILABLE)
    return Readiness(found.reason) if found and found.reason == Reason.MULTIPLE_ACTIVE_COREAPPS else None


def unavailable(status: Status) -> Readiness | None:
    """The client is unavailable and all graces have ended.

    Only the deepest depth takes the pod away: without it there would be no API, no login and no diagnosis.
    """
    found = status.condition(ConditionType.AVAILABLE)
    return Readiness(found.reason, Depth.CONNECTED) if found and found.status is ConditionStatus.FALSE else None


def ready(status: Status) -> Readiness:
    found = status.condition(ConditionType.AVAILABLE)
    return Readiness(found.reason if found else "Available")


ANSWERING: tuple[Rule, ...] = (uninitialized, unregistered, several_active, unavailable, ready)
RULES: tuple[Rule, ...] = (unreachable, *ANSWERING)


def of_web(status: Status) -> Readiness:
    """The readiness of a web pod. `status`: as confirmed, or as it is seen while nothing is confirmed yet."""
    return first_match(RULES, status)


def of_single_coreapp(status: Status) -> Readiness:
    """The readiness of the one coreapp of a single instance: what the client says is about it.

    Whether the web pod is reachable says nothing about it, because that is another pod.
    """
    return first_match(ANSWERING, status)
