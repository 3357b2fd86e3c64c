"""Debouncing: hysteresis over the verdicts of single rounds, which decides when a change counts.

A round's own verdict is the *candidate*; the status shows the *confirmed* verdict. When a candidate becomes the
confirmed verdict depends on what is confirmed already; the first row that fits decides:

    confirmed                 candidate                              is confirmed
    ------------------------  -------------------------------------  ------------------------------------------------
    nothing                   good, or only an edit can help         at once
                              any other                              once the start-up grace has ended
    of an earlier generation  good, or only an edit can help         at once
                              any other                              after failureThreshold rounds, outside its grace
    of this generation        worse, and certain for the first time  at once
                              worse, only because time has passed    at once
                              worse                                  after failureThreshold rounds, outside its grace
                              the same, as it says nothing           not by this round, and no streak ends
                              the same                               already; all streaks end
                              other, in single pods alone            at once
                              other, only because time has passed    at once
                              a pause, between worse ones            at once, and the streak of worse ones goes on
                              undecided, between worse ones          at once, and the streak of worse ones goes on
                              other, unreachable before and after    after failureThreshold rounds of the same
                              other, such as better                  after successThreshold rounds

A streak counts on while a grace protects: with a failureThreshold of 3 and a period of 30 s, an outage whose grace is
90 s is confirmed by the round at 90 s, and not three rounds later.

"Only because time has passed" is answered by a second verdict on the same observation, with all timers read as of the
last round (`Evaluation.verdict_at`). If that one is not worse than the confirmed verdict, nothing in the answers has
changed: a grace has ended, and the grace was the wait already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from wahealth.core.facts import Thresholds
from wahealth.core.hysteresis.confirmation import Confirmation
from wahealth.core.instant import has_lasted
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionStatus, ConditionType, Gateway, KeyInUse, Status
from wahealth.core.verdict.evaluated import Evaluated
from wahealth.core.verdict.problem import Problem
from wahealth.core.verdict.verdict import Verdict

# The gateways from the best to the worst; Unknown is neither.
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
# Reasons of Accepted=False that do not pass, or have had a grace of their own.
_CERTAIN = frozenset({Reason.INVALID_SPEC, Reason.MODE_MISMATCH})
SURE_ROUNDS = 2  # for what the vendor says outright, and only a person can cure
ONLY_AN_EDIT_HELPS = _CERTAIN | {Reason.TARGET_FORBIDDEN}


@dataclass(frozen=True)
class Comparison:
    """A candidate and the confirmed verdict, compared. `now`: monotonic seconds."""

    before: Confirmation
    evaluation: Evaluated
    candidate: Verdict
    thresholds: Thresholds
    now: float

    @cached_property
    def confirmed(self) -> Verdict:
        """The confirmed verdict; use it only if there is one."""
        return self.before.verdict or self.candidate

    @cached_property
    def worse(self) -> bool:
        return is_worse(self.confirmed, self.candidate)

    @cached_property
    def at_last_round(self) -> Verdict:
        """The verdict on the same observation, with timers as of the last round."""
        return self.evaluation.verdict_at(self.before.last_round)


class Decision(NamedTuple):
    """The treatment of a candidate. `says`: when it is confirmed, as in the table."""

    says: str
    follow: Callable[[Comparison], Confirmation]


class Rule(NamedTuple):
    """A row of the table. `candidate`: the verdicts that fit, in words."""

    candidate: str
    fits: Callable[[Comparison], bool]
    decision: Decision


def debounce(
    before: Confirmation, evaluation: Evaluated, candidate: Verdict, thresholds: Thresholds, now: float
) -> Confirmation:
    """The confirmation after a round with news (at `now`, monotonic seconds). `candidate`: `evaluation.verdict()`."""
    compared = Comparison(before, evaluation, candidate, thresholds, now)
    rule = next(rule for rule in _rules_for(before) if rule.fits(compared))
    return rule.decision.follow(compared).after_round(candidate, now)


def _rules_for(before: Confirmation) -> tuple[Rule, ...]:
    if before.verdict is None:
        return RULES["nothing"]
    return RULES["of this generation" if before.settled else "of an earlier generation"]


def is_worse(before: Verdict, candidate: Verdict) -> bool:
    """Whether a condition leaves True or goes from Unknown to False, the gateway gets worse, some pods begin to reject
    the key, or a grace protects Available."""
    return (
        candidate.protected
        or _refused_by_some(before.status, candidate.status)
        or _falls(before.status.gateway, candidate.status.gateway)
        or any(_is_less(before.status, candidate.status, type_) for type_ in JUDGED)
    )


def _at_once(compared: Comparison) -> Confirmation:
    return compared.before.confirm(compared.candidate)


def _after_startup(compared: Comparison) -> Confirmation:
    waited = has_lasted(compared.now - compared.before.first_round, compared.thresholds.startup_grace)
    return _at_once(compared) if waited else compared.before


def _after_failures(compared: Comparison) -> Confirmation:
    rounds, needed = compared.before.worse_streak + 1, compared.thresholds.failure_threshold
    certain = compared.before.certain_streak + 1 if compared.candidate.certain else 0
    if (rounds >= needed or certain >= SURE_ROUNDS) and not compared.candidate.protected:
        return _at_once(compared)
    return compared.before.with_worse_streak(rounds, certain)


def _after_the_same(compared: Comparison) -> Confirmation:
    """Reasons that take turns, such as a proxy's 502 and 504, are one outage: a new one is confirmed once it lasts."""
    other, candidate = compared.before.other_candidate, compared.candidate
    same = other is not None and candidate.says_the_same_of_the_client(other)
    rounds = compared.before.other_streak + 1 if same else 1
    if rounds >= compared.thresholds.failure_threshold:
        return _at_once(compared)
    return compared.before.with_other_streak(rounds, candidate)


def _after_successes(compared: Comparison) -> Confirmation:
    rounds = compared.before.other_streak + 1
    if rounds >= compared.thresholds.success_threshold:
        return _at_once(compared)
    return compared.before.with_other_streak(rounds, None)


def _at_once_and_on(compared: Comparison) -> Confirmation:
    before = compared.before
    return _at_once(compared).with_worse_streak(before.worse_streak, before.certain_streak)


def _streaks_end(compared: Comparison) -> Confirmation:
    return compared.before.without_streaks()


def _as_it_was(compared: Comparison) -> Confirmation:
    return compared.before


AT_ONCE = Decision("at once", _at_once)
AFTER_STARTUP = Decision("once the start-up grace has ended", _after_startup)
AFTER_FAILURES = Decision("after failureThreshold rounds, outside its grace", _after_failures)
AFTER_THE_SAME = Decision("after failureThreshold rounds of the same", _after_the_same)
AT_ONCE_AND_ON = Decision("at once, and the streak of worse ones goes on", _at_once_and_on)
AFTER_SUCCESSES = Decision("after successThreshold rounds", _after_successes)
STREAKS_END = Decision("already; all streaks end", _streaks_end)
AS_IT_WAS = Decision("not by this round, and no streak ends", _as_it_was)


def _good_or_final(compared: Comparison) -> bool:
    candidate = compared.candidate
    return candidate.good or candidate.problem is Problem.KEY_FORM or _accepted(candidate) in ONLY_AN_EDIT_HELPS


def _newly_certain(compared: Comparison) -> bool:
    reason = _accepted(compared.candidate)
    return compared.worse and reason in _CERTAIN and reason != _accepted(compared.confirmed)


def _accepted(verdict: Verdict) -> str:
    found = verdict.status.condition(ConditionType.ACCEPTED)
    return found.reason if found else ""


def _worse_by_time(compared: Comparison) -> bool:
    return compared.worse and not is_worse(compared.confirmed, compared.at_last_round)


def _worse(compared: Comparison) -> bool:
    return compared.worse


def _same(compared: Comparison) -> bool:
    return compared.candidate.says_the_same(compared.confirmed)


def _same_and_open(compared: Comparison) -> bool:
    """Whether the candidate says nothing of the client that ends a streak: it is kept, or decides nothing."""
    is_open = compared.candidate.kept or _undecided_while_worse(compared)
    return is_open and _same(compared)


def _endpoints_alone(compared: Comparison) -> bool:
    return compared.candidate.differs_in_endpoints(compared.confirmed)


def _other_by_time(compared: Comparison) -> bool:
    return compared.at_last_round.says_the_same(compared.confirmed)


def _undecided_while_worse(compared: Comparison) -> bool:
    return compared.candidate.problem is Problem.UNDECIDED and bool(compared.before.worse_streak)


def _kept_while_worse(compared: Comparison) -> bool:
    return compared.candidate.kept and bool(compared.before.worse_streak)


def _as_bad(compared: Comparison) -> bool:
    """Whether the client is unreachable before and after, whatever the reason and the message."""
    pair = (compared.confirmed.status, compared.candidate.status)
    silent = all(said.condition_status(ConditionType.REACHABLE) is ConditionStatus.FALSE for said in pair)
    return silent and pair[0].gateway is pair[1].gateway


def _any(_: Comparison) -> bool:
    return True


RULES = {
    "nothing": (
        Rule("good, or only an edit can help", _good_or_final, AT_ONCE),
        Rule("any other", _any, AFTER_STARTUP),
    ),
    "of an earlier generation": (
        Rule("good, or only an edit can help", _good_or_final, AT_ONCE),
        Rule("any other", _any, AFTER_FAILURES),
    ),
    "of this generation": (
        Rule("worse, and certain for the first time", _newly_certain, AT_ONCE),
        Rule("worse, only because time has passed", _worse_by_time, AT_ONCE),
        Rule("worse", _worse, AFTER_FAILURES),
        Rule("the same, as it says nothing", _same_and_open, AS_IT_WAS),
        Rule("the same", _same, STREAKS_END),
        Rule("other, in single pods alone", _endpoints_alone, AT_ONCE),
        Rule("other, only because time has passed", _other_by_time, AT_ONCE),
        Rule("a pause, between worse ones", _kept_while_worse, AT_ONCE_AND_ON),
        Rule("undecided, between worse ones", _undecided_while_worse, AT_ONCE_AND_ON),
        Rule("other, unreachable before and after", _as_bad, AFTER_THE_SAME),
        Rule("other, such as better", _any, AFTER_SUCCESSES),
    ),
}


def _falls(before: Gateway, now: Gateway) -> bool:
    return before in _PLACE and now in _PLACE and _PLACE[now] > _PLACE[before]


def _is_less(before: Status, now: Status, type_: ConditionType) -> bool:
    old, new = before.condition_status(type_), now.condition_status(type_)
    return old is not new and (
        old is ConditionStatus.TRUE or (old is ConditionStatus.UNKNOWN and new is ConditionStatus.FALSE)
    )


def _refused_by_some(before: Status, now: Status) -> bool:
    """Whether some pods begin to reject the key; an answer to the previous key is not worse: RestartRequired has it."""
    in_use = now.credentials.key_in_use if now.credentials else None
    required = ConditionType.RESTART_REQUIRED
    return in_use is KeyInUse.CURRENT and now.condition(required) is not None and before.condition(required) is None
