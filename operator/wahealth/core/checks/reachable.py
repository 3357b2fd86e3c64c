"""Reachable: the health node answers with something we understand."""

from __future__ import annotations

from wahealth.core.checks.case import Case
from wahealth.core.checks.words import false, how_many, not_probed_yet, pods, silent_pods, true, why
from wahealth.core.status import ConditionType, Finding
from wahealth.core.views import commonest


def reachable_as_last_known(case: Case) -> Finding | None:
    if not case.asked_nothing:
        return None
    last = case.facts.believed.condition(ConditionType.REACHABLE)
    return Finding(last.status, last.reason, last.message) if last else not_probed_yet()


def nobody_to_ask(case: Case) -> Finding | None:
    if case.round.asked:
        return None
    return false("NoReadyEndpoints", "No web pod is running: look at the pods of the target.")


def nobody_answers(case: Case) -> Finding | None:
    if case.round.reached:
        return None
    reason, detail = commonest(case.round)
    return false(reason, f"{how_many(case.round)} not answer: {why(reason, detail)}.")


def reached(case: Case) -> Finding | None:
    if case.round.silent:
        return true("HealthNodeAnswered", f"{how_many(case.round)} not answer: {silent_pods(case.round)}.")
    return true("HealthNodeAnswered", f"The health node answers on {pods(case.round.asked)}.")
