"""Warnings: what holds now and should not, a function each. One is told when it begins to hold, and again before the
hour after which Kubernetes forgets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wahealth.core.events.event import Event, warning
from wahealth.core.status import Condition, ConditionType, Gateway, Truth
from wahealth.core.verdict.verdict import Oddity, Verdict


class Standing(NamedTuple):
    """What is believed, and what a status has no place for."""

    verdict: Verdict
    redundancy_lost: bool = False  # it was there before
    pods_disagree: bool = False
    failover_stalled: bool = False
    lasting: frozenset[Oddity] = frozenset()  # for as many rounds as a failure takes
    restart_skipped: str = ""

    @property
    def gateway(self) -> Gateway:
        """As far as no grace protects it."""
        return Gateway.UNKNOWN if self.verdict.waiting else self.verdict.status.gateway

    def false(self, type_: ConditionType) -> Condition | None:
        found = self.verdict.status.condition(type_)
        return found if found is not None and found.status is Truth.FALSE else None

    def unavailable(self, reason: str) -> bool:
        found = self.false(ConditionType.AVAILABLE)
        return found is not None and found.reason == reason


FAILOVER_STALLED = "FailoverStalled"
REDUNDANCY_LOST = "RedundancyLost"
_TOLD_OF_ACCEPTED = frozenset(
    {"TargetNotFound", "SecretNotFound", "SecretKeyMissing", "TargetForbidden", "ModeMismatch"}
)


def not_accepted(standing: Standing) -> Event | None:
    found = standing.false(ConditionType.ACCEPTED)
    return warning(found.reason, found.message) if found and found.reason in _TOLD_OF_ACCEPTED else None


def credentials_invalid(standing: Standing) -> Event | None:
    found = standing.false(ConditionType.CREDENTIALS_VALID)
    return warning(found.reason, found.message) if found else None


_UNREACHABLE = {
    "NoReadyEndpoints": ("NoReadyEndpoints", "No web pod is running: look at the pods of the target."),
    "InvalidResponse": (
        "InvalidHealthResponse",
        "The health node answers with something that is no health: look at what serves the target's port.",
    ),
}


def unreachable(standing: Standing) -> Event | None:
    found = standing.false(ConditionType.REACHABLE)
    if found is None:
        return None
    if found.reason == "TLSVerificationFailed":
        return warning(found.reason, found.message)  # with the fingerprint presented, and what to write
    other = ("HealthNodeUnreachable", f"No web pod answers ({found.reason}): look at the web pods.")
    return warning(*_UNREACHABLE.get(found.reason, other))


def several_active(standing: Standing) -> Event | None:
    if not standing.unavailable("MultipleActiveCoreapps"):
        return None
    note = "More than one coreapp is connected, which can get the number banned: stop all but one of them."
    return warning("MultipleActiveCoreapps", note)


def partially_connected(standing: Standing) -> Event | None:
    if standing.gateway is not Gateway.PARTIALLY_CONNECTED:
        return None
    return warning("GatewayPartiallyConnected", "Fewer coreapps are connected than expected: look at the others.")


def disconnected(standing: Standing) -> Event | None:
    if standing.gateway is not Gateway.DISCONNECTED:
        return None
    return warning("GatewayDisconnected", "The client is not connected to the WhatsApp servers: look at the coreapps.")


def unregistered(standing: Standing) -> Event | None:
    if standing.gateway is not Gateway.UNREGISTERED:
        return None
    note = "The client is not registered: register its phone number through the Webapp."
    return warning("GatewayUnregistered", note)


def connecting_too_long(standing: Standing) -> Event | None:
    if not standing.unavailable("Connecting"):
        return None
    note = "The client does not get past connecting to the WhatsApp servers: check its way out."
    return warning("GatewayConnectingTooLong", note)


def uninitialized(standing: Standing) -> Event | None:
    if not standing.unavailable("Uninitialized"):
        return None
    return warning(
        "GatewayUninitialized", "The client does not finish initialising its database: look at the database."
    )


def failover_stalled(standing: Standing) -> Event | None:
    if not standing.failover_stalled:
        return None
    return warning(FAILOVER_STALLED, "Nobody took over from an active node: look at the other coreapps and masters.")


_ODD = {
    Oddity.NO_PRIMARY: "No master holds the lease: look at the masters and at their database.",
    Oddity.SEVERAL_PRIMARIES: "More than one master says that it is the primary: look at the masters.",
    Oddity.UNEXPECTED_CONNECTION: "A master is connected that the mode does not want connected: look at the topology.",
    Oddity.CERTIFICATE_EXPIRING: "The certificate of waweb ends within 14 days: renew it; status.tls says when.",
    Oddity.TOKEN_EXPIRING: "The token ends within 24 hours: renew it; status.credentials says when.",
    Oddity.UNKNOWN_STATUS: "A node reports a status that this version does not know: look for a newer version.",
}


def _odd(oddity: Oddity) -> Callable[[Standing], Event | None]:
    return lambda s: warning(oddity.value, _ODD[oddity]) if oddity in s.verdict.oddities & s.lasting else None


def redundancy_lost(standing: Standing) -> Event | None:
    found = standing.false(ConditionType.REDUNDANCY_SATISFIED)
    if found is None or not standing.redundancy_lost:
        return None
    return warning(REDUNDANCY_LOST, "The next failure may not be survived: add or mend coreapps or masters.")


def pods_disagree(standing: Standing) -> Event | None:
    if not standing.pods_disagree:
        return None
    return warning("WebPodsDisagree", "Web pods report different topologies: compare what each of them answers.")


def restart_required(standing: Standing) -> Event | None:
    if standing.verdict.status.condition(ConditionType.RESTART_REQUIRED) is None:
        return None
    return warning("WebRestartRequired", "Web pods still run another API key: restart the web workload.")


def restart_skipped(standing: Standing) -> Event | None:
    return warning("WebRestartSkipped", standing.restart_skipped) if standing.restart_skipped else None


# In the order in which a person would want to hear them.
RULES: tuple[Callable[[Standing], Event | None], ...] = (
    not_accepted,
    credentials_invalid,
    unreachable,
    several_active,
    partially_connected,
    disconnected,
    unregistered,
    connecting_too_long,
    uninitialized,
    failover_stalled,
    *map(_odd, Oddity),
    redundancy_lost,
    pods_disagree,
    restart_required,
    restart_skipped,
)


def standing_warnings(standing: Standing) -> tuple[Event, ...]:
    return tuple(event for rule in RULES if (event := rule(standing)) is not None)
