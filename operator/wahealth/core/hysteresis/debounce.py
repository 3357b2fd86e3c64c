"""When a change counts: hysteresis over the verdicts of single rounds.

A round's own verdict is the *candidate*; what the status shows is the *confirmed* verdict. When a candidate becomes the
confirmed one depends on what is confirmed already:

    confirmed                 candidate                                  is confirmed
    ------------------------  -----------------------------------------  ---------------------------------------------
    nothing                   good, or only an edit can help             at once
                              any other                                  once the start-up grace is over
    of an earlier generation  good, or only an edit can help             at once
                              any other                                  after `failure_threshold` rounds in a row
    of this generation        worse, and certain for the first time      at once
                              worse, only because a grace has ended      at once
                              worse                                      after `failure_threshold` rounds in a row, but
                                                                         never while a grace still protects it
                              the same                                   nothing to confirm: all streaks end
                              other, as endpoints alone have changed     at once
                              other, only because time has passed        at once
                              other, unreachable before and after        after `failure_threshold` rounds of the same
                              other, such as better                      after `success_threshold` rounds in a row

A streak counts on while a grace protects: with a failureThreshold of 3 and a period of 30 s, an outage whose grace is
90 s is confirmed by the round at 90 s, and not three rounds later.

"Only because a grace has ended" is answered by a second verdict: the same observation, with all timers read as of the
last round (`candidate_at_last_round`). If that one is not worse than the confirmed verdict, nothing in the answers has
changed, only time has passed, and the grace was the wait already.

A candidate that says nothing, such as an unknown word alone, neither continues a streak nor ends it.
"""

from __future__ import annotations

from collections.abc import Callable

from wahealth.core.facts import Thresholds
from wahealth.core.hysteresis.state import State, without_streaks
from wahealth.core.instant import has_lasted
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionStatus, ConditionType, Gateway, KeyInUse, Status
from wahealth.core.verdict.problem import Problem
from wahealth.core.verdict.timers import keep_only
from wahealth.core.verdict.verdict import Verdict

# From the best to the worst; Unknown is neither.
_FALL = (
    Gateway.CONNECTED,
    Gateway.PARTIALLY_CONNECTED,
    Gateway.CONNECTING,
    Gateway.UNINITIALIZED,
    Gateway.UNREGISTERED,
    Gateway.DISCONNECTED,
)
_PLACE = {gateway: place for place, gateway in enumerate(_FALL)}
JUDGED = (
    ConditionType.ACCEPTED,
    ConditionType.CREDENTIALS_VALID,
    ConditionType.REACHABLE,
    ConditionType.AVAILABLE,
    ConditionType.REDUNDANCY_SATISFIED,
)
# Nothing that passes, or it has had a time of its own.
_CERTAIN = frozenset({Reason.INVALID_SPEC, Reason.MODE_MISMATCH})
ONLY_AN_EDIT_HELPS = _CERTAIN | {Reason.TARGET_FORBIDDEN}


CandidateAtLastRound = Callable[[], Verdict]


def debounce(
    state: State, candidate: Verdict, candidate_at_last_round: CandidateAtLastRound, thresholds: Thresholds, now: float
) -> State:
    """The state with this round's verdict taken into account, and perhaps confirmed.

    `candidate_at_last_round`: the verdict on the same observation as of the last round's time; it tells what has
    changed only because a grace has ended.
    """
    if state.confirmed is None:
        return _first(state, candidate, thresholds, now)
    if state.confirmed_generation != state.generation:
        return _on_new_generation(state, candidate, thresholds)
    if is_worse(state.confirmed, candidate):
        at_once = _is_newly_certain(state.confirmed, candidate) or not is_worse(
            state.confirmed, candidate_at_last_round()
        )
        return confirm(state, candidate) if at_once else _worse(state, candidate, thresholds)
    if candidate.says_the_same(state.confirmed):
        return state if candidate.kept else without_streaks(state)
    at_once = candidate.differs_in_endpoints(state.confirmed) or candidate_at_last_round().says_the_same(
        state.confirmed
    )
    return confirm(state, candidate) if at_once else _other(state, state.confirmed, candidate, thresholds)


def with_endpoints(state: State, candidate: Verdict) -> State:
    """Of a round in which nothing new was heard of the client: pods have had thresholds of their own."""
    if state.confirmed is None:
        return state
    status = state.confirmed.status._replace(endpoints=candidate.status.endpoints)
    return state._replace(confirmed=state.confirmed._replace(status=status))


def is_worse(before: Verdict, candidate: Verdict) -> bool:
    """A condition leaves True or goes from Unknown to False, the gateway falls, some pods begin to refuse the key; or
    a grace protects Available."""
    return (
        candidate.protected
        or _refused_by_some(before.status, candidate.status)
        or _falls(before.status.gateway, candidate.status.gateway)
        or any(_is_less(before.status, candidate.status, type_) for type_ in JUDGED)
    )


def confirm(state: State, candidate: Verdict) -> State:
    """This verdict is what is confirmed now."""
    before = state.confirmed.status.condition_status(ConditionType.AVAILABLE) if state.confirmed else None
    after = candidate.status.condition_status(ConditionType.AVAILABLE)
    changed = before is not None and before is not after
    return without_streaks(state)._replace(
        confirmed=candidate,
        confirmed_generation=state.generation,
        timers=keep_only(state.timers, candidate.problem),
        changes=(*state.changes, state.last_round) if changed else state.changes,
    )


def _first(state: State, candidate: Verdict, thresholds: Thresholds, now: float) -> State:
    """A good first verdict at once; a bad one after the start-up grace, but for what only an edit can cure."""
    waited = has_lasted(now - state.first_round, thresholds.startup_grace)
    return confirm(state, candidate) if candidate.good or waited or _only_an_edit_helps(candidate) else state


def _on_new_generation(state: State, candidate: Verdict, thresholds: Thresholds) -> State:
    if candidate.good or _only_an_edit_helps(candidate):
        return confirm(state, candidate)
    return _worse(state, candidate, thresholds)


def _worse(state: State, candidate: Verdict, thresholds: Thresholds) -> State:
    rounds = state.worse_streak + 1
    if rounds >= thresholds.failure_threshold and not candidate.protected:
        return confirm(state, candidate)
    return without_streaks(state)._replace(worse_streak=rounds)


def _other(state: State, confirmed: Verdict, candidate: Verdict, thresholds: Thresholds) -> State:
    """Better, a moved role, another version. A status nobody knows neither goes on with a run nor ends it.

    Another reason or sentence for what is bad already has to last, the very same one: reasons that take turns, as of a
    proxy that answers 502 and 504, are one outage.
    """
    if candidate.problem is Problem.UNDECIDED and state.worse_streak:
        return state
    if not _is_as_bad(confirmed, candidate):
        other_streak, other_candidate, needed = state.other_streak + 1, None, thresholds.success_threshold
    elif state.other_candidate is not None and candidate.says_the_same_of_the_client(state.other_candidate):
        other_streak, other_candidate, needed = state.other_streak + 1, candidate, thresholds.failure_threshold
    else:
        other_streak, other_candidate, needed = 1, candidate, thresholds.failure_threshold
    return (
        confirm(state, candidate)
        if other_streak >= needed
        else state._replace(worse_streak=0, other_streak=other_streak, other_candidate=other_candidate)
    )


def _is_as_bad(confirmed: Verdict, candidate: Verdict) -> bool:
    """Nobody answers, before and after: for another reason, or in other words."""
    silent = all(
        said.status.condition_status(ConditionType.REACHABLE) is ConditionStatus.FALSE
        for said in (confirmed, candidate)
    )
    return silent and confirmed.status.gateway is candidate.status.gateway


def _falls(before: Gateway, now: Gateway) -> bool:
    return before in _PLACE and now in _PLACE and _PLACE[now] > _PLACE[before]


def _is_less(before: Status, now: Status, type_: ConditionType) -> bool:
    old, new = before.condition_status(type_), now.condition_status(type_)
    return old is not new and (
        old is ConditionStatus.TRUE or (old is ConditionStatus.UNKNOWN and new is ConditionStatus.FALSE)
    )


def _refused_by_some(before: Status, now: Status) -> bool:
    """That the previous key works is no bad round: it says what is the matter."""
    in_use = now.credentials.key_in_use if now.credentials else None
    required = ConditionType.RESTART_REQUIRED
    return in_use is KeyInUse.CURRENT and now.condition(required) is not None and before.condition(required) is None


def _is_newly_certain(confirmed: Verdict, candidate: Verdict) -> bool:
    reason = _reason(candidate)
    return reason in _CERTAIN and reason != _reason(confirmed)


def _reason(verdict: Verdict) -> str:
    accepted = verdict.status.condition(ConditionType.ACCEPTED)
    return accepted.reason if accepted else ""


def _only_an_edit_helps(candidate: Verdict) -> bool:
    return candidate.problem is Problem.KEY_FORM or _reason(candidate) in ONLY_AN_EDIT_HELPS
