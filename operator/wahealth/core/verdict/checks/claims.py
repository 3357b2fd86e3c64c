"""PodsClaimed: pods onto which nothing is written though the resource wants it; there only when it is False."""

from __future__ import annotations

from wahealth.core.status import Finding
from wahealth.core.verdict.checks.case import Case, Rule


def not_claimed(case: Case) -> Finding | None:
    return case.facts.claims


RULES: tuple[Rule, ...] = (not_claimed,)
