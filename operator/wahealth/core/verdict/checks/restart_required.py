"""RestartRequired: web pods still run another key; a status holds the condition only if it is True.

Documented (page "Health"): the Webapp reads WA_API_KEY once, when it starts, so after a change replicas may disagree.
"""

from __future__ import annotations

from wahealth.core.reasons import credentials
from wahealth.core.reasons.found import true
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import ConditionType, Finding
from wahealth.core.verdict.checks.input import Rule, RuleInput
from wahealth.core.verdict.checks.messages import some


def previous_key_works(given: RuleInput) -> Finding | None:
    if not given.merged.on_previous:
        return None
    return true(credentials.PREVIOUS_KEY_IN_USE, pods=some(given.merged.on_previous))


def some_refuse(given: RuleInput) -> Finding | None:
    if given.merged.view is None or not given.merged.refusing or given.facts.desired.signs_in_by is not Kind.API_KEY:
        return None
    refuse = "refuses" if len(given.merged.refusing) == 1 else "refuse"
    return true(credentials.SOME_REFUSE, pods=some(given.merged.refusing), refuse=refuse)


def as_last_known(given: RuleInput) -> Finding | None:
    last = given.confirmed.condition(ConditionType.RESTART_REQUIRED)
    if given.merged.reached or last is None or given.facts.desired.signs_in_by is not Kind.API_KEY:
        return None
    return last.finding


RULES: tuple[Rule, ...] = (previous_key_works, some_refuse, as_last_known)
