"""Accepted: the spec is valid and every reference resolves."""

from __future__ import annotations

from wahealth.core.checks.case import Case
from wahealth.core.checks.words import false, true
from wahealth.core.modes import shown_mode
from wahealth.core.status import Finding


def reference_missing(case: Case) -> Finding | None:
    return case.facts.reference


def mode_mismatch(case: Case) -> Finding | None:
    fixed, view = case.facts.expected.mode, case.round.view
    if fixed is None or view is None or (shown := shown_mode(view, fixed)) in {fixed, None}:
        return None
    return false("ModeMismatch", f"spec.mode is {fixed}, but the client answers as {shown}: correct spec.mode.")


def accepted(_: Case) -> Finding | None:
    return true("Accepted", "The spec is valid and everything it refers to is there.")
