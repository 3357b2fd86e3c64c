"""The rules: a rule is one function and one line in a table; the order of a table is its precedence.

A table belongs to one condition: its first finding is what the condition says. What the vendor documents stands at the
rule that rests on it, with the page.
"""

from __future__ import annotations

from wahealth.core.rules import first_match
from wahealth.core.status import ConditionType, Finding
from wahealth.core.verdict.checks import (
    accepted,
    available,
    credentials_valid,
    pods_claimed,
    reachable,
    reduced,
    redundancy,
    restart_required,
)
from wahealth.core.verdict.checks.input import Rule, RuleInput
from wahealth.core.verdict.checks.ready import ready

TABLES: dict[ConditionType, tuple[Rule, ...]] = {
    ConditionType.ACCEPTED: accepted.RULES,
    ConditionType.CREDENTIALS_VALID: credentials_valid.RULES,
    ConditionType.REACHABLE: reachable.RULES,
    ConditionType.AVAILABLE: available.RULES,
    ConditionType.REDUNDANCY_SATISFIED: redundancy.RULES,
}
# The tables of conditions that a status holds only if a rule finds something.
OCCASIONAL: dict[ConditionType, tuple[Rule, ...]] = {
    ConditionType.RESTART_REQUIRED: restart_required.RULES,
    ConditionType.PODS_CLAIMED: pods_claimed.RULES,
    ConditionType.PROBING_REDUCED: reduced.RULES,
}


def findings(given: RuleInput) -> dict[ConditionType, Finding]:
    """The finding of each condition, by its type; an occasional condition may be absent."""
    found = {type_: first_match(rules, given) for type_, rules in TABLES.items()}
    found[ConditionType.READY] = ready(found)
    for type_, rules in OCCASIONAL.items():
        said = [finding for rule in rules if (finding := rule(given)) is not None]
        found |= {type_: said[0]} if said else {}
    return found
