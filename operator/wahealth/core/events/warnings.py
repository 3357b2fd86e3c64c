"""Warnings: what holds now and should not; one function per Warning.

A Warning is posted when it begins to hold, and again before the hour after which Kubernetes drops it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wahealth.core.events.event import Event, warning
from wahealth.core.facts import Desired
from wahealth.core.reasons import asking, client, credentials, number, pods, progress
from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import Row, Surface
from wahealth.core.single_instance import SingleInstance, danger_of
from wahealth.core.status import Condition, ConditionStatus, ConditionType, Gateway, Mode
from wahealth.core.verdict.verdict import Anomaly, Verdict


class WarningInput(NamedTuple):
    """The input of the rules: the confirmed verdict, and what a status has no place for."""

    verdict: Verdict
    redundancy_lost: bool = False  # the client was redundant before
    pods_disagree: bool = False
    failover_stalled: bool = False
    lasting: frozenset[Anomaly] = frozenset()  # anomalies seen for as many rounds in a row as a failure takes
    restart_skipped: str = ""
    single_instances: tuple[SingleInstance, ...] = ()
    desired: Desired = Desired()

    @property
    def surface(self) -> Surface:
        """The surface on which the events are read."""
        return self.desired.surface

    @property
    def gateway(self) -> Gateway:
        """The confirmed gateway; Unknown while a grace runs."""
        return Gateway.UNKNOWN if self.verdict.waiting else self.verdict.status.gateway

    def false(self, type_: ConditionType) -> Condition | None:
        """The condition, if it is False."""
        found = self.verdict.status.condition(type_)
        return found if found is not None and found.status is ConditionStatus.FALSE else None

    def unavailable(self, reason: Reason) -> bool:
        """Whether Available is False for this reason."""
        found = self.false(ConditionType.AVAILABLE)
        return found is not None and found.reason == reason


_WARNED_OF_ACCEPTED = frozenset(
    {
        Reason.TARGET_NOT_FOUND,
        Reason.SECRET_NOT_FOUND,
        Reason.SECRET_KEY_MISSING,
        Reason.CLIENT_CERTIFICATE_INVALID,
        Reason.TARGET_FORBIDDEN,
        Reason.MODE_MISMATCH,
        Reason.NUMBER_NOT_FOUND,
    }
)


def not_accepted(given: WarningInput) -> Event | None:
    found = given.false(ConditionType.ACCEPTED)
    return _as_said(found) if found and found.reason in _WARNED_OF_ACCEPTED else None


def _while_false(type_: ConditionType) -> Callable[[WarningInput], Event | None]:
    """A Warning in the words of the condition, while that is False."""

    def rule(given: WarningInput) -> Event | None:
        found = given.false(type_)
        return _as_said(found) if found else None

    return rule


def _as_said(condition: Condition) -> Event:
    return Event(warning=True, reason=condition.reason, note=condition.message)


# Reasons of the same outage, which may take turns: while one holds, all that were posted count as holding.
NOBODY_ANSWERS = frozenset(
    {
        Reason.HEALTH_NODE_UNREACHABLE,
        Reason.INVALID_HEALTH_RESPONSE,
        Reason.NO_READY_ENDPOINTS,
        Reason.TLS_VERIFICATION_FAILED,
    }
)


def unreachable(given: WarningInput) -> Event | None:
    found = given.false(ConditionType.REACHABLE)
    if found is None:
        return None
    if found.reason == Reason.TLS_VERIFICATION_FAILED:
        return _as_said(found)  # with the fingerprint presented, and what to write
    why = given.verdict.unanswered
    return warning(asking.row_of(why) if why else asking.row_named(found.reason), given.surface)


def throttled(given: WarningInput) -> Event | None:
    endpoints = given.verdict.status.endpoints
    if any(e.key_accepted for e in endpoints) or not any(e.reason == Reason.THROTTLED for e in endpoints):
        return None
    return warning(asking.THROTTLED, given.surface)


def several_active(given: WarningInput) -> Event | None:
    if not given.unavailable(Reason.MULTIPLE_ACTIVE_COREAPPS):
        return None
    row = client.MULTIPLE_ACTIVE_COREAPPS if given.desired.mode else client.SEVERAL_OF_A_GUESSED_MODE
    return warning(row, given.surface)


def partially_connected(given: WarningInput) -> Event | None:
    return warning(client.PARTIALLY_CONNECTED) if given.gateway is Gateway.PARTIALLY_CONNECTED else None


def disconnected(given: WarningInput) -> Event | None:
    return warning(client.DISCONNECTED) if given.gateway is Gateway.DISCONNECTED else None


def unregistered(given: WarningInput) -> Event | None:
    if given.gateway is not Gateway.UNREGISTERED:
        return None
    found = given.false(ConditionType.AVAILABLE)
    since = found is not None and found.message == client.UNREGISTERED_SINCE.says()
    return warning(client.UNREGISTERED_SINCE if since else client.UNREGISTERED)


def connecting_too_long(given: WarningInput) -> Event | None:
    return warning(client.CONNECTING) if given.unavailable(Reason.CONNECTING) else None


def uninitialized(given: WarningInput) -> Event | None:
    return warning(client.UNINITIALIZED) if given.unavailable(Reason.UNINITIALIZED) else None


def failover_stalled(given: WarningInput) -> Event | None:
    return warning(client.FAILOVER_STALLED) if given.failover_stalled else None


_ANOMALIES: dict[Anomaly, Row] = {
    Anomaly.NO_PRIMARY: client.NO_PRIMARY_MASTER,
    Anomaly.SEVERAL_PRIMARIES: client.MULTIPLE_PRIMARY_MASTERS,
    Anomaly.UNEXPECTED_CONNECTION: client.UNEXPECTED_CONNECTED_NODE,
    Anomaly.CERTIFICATE_EXPIRING: client.CERTIFICATE_EXPIRING,
    Anomaly.OWN_EXPIRING: client.CLIENT_CERTIFICATE_EXPIRING,
    Anomaly.TOKEN_EXPIRING_THIS_WEEK: credentials.TOKEN_EXPIRING_THIS_WEEK,
    Anomaly.TOKEN_EXPIRING: credentials.TOKEN_EXPIRING_SOON,
    Anomaly.UNKNOWN_STATUS: client.UNKNOWN_GATEWAY_STATUS,
    Anomaly.UNKNOWN_ROLE: client.UNKNOWN_ROLE,
    Anomaly.DEPRECATED: client.CLIENT_VERSION_DEPRECATED,
}


_OF_NUMBERS: dict[Anomaly, Row] = {
    Anomaly.UNKNOWN_STATUS: number.UNDECIDED,
    Anomaly.TOKEN_EXPIRING_THIS_WEEK: credentials.TOKEN_EXPIRING_THIS_WEEK,
    Anomaly.TOKEN_EXPIRING: credentials.TOKEN_EXPIRING_SOON,
}


def _anomalous(anomaly: Anomaly, row: Row) -> Callable[[WarningInput], Event | None]:
    return lambda s: warning(row, s.surface) if anomaly in s.verdict.anomalies & s.lasting else None


def redundancy_lost(given: WarningInput) -> Event | None:
    found = given.false(ConditionType.REDUNDANCY_SATISFIED)
    if found is None or not given.redundancy_lost:
        return None
    return warning(client.REDUNDANCY_LOST)


def pods_disagree(given: WarningInput) -> Event | None:
    return warning(client.WEB_PODS_DISAGREE) if given.pods_disagree else None


def restart_required(given: WarningInput) -> Event | None:
    if given.verdict.status.condition(ConditionType.RESTART_REQUIRED) is None:
        return None
    return warning(credentials.PREVIOUS_KEY_IN_USE)


def restart_skipped(given: WarningInput) -> Event | None:
    why = given.restart_skipped
    return warning(credentials.RESTART_SKIPPED, why=why.removesuffix(".")) if why else None


TOLD_WHILE_FLAPPING = frozenset({Reason.SECOND_INSTANCE_COMING, Reason.SECOND_INSTANCE_POSSIBLE})
_OF_SEVERAL = frozenset({Mode.HIGH_AVAILABILITY, Mode.MULTICONNECT})  # modes in which several coreapps run


def second_instance(given: WarningInput) -> Event | None:
    """A ban is not waited for: this depends on no answer, so it counts in its first round."""
    found = danger_of(given.single_instances)
    if found is None or given.verdict.status.mode in _OF_SEVERAL:
        return None
    row = client.SECOND_INSTANCE_COMING if found.coming else client.SECOND_INSTANCE_POSSIBLE
    return warning(row, given.surface, kind=found.workload.kind, name=found.workload.name)


_NOT_CLAIMED = {row.reason.value: row for row in (pods.SELECTOR_MISSING, pods.CLAIMED_BY_ANOTHER)}


def pods_not_claimed(given: WarningInput) -> Event | None:
    found = given.false(ConditionType.PODS_CLAIMED)
    return warning(_NOT_CLAIMED[found.reason]) if found and found.reason in _NOT_CLAIMED else None


_REDUCED = {row.reason.value: row for row in (progress.TOO_MANY_PODS, progress.NAMESPACE_BUDGET)}


def probing_reduced(given: WarningInput) -> Event | None:
    found = given.verdict.status.condition(ConditionType.PROBING_REDUCED)
    return warning(_REDUCED[found.reason]) if found is not None and found.reason in _REDUCED else None


# The rules in the order in which a person would want to read them.
RULES: tuple[Callable[[WarningInput], Event | None], ...] = (
    second_instance,
    not_accepted,
    _while_false(ConditionType.CREDENTIALS_VALID),
    unreachable,
    throttled,
    several_active,
    partially_connected,
    disconnected,
    unregistered,
    connecting_too_long,
    uninitialized,
    failover_stalled,
    *(_anomalous(anomaly, _ANOMALIES[anomaly]) for anomaly in Anomaly),
    redundancy_lost,
    pods_disagree,
    restart_required,
    restart_skipped,
    pods_not_claimed,
    probing_reduced,
)


def number_unreachable(given: WarningInput) -> Event | None:
    found = given.false(ConditionType.REACHABLE)
    return warning(_UNREACHED.get(found.reason, number.SILENT)) if found else None


_UNREACHED = {row.reason.value: row for row in (number.FAILED, number.INVALID)}


def number_throttled(given: WarningInput) -> Event | None:
    return warning(number.THROTTLED) if given.verdict.status.condition(ConditionType.THROTTLED) else None


def number_unavailable(given: WarningInput) -> Event | None:
    """A number that is not found is not accepted, and reported as that."""
    found = given.false(ConditionType.AVAILABLE)
    return _as_said(found) if found and found.reason != Reason.NUMBER_NOT_FOUND else None


def number_limited(given: WarningInput) -> Event | None:
    return warning(number.LIMITED, given.surface) if given.gateway is Gateway.PARTIALLY_CONNECTED else None


_RATED = {row.reason.value: row for row in (number.QUALITY_LOW, number.QUALITY_MEDIUM)}


def quality_falling(given: WarningInput) -> Event | None:
    found = given.verdict.status.condition(ConditionType.QUALITY_ACCEPTABLE)
    return warning(_RATED[found.reason]) if found is not None and found.reason in _RATED else None


NUMBER_RULES: tuple[Callable[[WarningInput], Event | None], ...] = (
    not_accepted,
    _while_false(ConditionType.CREDENTIALS_VALID),
    number_unreachable,
    number_throttled,
    number_unavailable,
    number_limited,
    quality_falling,
    _while_false(ConditionType.TEMPLATES_USABLE),
    _while_false(ConditionType.GRAPH_VERSION_SUPPORTED),
    *(_anomalous(anomaly, row) for anomaly, row in _OF_NUMBERS.items()),
    probing_reduced,
)


def active_warnings(given: WarningInput) -> tuple[Event, ...]:
    rules = NUMBER_RULES if given.verdict.status.mode is Mode.CLOUD_API else RULES
    return tuple(event for rule in rules if (event := rule(given)) is not None)
