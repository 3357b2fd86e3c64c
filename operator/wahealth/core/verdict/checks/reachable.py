"""Reachable: the health node answers with something we understand."""

from __future__ import annotations

from wahealth.core.observation.views import commonest
from wahealth.core.reasons import asking
from wahealth.core.reasons.found import false, true, unknown
from wahealth.core.status import ConditionType, Finding
from wahealth.core.verdict.checks import words
from wahealth.core.verdict.checks.case import Case, Rule


def reachable_as_last_known(case: Case) -> Finding | None:
    if not case.facts.asked_nobody:
        return None
    last = case.confirmed.condition(ConditionType.REACHABLE)
    return Finding(last.status, last.reason, last.message) if last else unknown(asking.NOT_PROBED_YET)


def nobody_to_ask(case: Case) -> Finding | None:
    if case.round.asked:
        return None
    return false(asking.NO_READY_ENDPOINTS)


def nobody_answers(case: Case) -> Finding | None:
    if case.round.reached:
        return None
    why, at = commonest(case.round), case.facts.expected.surface
    return false(asking.row_of(why), at, **words.without_answer(case.round, why, at))


def throttled(case: Case) -> Finding | None:
    """As confirmed, thresholds applied."""
    said = words.throttled(case.endpoints)
    return true(asking.THROTTLED, case.facts.expected.surface, answering=said) if said else None


def reached(case: Case) -> Finding | None:
    return true(asking.ANSWERED, answering=words.answering(case.endpoints, case.facts.in_turns))


RULES: tuple[Rule, ...] = (reachable_as_last_known, nobody_to_ask, nobody_answers, throttled, reached)
