"""A verdict, of one round or confirmed: a status without times, and what a status has no place for."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.answer import Unreachable
from wahealth.core.status import ConditionStatus, ConditionType, Status
from wahealth.core.strenum import FastStrEnum
from wahealth.core.verdict.problem import Problem


class Anomaly(FastStrEnum):
    """Something that should not be but decides no condition; most contradict the mode. Reported as a Warning."""

    NO_PRIMARY = "NoPrimaryMaster"
    SEVERAL_PRIMARIES = "MultiplePrimaryMasters"
    UNEXPECTED_CONNECTION = "UnexpectedConnectedNode"
    UNKNOWN_STATUS = "UnknownGatewayStatus"
    UNKNOWN_ROLE = "UnknownRole"
    DEPRECATED = "ClientVersionDeprecated"
    CERTIFICATE_EXPIRING = "TLSCertificateExpiring"
    OWN_EXPIRING = "ClientCertificateExpiring"
    TOKEN_EXPIRING_THIS_WEEK = "TokenExpiringThisWeek"  # noqa: S105 - a word
    TOKEN_EXPIRING = "TokenExpiringSoon"  # noqa: S105 - a word


class Verdict(NamedTuple):
    """A verdict. `waiting`: the problem's grace has not ended, so Available is still as it was."""

    status: Status
    problem: Problem | None = None
    waiting: bool = False
    anomalies: frozenset[Anomaly] = frozenset()
    unanswered: Unreachable | None = None  # why no pod answers; None: one does
    kept: bool = False  # the client was not seen because it asks for a pause, and everything stays as it was
    certain: bool = False  # the vendor says so outright, and only a person can cure it: two rounds are enough

    @property
    def good(self) -> bool:
        """Whether Ready is True, and not only because a problem is still within its grace."""
        return self.problem is None and self.status.condition_status(ConditionType.READY) is ConditionStatus.TRUE

    @property
    def protected(self) -> bool:
        """Whether Available stays True only because the problem's grace has not ended."""
        return self.waiting and self.status.condition_status(ConditionType.AVAILABLE) is ConditionStatus.TRUE

    def says_the_same(self, other: Verdict) -> bool:
        """Whether both have the same status and anomalies, and wait alike for a grace."""
        return self.status == other.status and self.anomalies == other.anomalies and self.waiting == other.waiting

    def says_the_same_of_the_client(self, other: Verdict) -> bool:
        """Whether both say the same apart from endpoints, which are debounced already."""
        one, another = (v._replace(status=v.status._replace(endpoints=())) for v in (self, other))
        return one.says_the_same(another)

    def differs_in_endpoints(self, other: Verdict) -> bool:
        """Whether both differ in endpoints and in nothing else; endpoints are debounced already."""
        return self.status.endpoints != other.status.endpoints and _beside_endpoints(self) == _beside_endpoints(other)


def _beside_endpoints(verdict: Verdict) -> object:
    """Everything that is compared besides endpoints, without the messages of conditions, which name them."""
    conditions = [(c.type, c.status, c.reason) for c in verdict.status.conditions]
    return verdict.status._replace(endpoints=(), conditions=()), conditions, verdict.anomalies, verdict.waiting
