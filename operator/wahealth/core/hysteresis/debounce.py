"""When a change counts: thresholds, graces, the start-up of a resource, a new generation."""

from __future__ import annotations

from collections.abc import Callable

from wahealth.core.facts import Patience
from wahealth.core.hysteresis.clocks import only
from wahealth.core.hysteresis.history import History, uncounted
from wahealth.core.moment import has_lasted
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionType, Gateway, KeyInUse, Status, Truth
from wahealth.core.verdict.trouble import Trouble
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
    history: History, candidate: Verdict, candidate_at_last_round: CandidateAtLastRound, patience: Patience, now: float
) -> History:
    """The history with this round's verdict taken into account, and perhaps confirmed.

    `candidate_at_last_round`: the verdict on the same sight as of the last round's time; it tells what has changed only
    because a grace has ended.
    """
    if history.confirmed is None:
        return _first(history, candidate, patience, now)
    if history.about != history.generation:
        return _on_new_generation(history, candidate, patience)
    if is_worse(history.confirmed, candidate):
        at_once = _is_newly_certain(history.confirmed, candidate) or not is_worse(
            history.confirmed, candidate_at_last_round()
        )
        return confirm(history, candidate) if at_once else _worse(history, candidate, patience)
    if candidate.says_the_same(history.confirmed):
        return history if candidate.kept else uncounted(history)
    at_once = candidate.differs_in_endpoints(history.confirmed) or candidate_at_last_round().says_the_same(
        history.confirmed
    )
    return confirm(history, candidate) if at_once else _other(history, history.confirmed, candidate, patience)


def with_endpoints(history: History, candidate: Verdict) -> History:
    """Of a round in which nothing new was heard of the client: pods have had thresholds of their own."""
    if history.confirmed is None:
        return history
    status = history.confirmed.status._replace(endpoints=candidate.status.endpoints)
    return history._replace(confirmed=history.confirmed._replace(status=status))


def is_worse(before: Verdict, candidate: Verdict) -> bool:
    """A condition leaves True or goes from Unknown to False, the gateway falls, some pods begin to refuse the key; or
    a grace protects Available."""
    return (
        candidate.protected
        or _refused_by_some(before.status, candidate.status)
        or _falls(before.status.gateway, candidate.status.gateway)
        or any(_is_less(before.status, candidate.status, type_) for type_ in JUDGED)
    )


def confirm(history: History, candidate: Verdict) -> History:
    """This verdict is what is confirmed now."""
    before = history.confirmed.status.truth(ConditionType.AVAILABLE) if history.confirmed else None
    after = candidate.status.truth(ConditionType.AVAILABLE)
    changed = before is not None and before is not after
    return uncounted(history)._replace(
        confirmed=candidate,
        about=history.generation,
        clocks=only(history.clocks, candidate.trouble),
        changes=(*history.changes, history.last) if changed else history.changes,
    )


def _first(history: History, candidate: Verdict, patience: Patience, now: float) -> History:
    """A good first verdict at once; a bad one after the start-up grace, but for what only an edit can cure."""
    waited = has_lasted(now - history.began, patience.startup)
    return confirm(history, candidate) if candidate.good or waited or _only_an_edit_helps(candidate) else history


def _on_new_generation(history: History, candidate: Verdict, patience: Patience) -> History:
    if candidate.good or _only_an_edit_helps(candidate):
        return confirm(history, candidate)
    return _worse(history, candidate, patience)


def _worse(history: History, candidate: Verdict, patience: Patience) -> History:
    rounds = history.worse + 1
    if rounds >= patience.failure_threshold and not candidate.protected:
        return confirm(history, candidate)
    return uncounted(history)._replace(worse=rounds)


def _other(history: History, confirmed: Verdict, candidate: Verdict, patience: Patience) -> History:
    """Better, a moved role, another version. A status nobody knows neither goes on with a run nor ends it.

    Another reason or sentence for what is bad already has to last, the very same one: reasons that take turns, as of a
    proxy that answers 502 and 504, are one outage.
    """
    if candidate.trouble is Trouble.UNDECIDED and history.worse:
        return history
    if not _is_as_bad(confirmed, candidate):
        other, rival, needed = history.other + 1, None, patience.success_threshold
    elif history.rival is not None and candidate.says_the_same_of_the_client(history.rival):
        other, rival, needed = history.other + 1, candidate, patience.failure_threshold
    else:
        other, rival, needed = 1, candidate, patience.failure_threshold
    return confirm(history, candidate) if other >= needed else history._replace(worse=0, other=other, rival=rival)


def _is_as_bad(confirmed: Verdict, candidate: Verdict) -> bool:
    """Nobody answers, before and after: for another reason, or in other words."""
    silent = all(said.status.truth(ConditionType.REACHABLE) is Truth.FALSE for said in (confirmed, candidate))
    return silent and confirmed.status.gateway is candidate.status.gateway


def _falls(before: Gateway, now: Gateway) -> bool:
    return before in _PLACE and now in _PLACE and _PLACE[now] > _PLACE[before]


def _is_less(before: Status, now: Status, type_: ConditionType) -> bool:
    old, new = before.truth(type_), now.truth(type_)
    return old is not new and (old is Truth.TRUE or (old is Truth.UNKNOWN and new is Truth.FALSE))


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
    return candidate.trouble is Trouble.KEY_FORM or _reason(candidate) in ONLY_AN_EDIT_HELPS
