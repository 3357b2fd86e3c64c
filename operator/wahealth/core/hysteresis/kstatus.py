"""Reconciling and Stalled, as GitOps tools read them: what is waited for, or what only a person can mend.

Never both, never beside Ready=True, never while suspended.
"""

from __future__ import annotations

from wahealth.core.facts import Thresholds
from wahealth.core.hysteresis.debounce import ONLY_AN_EDIT_HELPS
from wahealth.core.hysteresis.state import State
from wahealth.core.instant import AsOf
from wahealth.core.reasons import progress as says
from wahealth.core.reasons.credentials import MAY_PASS
from wahealth.core.reasons.row import Row
from wahealth.core.status import Condition, ConditionStatus, ConditionType, Status
from wahealth.core.verdict.problem import Problem
from wahealth.core.verdict.timers import expired
from wahealth.core.verdict.verdict import Verdict


def progress(state: State, desired: Status, candidate: Verdict, thresholds: Thresholds, now: float) -> Condition | None:
    """The one of the two that holds beside what is shown, if any. `now` in seconds."""
    if desired.condition_status(ConditionType.READY) is ConditionStatus.TRUE:
        return None
    if state.confirmed is not None and state.settled and _same_cause(state.confirmed, candidate):
        stalled = _stalled(state, state.confirmed, thresholds, now)
        if stalled is not None:
            return stalled
    return _reconciling(state, candidate)


def _same_cause(confirmed: Verdict, candidate: Verdict) -> bool:
    return candidate.problem is confirmed.problem or confirmed.problem not in _STALLING


_STALLING = frozenset({Problem.REFERENCE, Problem.KEY_FORM, Problem.REFUSED})


def _stalled(state: State, confirmed: Verdict, thresholds: Thresholds, now: float) -> Condition | None:
    accepted = confirmed.status.condition(ConditionType.ACCEPTED)
    if accepted is not None and accepted.status is ConditionStatus.FALSE:
        waited = expired(state.timers, Problem.REFERENCE, thresholds.startup_grace, AsOf(now, now))
        return _told(ConditionType.STALLED, accepted) if accepted.reason in ONLY_AN_EDIT_HELPS or waited else None
    key = confirmed.status.condition(ConditionType.CREDENTIALS_VALID)
    if key is None or confirmed.problem not in {Problem.KEY_FORM, Problem.REFUSED}:
        return None
    if key.reason in MAY_PASS:
        return None
    waited = expired(state.timers, Problem.REFUSED, thresholds.unauthorized_grace, AsOf(now, now))
    return _told(ConditionType.STALLED, key) if waited or confirmed.problem is Problem.KEY_FORM else None


def _told(type_: ConditionType, cause: Condition) -> Condition:
    return Condition(type_, ConditionStatus.TRUE, cause.reason, cause.message)


def _reconciling(state: State, candidate: Verdict) -> Condition | None:
    seen = _headline(candidate).removesuffix(".")
    if state.confirmed is not None and state.confirmed_generation != state.generation:
        return _waiting(says.NEW_GENERATION, seen)
    if candidate.problem is Problem.REFERENCE:
        return _waiting(says.WAITING_FOR_REFERENCE, seen)
    if state.confirmed is None or candidate.waiting or (state.other_streak and candidate.good):
        return _waiting(says.WAITING, seen)
    return None


def _headline(candidate: Verdict) -> str:
    """What is seen: of Ready, or of Available where nothing is wrong but not confirmed yet."""
    found = candidate.status.condition(ConditionType.READY)
    return found.message if found else ""


def _waiting(row: Row, seen: str) -> Condition:
    return Condition(ConditionType.RECONCILING, ConditionStatus.TRUE, row.reason.value, row.says(seen=seen))
