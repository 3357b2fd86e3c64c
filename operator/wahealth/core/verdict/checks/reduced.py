"""ProbingReduced: a resource is probed less than its spec asks, because of what one tenant may cost.

A status holds the condition only if it is True, and it decides nothing.
"""

from __future__ import annotations

from wahealth.core.reasons import progress
from wahealth.core.reasons.found import true
from wahealth.core.status import Finding
from wahealth.core.turns import MOST_ASKED
from wahealth.core.verdict.checks.input import Rule, RuleInput


def too_many_pods(given: RuleInput) -> Finding | None:
    return true(progress.TOO_MANY_PODS, most=MOST_ASKED) if given.facts.in_turns else None


def namespace_budget(given: RuleInput) -> Finding | None:
    return true(progress.NAMESPACE_BUDGET) if given.facts.postponed else None


RULES: tuple[Rule, ...] = (too_many_pods, namespace_budget)
