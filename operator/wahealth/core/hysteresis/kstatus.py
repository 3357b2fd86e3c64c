"""Reconciling and Stalled, as GitOps tools read them (kstatus): something is waited for, or only a person can help.

A status never has both, never one of them with Ready=True, and never one while it is suspended.
"""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.facts import Thresholds
from wahealth.core.hysteresis.confirmation import Confirmation
from wahealth.core.hysteresis.debounce import ONLY_AN_EDIT_HELPS
from wahealth.core.instant import AsOf
from wahealth.core.reasons import progress as says
from wahealth.core.reasons.credentials import MAY_PASS
from wahealth.core.reasons.reason import Reason
from wahealth.core.reasons.row import Row
from wahealth.core.status import Condition, ConditionStatus, ConditionType, Status
from wahealth.core.verdict.problem import Problem
from wahealth.core.verdict.timers import Timers, expired
from wahealth.core.verdict.verdict import Verdict


class Progress(NamedTuple):
    """The progress of a resource from one verdict to the next. `now`: monotonic seconds."""

    confirmation: Confirmation
    timers: Timers
    candidate: Verdict
    thresholds: Thresholds
    now: float

    def condition(self, desired: Status) -> Condition | None:
        """Reconciling or Stalled, if one of them holds next to the conditions of `desired`; else None."""
        if desired.condition_status(ConditionType.READY) is ConditionStatus.TRUE:
            return None
        confirmed = self.confirmation.verdict
        if confirmed is not None and self.confirmation.settled and _same_cause(confirmed, self.candidate):
            cause = self._stalled_by(confirmed)
            if cause is not None:
                return Condition(ConditionType.STALLED, ConditionStatus.TRUE, cause.reason, cause.message)
        return _reconciling(self.confirmation, self.candidate)

    def _stalled_by(self, confirmed: Verdict) -> Condition | None:
        """The condition that only a person can cure, once it has lasted; else None."""
        accepted = confirmed.status.condition(ConditionType.ACCEPTED)
        if accepted is not None and accepted.status is ConditionStatus.FALSE:
            gone = accepted.reason == Reason.NUMBER_NOT_FOUND
            problem = Problem.NOT_FOUND if gone else Problem.REFERENCE
            waited = self._has_lasted(problem, self.thresholds.startup_grace)
            return accepted if accepted.reason in ONLY_AN_EDIT_HELPS or waited else None
        key = confirmed.status.condition(ConditionType.CREDENTIALS_VALID)
        if key is None or confirmed.problem not in {Problem.KEY_FORM, Problem.REFUSED} or key.reason in MAY_PASS:
            return None
        waited = self._has_lasted(Problem.REFUSED, self.thresholds.unauthorized_grace)
        return key if waited or confirmed.problem is Problem.KEY_FORM else None

    def _has_lasted(self, problem: Problem, grace: float) -> bool:
        return expired(self.timers, problem, grace, AsOf(self.now, self.now))


def _same_cause(confirmed: Verdict, candidate: Verdict) -> bool:
    return candidate.problem is confirmed.problem or confirmed.problem not in _STALLING


_STALLING = frozenset({Problem.REFERENCE, Problem.KEY_FORM, Problem.REFUSED})


def _reconciling(confirmation: Confirmation, candidate: Verdict) -> Condition | None:
    seen = _headline(candidate).removesuffix(".")
    if confirmation.verdict is not None and not confirmation.settled:
        return _waiting(says.NEW_GENERATION, seen)
    if candidate.problem is Problem.REFERENCE:
        return _waiting(says.WAITING_FOR_REFERENCE, seen)
    if confirmation.verdict is None or candidate.waiting or (confirmation.other_streak and candidate.good):
        return _waiting(says.WAITING, seen)
    return None


def _headline(candidate: Verdict) -> str:
    """The candidate in one sentence: the message of Ready, which is that of the condition that decides it."""
    found = candidate.status.condition(ConditionType.READY)
    return found.message if found else ""


def _waiting(row: Row, seen: str) -> Condition:
    return Condition(ConditionType.RECONCILING, ConditionStatus.TRUE, row.reason.value, row.says(seen=seen))
