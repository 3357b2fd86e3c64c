"""Accepted: the spec is valid and every reference resolves."""

from __future__ import annotations

from wahealth.core.status import Finding
from wahealth.core.verdict.checks.case import Case, Rule
from wahealth.core.verdict.checks.words import false, true


def reference_missing(case: Case) -> Finding | None:
    return case.facts.reference


def mode_mismatch(case: Case) -> Finding | None:
    if not case.mismatch:
        return None
    fixed = case.facts.expected.mode
    said = f"spec.mode is {fixed}, but the client answers as {case.detected}: correct spec.mode."
    return false("ModeMismatch", said)


def accepted_exposed(case: Case) -> Finding | None:
    exposed = case.facts.expected.exposed
    if exposed is None:
        return None
    secret = case.facts.expected.signs_in_by
    said = f"Everything that spec refers to is there; the {secret} goes to whoever answers: {exposed}."
    return true("Accepted", said)


def accepted(_: Case) -> Finding | None:
    return true("Accepted", "The spec is valid and everything it refers to is there.")


RULES: tuple[Rule, ...] = (reference_missing, mode_mismatch, accepted_exposed, accepted)
