"""Reachable: the health node answers with something we understand."""

from __future__ import annotations

from wahealth.core.observation.views import most_common_failure
from wahealth.core.reasons import asking
from wahealth.core.reasons.found import false, true, unknown
from wahealth.core.status import ConditionType, Finding
from wahealth.core.verdict.checks import messages
from wahealth.core.verdict.checks.input import Rule, RuleInput


def reachable_as_last_known(given: RuleInput) -> Finding | None:
    if not given.facts.not_probed:
        return None
    last = given.confirmed.condition(ConditionType.REACHABLE)
    return last.finding if last else unknown(asking.NOT_PROBED_YET)


def nobody_to_ask(given: RuleInput) -> Finding | None:
    if given.merged.asked:
        return None
    return false(asking.NO_READY_ENDPOINTS)


def nobody_answers(given: RuleInput) -> Finding | None:
    if given.merged.reached:
        return None
    why, at = most_common_failure(given.merged), given.facts.desired.surface
    return false(asking.row_of(why), at, **messages.without_answer(given.merged, why, at))


def throttled(given: RuleInput) -> Finding | None:
    """A pod asks to be probed less often, as far as that is confirmed."""
    said = messages.throttled(given.endpoints)
    return true(asking.THROTTLED, given.facts.desired.surface, answering=said) if said else None


def reached(given: RuleInput) -> Finding | None:
    return true(asking.ANSWERED, answering=messages.answering(given.endpoints, given.facts.in_turns))


RULES: tuple[Rule, ...] = (reachable_as_last_known, nobody_to_ask, nobody_answers, throttled, reached)
