"""The problem that a written status reports, and since when: a process that starts continues from there.

A status holds conditions and no problem; the first row that fits names it:

    condition         status          reason                                 problem
    ----------------  --------------  -------------------------------------  ------------------------------------
    Accepted          False           ModeMismatch                           none
    Accepted          False           NumberNotFound                         no such number
    Accepted          False           any                                    something referred to does not exist
    CredentialsValid  any             APIKeyInvalidCharacters                the key does not have the right form
                                      APIKeyTooLong
                                      APIKeyTooShort
    Reachable         False           any                                    nobody answers
    CredentialsValid  any             AccessForbidden                        the question is forbidden
                                      PermissionMissing
                                      ProxySignIn
    CredentialsValid  any             APIKeyRejected                         the key is refused
                                      LoginFailed
                                      LoginLimited
                                      PasswordChangeRequired
                                      TokenExpired
                                      TokenRejected
    Available         False, Unknown  Throttled                              it asks to be probed less often
    Available         False, Unknown  MultipleActiveCoreapps                 more than one coreapp is connected
    Available         False, Unknown  AccountBanned                          the vendor lets no message out
                                      AccountLocked
                                      EntityBlocked
                                      NumberDeleted
                                      NumberMigrated
                                      PaymentMethod
    Available         False, Unknown  any other, gateway Connecting          connecting
    Available         False, Unknown  any other, gateway Uninitialized       uninitialized
    Available         False, Unknown  any other, gateway Unregistered        unregistered
    Available         False, Unknown  any other, gateway Disconnected        disconnected
    Available         False, Unknown  any other, gateway PartiallyConnected  too few coreapps are connected

The problem's grace has ended if the status says so already: Available (or, for a reference and a rejected credential,
Stalled) shows the problem itself. Otherwise it runs on from the last transition that may have been its first round, so
that a restart neither hides an outage nor makes a short failure into one.
"""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from wahealth.core.instant import LONG_AGO, Instant
from wahealth.core.reasons.credentials import FORBIDDING, REFUSALS
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import Condition, ConditionStatus, ConditionType, Gateway, Status
from wahealth.core.verdict.problem import OF_GATEWAY as DOWN
from wahealth.core.verdict.problem import Problem
from wahealth.core.verdict.timers import Timers

OF_GATEWAY = DOWN | {Gateway.PARTIALLY_CONNECTED: Problem.TOO_FEW}
_KEY_FORM = frozenset({Reason.KEY_TOO_SHORT, Reason.KEY_TOO_LONG, Reason.KEY_INVALID_CHARACTERS})
_BLOCKED = frozenset(
    {
        Reason.ACCOUNT_BANNED,
        Reason.ACCOUNT_LOCKED,
        Reason.NUMBER_DELETED,
        Reason.NUMBER_MIGRATED,
        Reason.PAYMENT_METHOD,
        Reason.ENTITY_BLOCKED,
    }
)
_FALSE = frozenset({ConditionStatus.FALSE})
_NOT_TRUE = frozenset({ConditionStatus.FALSE, ConditionStatus.UNKNOWN})
_ANY = frozenset(ConditionStatus)


class Sign(NamedTuple):
    """A condition that reports a problem. `reasons` None: any reason. `problem` None: it has no grace."""

    type: ConditionType
    statuses: Set[ConditionStatus]
    reasons: Set[str] | None
    problem: Problem | None

    def holds(self, written: Status) -> bool:
        """Whether the written status has this condition, with one of the statuses and reasons."""
        found = written.condition(self.type)
        if found is None or found.status not in self.statuses:
            return False
        return self.reasons is None or found.reason in self.reasons


SIGNS = (
    Sign(ConditionType.ACCEPTED, _FALSE, {Reason.MODE_MISMATCH}, None),
    Sign(ConditionType.ACCEPTED, _FALSE, {Reason.NUMBER_NOT_FOUND}, Problem.NOT_FOUND),
    Sign(ConditionType.ACCEPTED, _FALSE, None, Problem.REFERENCE),
    Sign(ConditionType.CREDENTIALS_VALID, _ANY, _KEY_FORM, Problem.KEY_FORM),
    Sign(ConditionType.REACHABLE, _FALSE, None, Problem.UNREACHABLE),
    Sign(ConditionType.CREDENTIALS_VALID, _ANY, FORBIDDING, Problem.FORBIDDEN),
    Sign(ConditionType.CREDENTIALS_VALID, _ANY, REFUSALS - FORBIDDING, Problem.REFUSED),
    Sign(ConditionType.AVAILABLE, _NOT_TRUE, {Reason.THROTTLED}, Problem.THROTTLED),
    Sign(ConditionType.AVAILABLE, _NOT_TRUE, {Reason.MULTIPLE_ACTIVE_COREAPPS}, Problem.TOO_MANY),
    Sign(ConditionType.AVAILABLE, _NOT_TRUE, _BLOCKED, Problem.BLOCKED),
)
_SHOWN_BY = {
    Problem.REFERENCE: ConditionType.ACCEPTED,
    Problem.REFUSED: ConditionType.CREDENTIALS_VALID,
    Problem.FORBIDDEN: ConditionType.CREDENTIALS_VALID,
}
_SEEN_BY = (
    ConditionType.AVAILABLE,
    ConditionType.ACCEPTED,
    ConditionType.CREDENTIALS_VALID,
    ConditionType.REACHABLE,
)


def written_problem(written: Status) -> Problem | None:
    """The problem of a status that shows a verdict; None if nothing is wrong."""
    sign = next((sign for sign in SIGNS if sign.holds(written)), None)
    if sign is not None:
        return sign.problem
    available = written.condition(ConditionType.AVAILABLE)
    if available is None or available.status is ConditionStatus.TRUE:
        return None
    return OF_GATEWAY.get(written.gateway)


def written_timers(written: Status, problem: Problem | None, now: Instant) -> Timers:
    """The timer of the written problem, as if this process had run all along."""
    return () if problem is None else ((problem, _since(written, problem, now)),)


def _since(written: Status, problem: Problem, now: Instant) -> float:
    shown = written.condition(_SHOWN_BY.get(problem, ConditionType.AVAILABLE))
    if shown is None:
        return now.monotonic
    return LONG_AGO if _is_over(written, problem, shown) else _first_round(written, problem, shown, now)


def _is_over(written: Status, problem: Problem, shown: Condition) -> bool:
    if problem in _SHOWN_BY:
        return written.condition(ConditionType.STALLED) is not None
    return shown.status is not ConditionStatus.UNKNOWN


def _first_round(written: Status, problem: Problem, shown: Condition, now: Instant) -> float:
    if problem in _SHOWN_BY:
        return now.since(shown.last_transition_time)
    seen = (written.condition(type_) for type_ in _SEEN_BY)
    return max(now.since(condition.last_transition_time) for condition in seen if condition is not None)
