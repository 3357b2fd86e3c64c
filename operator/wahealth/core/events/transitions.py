"""Normal events: changes for the better, or just changes, of the confirmed status; one function per event."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wahealth.core.events.event import Event, normal
from wahealth.core.facts import Desired
from wahealth.core.reasons import asking, client, credentials, number, progress
from wahealth.core.status import ConditionStatus, ConditionType, Failover, FailoverKind, Gateway, Mode, Status


class Transition(NamedTuple):
    """The confirmed status before and after a round.

    `failovers`: the roles that moved in it. `in_time`: the failover that the status shows took no longer than allowed.
    `flapped`: the client was flapping before.
    """

    old: Status
    new: Status
    failovers: tuple[Failover, ...] = ()
    in_time: bool = False
    desired: Desired = Desired()
    flapped: bool = False

    def became_true(self, type_: ConditionType) -> bool:
        """Whether the condition changed from False to True."""
        return (
            self.old.condition_status(type_) is ConditionStatus.FALSE
            and self.new.condition_status(type_) is ConditionStatus.TRUE
        )

    @property
    def of_number(self) -> bool:
        """Whether it is a number of the Cloud API by now."""
        return self.new.mode is Mode.CLOUD_API

    def has_moved(self, kind: FailoverKind) -> bool:
        """Whether this role moved."""
        return any(move.kind is kind for move in self.failovers)


def recovered(transition: Transition) -> Event | None:
    if not transition.became_true(ConditionType.REACHABLE):
        return None
    return normal(number.RECOVERED if transition.of_number else asking.RECOVERED)


def key_rotated(transition: Transition) -> Event | None:
    old, new = transition.old.credentials, transition.new.credentials
    if new is None or new.last_rotation_time is None or (old and old.last_rotation_time == new.last_rotation_time):
        return None
    return normal(credentials.KEY_ROTATED)


def mode_detected(transition: Transition) -> Event | None:
    if transition.new.mode in {None, Mode.CLOUD_API} or transition.old.mode is transition.new.mode:
        return None
    row = client.MODE_DETECTED if transition.desired.mode is None else client.MODE_CONFIRMED
    return normal(row, transition.desired.surface, mode=transition.new.mode)


def connected(transition: Transition) -> Event | None:
    if transition.new.gateway is not Gateway.CONNECTED or transition.old.gateway is Gateway.CONNECTED:
        return None
    return normal(number.AVAILABLE if transition.of_number else client.CONNECTED)


def primary_changed(transition: Transition) -> Event | None:
    if not transition.has_moved(FailoverKind.PRIMARY_MASTER):
        return None
    return normal(client.PRIMARY_MASTER_CHANGED)


def coreapp_changed(transition: Transition) -> Event | None:
    if not transition.has_moved(FailoverKind.ACTIVE_COREAPP):
        return None
    return normal(client.ACTIVE_COREAPP_CHANGED)


def failover_completed(transition: Transition) -> Event | None:
    if not transition.failovers or not transition.in_time:
        return None
    return normal(client.FAILOVER_COMPLETED)


def redundancy_restored(transition: Transition) -> Event | None:
    if not transition.became_true(ConditionType.REDUNDANCY_SATISFIED):
        return None
    return normal(client.REDUNDANCY_RESTORED)


RULES: tuple[Callable[[Transition], Event | None], ...] = (
    recovered,
    key_rotated,
    mode_detected,
    connected,
    primary_changed,
    coreapp_changed,
    failover_completed,
    redundancy_restored,
)


def transition_events(transition: Transition) -> tuple[Event, ...]:
    """The Normal events of a round, in the order of the rules."""
    return tuple(event for rule in RULES if (event := rule(transition)) is not None)


SUSPENDED = normal(progress.SUSPENDED)
RESUMED = normal(progress.RESUMED)
RESTARTED = normal(credentials.RESTART_TRIGGERED)


def flapping_ended(desired: Desired) -> Event:
    return normal(client.FLAPPING_ENDED if desired.cloud is None else number.FLAPPING_ENDED)
