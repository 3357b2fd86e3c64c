"""PodsClaimed: pods onto which nothing is written though the resource wants it; a status holds it only if it is
False."""

from __future__ import annotations

from wahealth.core.status import Finding
from wahealth.core.verdict.checks.input import Rule, RuleInput


def not_claimed(given: RuleInput) -> Finding | None:
    return given.facts.claims


RULES: tuple[Rule, ...] = (not_claimed,)
