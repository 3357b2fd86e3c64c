"""Reachable: the health node answers with something we understand."""

from __future__ import annotations

from wahealth.core.sight.views import commonest
from wahealth.core.status import ConditionType, Finding
from wahealth.core.verdict.checks import words
from wahealth.core.verdict.checks.case import Case, Rule
from wahealth.core.verdict.checks.words import false, not_probed_yet, true


def reachable_as_last_known(case: Case) -> Finding | None:
    if not case.facts.asked_nobody:
        return None
    last = case.believed.condition(ConditionType.REACHABLE)
    return Finding(last.status, last.reason, last.message) if last else not_probed_yet()


def nobody_to_ask(case: Case) -> Finding | None:
    if case.round.asked:
        return None
    return false("NoReadyEndpoints", "No web pod is running: look at the pods of the target.")


def nobody_answers(case: Case) -> Finding | None:
    if case.round.reached:
        return None
    reason, detail = commonest(case.round)
    return false(reason, words.nobody_answers(case.round, reason, detail))


def reached(case: Case) -> Finding | None:
    return true("HealthNodeAnswered", words.answering(case.endpoints))


RULES: tuple[Rule, ...] = (reachable_as_last_known, nobody_to_ask, nobody_answers, reached)
