"""Accepted: the spec is valid and every reference resolves."""

from __future__ import annotations

from wahealth.core.reasons import spec
from wahealth.core.reasons.found import false, true
from wahealth.core.status import Finding
from wahealth.core.verdict.checks.case import Case, Rule


def reference_missing(case: Case) -> Finding | None:
    return case.facts.reference


def mode_mismatch(case: Case) -> Finding | None:
    if not case.mismatch:
        return None
    expected = case.facts.expected
    return false(spec.MODE_MISMATCH, expected.surface, fixed=expected.mode, detected=case.detected)


def accepted_exposed(case: Case) -> Finding | None:
    expected = case.facts.expected
    if expected.exposed is None:
        return None
    return true(spec.EXPOSED, expected.surface, what=expected.signs_in_by, exposed=expected.exposed)


def accepted(case: Case) -> Finding | None:
    return true(spec.ACCEPTED, case.facts.expected.surface)


RULES: tuple[Rule, ...] = (reference_missing, mode_mismatch, accepted_exposed, accepted)
