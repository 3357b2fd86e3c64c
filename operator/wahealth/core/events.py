"""What a change of status has to tell: one function an event, in the order in which a person would want to hear them.

Events are told on transitions only. A note is a stable sentence that ends with the next action; what varies from one
occurrence to the next stands in the status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wahealth.core.status import ConditionType, Gateway, Status, Truth


@dataclass(frozen=True, slots=True)
class Event:
    warning: bool
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Change:
    """Before and after. `actives` and `primary` are the last that were complete, not a failover's moment without."""

    old: Status
    new: Status
    actives: tuple[str, ...]
    primary: str | None

    def became(self, type_: ConditionType, truth: Truth) -> bool:
        return self.new.truth(type_) is truth and self.old.truth(type_) is not truth

    def new_reason(self, type_: ConditionType) -> str | None:
        """The reason of a False condition, when it is another than before."""
        new, old = self.new.condition(type_), self.old.condition(type_)
        if new is None or new.status is not Truth.FALSE:
            return None
        return None if old and old.status is Truth.FALSE and old.reason == new.reason else new.reason

    def message(self, type_: ConditionType) -> str:
        found = self.new.condition(type_)
        return found.message if found else ""


Teller = Callable[[Change], Event | None]


def suspended(change: Change) -> Event | None:
    if not change.became(ConditionType.SUSPENDED, Truth.TRUE):
        return None
    return _normal("Suspended", "Probing is suspended; set spec.suspend to false to resume.")


def resumed(change: Change) -> Event | None:
    if change.old.truth(ConditionType.SUSPENDED) is not Truth.TRUE or change.new.truth(ConditionType.SUSPENDED):
        return None
    return _normal("Resumed", "Probing is resumed; the next verdict follows within a period.")


TOLD_OF_ACCEPTED = frozenset(
    {"TargetNotFound", "SecretNotFound", "SecretKeyMissing", "TargetForbidden", "ModeMismatch"}
)


def not_accepted(change: Change) -> Event | None:
    reason = change.new_reason(ConditionType.ACCEPTED)
    return _warning(reason, change.message(ConditionType.ACCEPTED)) if reason in TOLD_OF_ACCEPTED else None


def credentials_invalid(change: Change) -> Event | None:
    reason = change.new_reason(ConditionType.CREDENTIALS_VALID)
    return _warning(reason, change.message(ConditionType.CREDENTIALS_VALID)) if reason else None


_OF_THEIR_OWN = {
    "NoReadyEndpoints": "NoReadyEndpoints",
    "TLSVerificationFailed": "TLSVerificationFailed",
    "InvalidResponse": "InvalidHealthResponse",
}


def unreachable(change: Change) -> Event | None:
    reason = change.new_reason(ConditionType.REACHABLE)
    if reason is None:
        return None
    message = change.message(ConditionType.REACHABLE)
    return _warning(_OF_THEIR_OWN.get(reason, "HealthNodeUnreachable"), message)


def recovered(change: Change) -> Event | None:
    was_false = change.old.truth(ConditionType.REACHABLE) is Truth.FALSE
    if not was_false or not change.became(ConditionType.REACHABLE, Truth.TRUE):
        return None
    return _normal("HealthNodeRecovered", "The health node answers again; nothing to do.")


def mode_detected(change: Change) -> Event | None:
    if change.new.mode is None or change.old.mode is change.new.mode:
        return None
    return _normal("ModeDetected", f"The client answers as {change.new.mode}; set spec.mode to have it checked.")


def several_active(change: Change) -> Event | None:
    if change.new_reason(ConditionType.AVAILABLE) != "MultipleActiveCoreapps":
        return None
    return _warning("MultipleActiveCoreapps", change.message(ConditionType.AVAILABLE))


_GATEWAY_EVENTS = {
    Gateway.PARTIALLY_CONNECTED: "GatewayPartiallyConnected",
    Gateway.DISCONNECTED: "GatewayDisconnected",
    Gateway.UNREGISTERED: "GatewayUnregistered",
    Gateway.CONNECTING: "GatewayConnectingTooLong",
    Gateway.UNINITIALIZED: "GatewayUninitialized",
}


def gateway_changed(change: Change) -> Event | None:
    if change.new.gateway is change.old.gateway:
        return None
    if change.new.gateway is Gateway.CONNECTED:
        return _normal("GatewayConnected", "The client is connected to the WhatsApp servers; nothing to do.")
    reason = _GATEWAY_EVENTS.get(change.new.gateway)
    return _warning(reason, change.message(ConditionType.AVAILABLE)) if reason else None


def redundancy_lost(change: Change) -> Event | None:
    was_true = change.old.truth(ConditionType.REDUNDANCY_SATISFIED) is Truth.TRUE
    if not was_true or not change.became(ConditionType.REDUNDANCY_SATISFIED, Truth.FALSE):
        return None
    return _warning("RedundancyLost", change.message(ConditionType.REDUNDANCY_SATISFIED))


def redundancy_restored(change: Change) -> Event | None:
    was_false = change.old.truth(ConditionType.REDUNDANCY_SATISFIED) is Truth.FALSE
    if not was_false or not change.became(ConditionType.REDUNDANCY_SATISFIED, Truth.TRUE):
        return None
    return _normal("RedundancyRestored", "A spare coreapp and a spare master are there again; nothing to do.")


def primary_changed(change: Change) -> Event | None:
    if not change.new.primary_master or change.primary in {None, change.new.primary_master}:
        return None
    return _normal("PrimaryMasterChanged", "Another master is the primary now; status.primaryMaster names it.")


def active_coreapp_changed(change: Change) -> Event | None:
    moved = change.actives and complete(change.new) and change.actives != change.new.connected_coreapps
    if not moved or len(change.actives) != len(change.new.connected_coreapps):
        return None
    return _normal("ActiveCoreappChanged", "Another coreapp carries the connection now; status names it.")


TELLERS: tuple[Teller, ...] = (
    suspended,
    resumed,
    not_accepted,
    credentials_invalid,
    unreachable,
    recovered,
    mode_detected,
    several_active,
    gateway_changed,
    primary_changed,
    active_coreapp_changed,
    redundancy_lost,
    redundancy_restored,
)


def told(change: Change) -> Iterator[Event]:
    return (event for teller in TELLERS if (event := teller(change)) is not None)


def complete(status: Status) -> bool:
    """Whether as many coreapps are connected as are wanted."""
    return status.connected is not None and len(status.connected_coreapps) >= status.connected.expected


def _normal(reason: str, note: str) -> Event:
    return Event(warning=False, reason=reason, note=note)


def _warning(reason: str, note: str) -> Event:
    return Event(warning=True, reason=reason, note=note)
