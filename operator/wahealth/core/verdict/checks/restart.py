"""RestartRequired: web pods that still run another key; the condition is there only when it is True.

Documented (page "Health"): the Webapp reads WA_API_KEY once, when it starts, so after a change replicas may disagree.
"""

from __future__ import annotations

from wahealth.core.reasons import credentials
from wahealth.core.reasons.found import true
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import ConditionType, Finding
from wahealth.core.verdict.checks.case import Case, Rule
from wahealth.core.verdict.checks.words import some


def previous_key_works(case: Case) -> Finding | None:
    if not case.round.on_previous:
        return None
    return true(credentials.PREVIOUS_KEY_IN_USE, pods=some(case.round.on_previous))


def some_refuse(case: Case) -> Finding | None:
    if case.round.view is None or not case.round.refusing or case.facts.expected.signs_in_by is not Kind.API_KEY:
        return None
    refuse = "refuses" if len(case.round.refusing) == 1 else "refuse"
    return true(credentials.SOME_REFUSE, pods=some(case.round.refusing), refuse=refuse)


def as_last_known(case: Case) -> Finding | None:
    last = case.confirmed.condition(ConditionType.RESTART_REQUIRED)
    if case.round.reached or last is None or case.facts.expected.signs_in_by is not Kind.API_KEY:
        return None
    return Finding(last.status, last.reason, last.message)


RULES: tuple[Rule, ...] = (previous_key_works, some_refuse, as_last_known)
