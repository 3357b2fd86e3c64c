"""Conditions made of other conditions, and how new ones meet the old: a transition time moves only with `status`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from wahealth.core.status import Condition, ConditionType, Endpoint, Finding, Status, Truth

_DECIDING = (ConditionType.ACCEPTED, ConditionType.REACHABLE, ConditionType.AVAILABLE)
_ABSENT_WHILE_SUSPENDED = frozenset({ConditionType.READY, ConditionType.SUSPENDED})


def ready(found: Mapping[ConditionType, Finding]) -> Finding:
    """The first False of Accepted, Reachable, Available; else the first Unknown; a bad key speaks for itself."""
    for truth in (Truth.FALSE, Truth.UNKNOWN):
        for finding in (found[type_] for type_ in _DECIDING):
            if finding.status is truth:
                key = found[ConditionType.CREDENTIALS_VALID]
                told = key if truth is Truth.UNKNOWN and key.status is Truth.FALSE else finding
                return Finding(truth, told.reason, told.message)
    return Finding(Truth.TRUE, "Available", found[ConditionType.AVAILABLE].message)


def restart_required(refusing: Sequence[str]) -> Finding:
    return Finding(
        Truth.TRUE,
        "PreviousKeyInUse",
        f"{', '.join(refusing[:5])} refuse the API key that other web pods accept: restart the web workload.",
    )


def suspended(believed: Status) -> Status:
    """Nothing is asked; the last verdict stays, and says so. No Ready, so that no tool waits or fails on it."""
    kept = tuple(c for c in believed.conditions if c.type not in _ABSENT_WHILE_SUSPENDED)
    message = f"Probing is suspended by spec.suspend; the last gateway was {believed.gateway}."
    return replace(
        believed, conditions=(*kept, Condition(ConditionType.SUSPENDED, Truth.TRUE, "Suspended", message)), endpoints=()
    )


def stamped(draft: Status, old: Status, generation: int, now: datetime) -> Status:
    """The draft with its times: the old ones where nothing moved, else `now`."""
    return replace(
        draft,
        observed_generation=generation,
        conditions=tuple(_condition_stamped(c, old, generation, now) for c in draft.conditions),
        endpoints=tuple(_endpoint_stamped(e, old, now) for e in draft.endpoints),
    )


def _condition_stamped(new: Condition, old: Status, generation: int, now: datetime) -> Condition:
    before = old.condition(new.type)
    same = before is not None and before.status is new.status and before.last_transition_time is not None
    since = before.last_transition_time if before and same else now
    return replace(new, observed_generation=generation, last_transition_time=since)


def _endpoint_stamped(new: Endpoint, old: Status, now: datetime) -> Endpoint:
    before = next((e for e in old.endpoints if e.pod == new.pod and e.address == new.address), None)
    same = before is not None and before.reachable == new.reachable and before.since_time is not None
    return replace(new, since_time=before.since_time if before and same else now)
