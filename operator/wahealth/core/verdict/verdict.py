"""What one round says, or what is confirmed: a status without times, and what a status has no place for."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.answer import Unreachable
from wahealth.core.status import ConditionStatus, ConditionType, Status
from wahealth.core.strenum import FastStrEnum
from wahealth.core.verdict.problem import Problem


class Anomaly(FastStrEnum):
    """Something that should not be and decides nothing: mostly in the topology, against the mode."""

    NO_PRIMARY = "NoPrimaryMaster"
    SEVERAL_PRIMARIES = "MultiplePrimaryMasters"
    UNEXPECTED_CONNECTION = "UnexpectedConnectedNode"
    UNKNOWN_STATUS = "UnknownGatewayStatus"
    UNKNOWN_ROLE = "UnknownRole"
    DEPRECATED = "ClientVersionDeprecated"
    CERTIFICATE_EXPIRING = "TLSCertificateExpiring"
    OWN_EXPIRING = "ClientCertificateExpiring"
    TOKEN_EXPIRING = "TokenExpiringSoon"  # noqa: S105 - a word


class Verdict(NamedTuple):
    """`waiting`: the problem's grace is not over, so that Available is still as it was."""

    status: Status
    problem: Problem | None = None
    waiting: bool = False
    anomalies: frozenset[Anomaly] = frozenset()
    unanswered: Unreachable | None = None  # why nobody answers
    kept: bool = False  # the client was not seen, and all is as it was

    @property
    def good(self) -> bool:
        """Ready, and not only because something bad is still waited for."""
        return self.problem is None and self.status.condition_status(ConditionType.READY) is ConditionStatus.TRUE

    @property
    def protected(self) -> bool:
        """Available stays True for the length of the problem's grace."""
        return self.waiting and self.status.condition_status(ConditionType.AVAILABLE) is ConditionStatus.TRUE

    def says_the_same(self, other: Verdict) -> bool:
        """Also of what is still waited for."""
        return self.status == other.status and self.anomalies == other.anomalies and self.waiting == other.waiting

    def says_the_same_of_the_client(self, other: Verdict) -> bool:
        """Whatever single pods have come to: those have had thresholds of their own."""
        one, another = (v._replace(status=v.status._replace(endpoints=())) for v in (self, other))
        return one.says_the_same(another)

    def differs_in_endpoints(self, other: Verdict) -> bool:
        """In nothing else: those have had thresholds of their own."""
        return self.status.endpoints != other.status.endpoints and _beside_endpoints(self) == _beside_endpoints(other)


def _beside_endpoints(verdict: Verdict) -> object:
    """Without the endpoints, and without the words of the conditions, which name them."""
    conditions = [(c.type, c.status, c.reason) for c in verdict.status.conditions]
    return verdict.status._replace(endpoints=(), conditions=()), conditions, verdict.anomalies, verdict.waiting
