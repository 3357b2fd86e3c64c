"""CredentialsValid: the key has the right form and was not refused."""

from __future__ import annotations

from wahealth.core.status import ConditionType, Finding
from wahealth.core.verdict.checks.case import Case, Rule
from wahealth.core.verdict.checks.words import false, true, unknown


def key_malformed(case: Case) -> Finding | None:
    """Documented (page "Health"): WA_API_KEY has at least 12 and at most 128 characters."""
    return case.facts.key


def key_refused_by_all(case: Case) -> Finding | None:
    """Documented (page "Health"): a missing or invalid Authorization header is answered with 401."""
    if case.round.view is not None or not case.round.refusing:
        return None
    return false("APIKeyRejected", "The client refuses the API key: compare the Secret with WA_API_KEY of waweb.")


def key_accepted(case: Case) -> Finding | None:
    return None if case.round.view is None else true("KeyAccepted", "The client accepts the API key.")


def key_as_last_known(case: Case) -> Finding | None:
    last = case.believed.condition(ConditionType.CREDENTIALS_VALID)
    if last is None or last.reason not in {"KeyAccepted", "APIKeyRejected"}:
        return None
    return Finding(last.status, last.reason, last.message)


def key_not_tried(_: Case) -> Finding | None:
    return unknown("NotProbedYet", "The API key was not tried yet.")


RULES: tuple[Rule, ...] = (key_malformed, key_refused_by_all, key_accepted, key_as_last_known, key_not_tried)
