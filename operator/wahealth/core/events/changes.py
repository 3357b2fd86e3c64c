"""Changes for the better, or just changes: Normal events, a function each, from what was believed to what is now."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wahealth.core.events.event import Event, normal
from wahealth.core.status import ConditionType, Failover, FailoverKind, Gateway, Status, Truth


class Change(NamedTuple):
    """Before and after; `moves` are the roles that moved with it, `in_time` says whether the one of the status did."""

    old: Status
    new: Status
    moves: tuple[Failover, ...] = ()
    in_time: bool = False

    def became_true(self, type_: ConditionType) -> bool:
        return self.old.truth(type_) is Truth.FALSE and self.new.truth(type_) is Truth.TRUE

    def has_moved(self, kind: FailoverKind) -> bool:
        return any(move.kind is kind for move in self.moves)


def recovered(change: Change) -> Event | None:
    if not change.became_true(ConditionType.REACHABLE):
        return None
    return normal("HealthNodeRecovered", "The health node answers again; nothing to do.")


def key_rotated(change: Change) -> Event | None:
    old, new = change.old.credentials, change.new.credentials
    if new is None or new.last_rotation_time is None or (old and old.last_rotation_time == new.last_rotation_time):
        return None
    return normal("APIKeyRotated", "The Secret holds another API key now; the web pods take it when they restart.")


def mode_detected(change: Change) -> Event | None:
    if change.new.mode is None or change.old.mode is change.new.mode:
        return None
    return normal("ModeDetected", f"The client answers as {change.new.mode}; set spec.mode to have it checked.")


def connected(change: Change) -> Event | None:
    if change.new.gateway is not Gateway.CONNECTED or change.old.gateway is Gateway.CONNECTED:
        return None
    return normal("GatewayConnected", "The client is connected to the WhatsApp servers; nothing to do.")


def primary_changed(change: Change) -> Event | None:
    if not change.has_moved(FailoverKind.PRIMARY_MASTER):
        return None
    return normal("PrimaryMasterChanged", "Another master is the primary now; status.primaryMaster names it.")


def coreapp_changed(change: Change) -> Event | None:
    if not change.has_moved(FailoverKind.ACTIVE_COREAPP):
        return None
    return normal("ActiveCoreappChanged", "Another coreapp carries the connection now; status names it.")


def failover_completed(change: Change) -> Event | None:
    if not change.moves or not change.in_time:
        return None
    return normal("FailoverCompleted", "Another node took over in time; status.lastFailover names it.")


def redundancy_restored(change: Change) -> Event | None:
    if not change.became_true(ConditionType.REDUNDANCY_SATISFIED):
        return None
    return normal("RedundancyRestored", "A spare coreapp and a spare master are there again; nothing to do.")


RULES: tuple[Callable[[Change], Event | None], ...] = (
    recovered,
    key_rotated,
    mode_detected,
    connected,
    primary_changed,
    coreapp_changed,
    failover_completed,
    redundancy_restored,
)


def told_changes(change: Change) -> tuple[Event, ...]:
    return tuple(event for rule in RULES if (event := rule(change)) is not None)


SUSPENDED = normal("Suspended", "Probing is suspended; set spec.suspend to false to resume.")
RESUMED = normal("Resumed", "Probing is resumed; the next verdict follows within a period.")
RESTARTED = normal("WebRestartTriggered", "The web workload is restarted, to take the API key of the Secret.")
FLAPPING_ENDED = normal("FlappingEnded", "The client has settled; each change is told again.")
