"""When a change counts: thresholds, graces, the start-up of a resource, a new generation."""

from __future__ import annotations

from collections.abc import Callable

from wahealth.core.belief.clocks import only
from wahealth.core.belief.history import History, uncounted
from wahealth.core.facts import Patience
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


ARoundAgo = Callable[[], Verdict]


def believe(history: History, draft: Verdict, a_round_ago: ARoundAgo, patience: Patience, now: float) -> History:
    """The history with this round's verdict taken into account, and perhaps believed.

    `a_round_ago`: the verdict on the same sight as of the last round's time; it tells what has changed only because a
    grace has ended.
    """
    if history.believed is None:
        return _first(history, draft, patience, now)
    if history.about != history.generation:
        return _on_new_generation(history, draft, patience)
    if is_worse(history.believed, draft):
        at_once = _is_newly_certain(history.believed, draft) or not is_worse(history.believed, a_round_ago())
        return taken(history, draft) if at_once else _worse(history, draft, patience)
    if draft.says_the_same(history.believed):
        return history if draft.kept else uncounted(history)
    at_once = draft.differs_in_endpoints(history.believed) or a_round_ago().says_the_same(history.believed)
    return taken(history, draft) if at_once else _other(history, history.believed, draft, patience)


def with_endpoints(history: History, draft: Verdict) -> History:
    """Of a round in which nothing new was heard of the client: pods have had thresholds of their own."""
    if history.believed is None:
        return history
    status = history.believed.status._replace(endpoints=draft.status.endpoints)
    return history._replace(believed=history.believed._replace(status=status))


def is_worse(before: Verdict, draft: Verdict) -> bool:
    """A condition leaves True or goes from Unknown to False, the gateway falls, some pods begin to refuse the key; or
    a grace protects Available."""
    return (
        draft.protected
        or _refused_by_some(before.status, draft.status)
        or _falls(before.status.gateway, draft.status.gateway)
        or any(_is_less(before.status, draft.status, type_) for type_ in JUDGED)
    )


def taken(history: History, draft: Verdict) -> History:
    """This verdict is what is believed now."""
    before = history.believed.status.truth(ConditionType.AVAILABLE) if history.believed else None
    after = draft.status.truth(ConditionType.AVAILABLE)
    changed = before is not None and before is not after
    return uncounted(history)._replace(
        believed=draft,
        about=history.generation,
        clocks=only(history.clocks, draft.trouble),
        changes=(*history.changes, history.last) if changed else history.changes,
    )


def _first(history: History, draft: Verdict, patience: Patience, now: float) -> History:
    """A good first verdict at once; a bad one after the start-up grace, but for what only an edit can cure."""
    waited = has_lasted(now - history.began, patience.startup)
    return taken(history, draft) if draft.good or waited or _only_an_edit_helps(draft) else history


def _on_new_generation(history: History, draft: Verdict, patience: Patience) -> History:
    if draft.good or _only_an_edit_helps(draft):
        return taken(history, draft)
    return _worse(history, draft, patience)


def _worse(history: History, draft: Verdict, patience: Patience) -> History:
    rounds = history.worse + 1
    if rounds >= patience.failure_threshold and not draft.protected:
        return taken(history, draft)
    return uncounted(history)._replace(worse=rounds)


def _other(history: History, believed: Verdict, draft: Verdict, patience: Patience) -> History:
    """Better, a moved role, another version. A status nobody knows neither goes on with a run nor ends it.

    Another reason or sentence for what is bad already has to last, the very same one: reasons that take turns, as of a
    proxy that answers 502 and 504, are one outage.
    """
    if draft.trouble is Trouble.UNDECIDED and history.worse:
        return history
    if not _is_as_bad(believed, draft):
        other, rival, needed = history.other + 1, None, patience.success_threshold
    elif history.rival is not None and draft.says_the_same_of_the_client(history.rival):
        other, rival, needed = history.other + 1, draft, patience.failure_threshold
    else:
        other, rival, needed = 1, draft, patience.failure_threshold
    return taken(history, draft) if other >= needed else history._replace(worse=0, other=other, rival=rival)


def _is_as_bad(believed: Verdict, draft: Verdict) -> bool:
    """Nobody answers, before and after: for another reason, or in other words."""
    silent = all(said.status.truth(ConditionType.REACHABLE) is Truth.FALSE for said in (believed, draft))
    return silent and believed.status.gateway is draft.status.gateway


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


def _is_newly_certain(believed: Verdict, draft: Verdict) -> bool:
    reason = _reason(draft)
    return reason in _CERTAIN and reason != _reason(believed)


def _reason(verdict: Verdict) -> str:
    accepted = verdict.status.condition(ConditionType.ACCEPTED)
    return accepted.reason if accepted else ""


def _only_an_edit_helps(draft: Verdict) -> bool:
    return draft.trouble is Trouble.KEY_FORM or _reason(draft) in ONLY_AN_EDIT_HELPS
