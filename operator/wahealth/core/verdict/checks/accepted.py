"""Accepted: the spec is valid and every reference resolves."""

from __future__ import annotations

from wahealth.core.reasons import spec
from wahealth.core.reasons.found import false, true
from wahealth.core.status import Finding
from wahealth.core.verdict.checks.input import Rule, RuleInput


def reference_missing(given: RuleInput) -> Finding | None:
    return given.facts.reference_problem


def mode_mismatch(given: RuleInput) -> Finding | None:
    if not given.mismatch:
        return None
    expected = given.facts.expected
    return false(spec.MODE_MISMATCH, expected.surface, fixed=expected.mode, detected=given.detected)


def accepted_exposed(given: RuleInput) -> Finding | None:
    expected = given.facts.expected
    if expected.exposed is None:
        return None
    return true(spec.EXPOSED, expected.surface, what=expected.signs_in_by, exposed=expected.exposed)


def accepted(given: RuleInput) -> Finding | None:
    return true(spec.ACCEPTED, given.facts.expected.surface)


RULES: tuple[Rule, ...] = (reference_missing, mode_mismatch, accepted_exposed, accepted)
