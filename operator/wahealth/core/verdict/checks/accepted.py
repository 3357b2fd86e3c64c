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
    desired = given.facts.desired
    return false(spec.MODE_MISMATCH, desired.surface, fixed=desired.mode, detected=given.detected)


def accepted_exposed(given: RuleInput) -> Finding | None:
    desired = given.facts.desired
    if desired.exposed is None:
        return None
    return true(spec.EXPOSED, desired.surface, what=desired.signs_in_by, exposed=desired.exposed)


def accepted(given: RuleInput) -> Finding | None:
    return true(spec.ACCEPTED, given.facts.desired.surface)


RULES: tuple[Rule, ...] = (reference_missing, mode_mismatch, accepted_exposed, accepted)
