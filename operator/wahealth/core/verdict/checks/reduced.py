"""ProbingReduced: what one tenant may cost keeps a resource from being asked as it wants; the condition is there only
when it is True, and decides nothing.
"""

from __future__ import annotations

from wahealth.core.reasons import progress
from wahealth.core.reasons.found import true
from wahealth.core.status import Finding
from wahealth.core.turns import MOST_ASKED
from wahealth.core.verdict.checks.case import Case, Rule


def too_many_pods(case: Case) -> Finding | None:
    return true(progress.TOO_MANY_PODS, most=MOST_ASKED) if case.facts.in_turns else None


def namespace_budget(case: Case) -> Finding | None:
    return true(progress.NAMESPACE_BUDGET) if case.facts.postponed else None


RULES: tuple[Rule, ...] = (too_many_pods, namespace_budget)
