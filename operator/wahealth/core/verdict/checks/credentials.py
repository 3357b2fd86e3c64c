"""CredentialsValid: the key has the right form and was not refused."""

from __future__ import annotations

from wahealth.core.status import ConditionType, Finding
from wahealth.core.verdict.checks.case import Case, Rule
from wahealth.core.verdict.checks.words import false, true, unknown

KEY_REFUSED = false("APIKeyRejected", "The client refuses the API key: compare the Secret with WA_API_KEY of waweb.")
_TRIED = frozenset({"KeyAccepted", "APIKeyRejected", "LoginFailed", "TokenExpired"})


def key_malformed(case: Case) -> Finding | None:
    """Documented (page "Health"): WA_API_KEY has at least 12 and at most 128 characters."""
    return case.facts.key


def key_refused_by_all(case: Case) -> Finding | None:
    """Documented (page "Health"): a missing or invalid Authorization header is answered with 401."""
    if case.round.view is not None or not case.round.refusing:
        return None
    return case.facts.refusal or KEY_REFUSED


def key_accepted(case: Case) -> Finding | None:
    taken = f"The client accepts the {case.facts.expected.signs_in_by}."
    return None if case.round.view is None else true("KeyAccepted", taken)


def key_as_last_known(case: Case) -> Finding | None:
    last = case.believed.condition(ConditionType.CREDENTIALS_VALID)
    if last is None or last.reason not in _TRIED:
        return None
    return Finding(last.status, last.reason, last.message)


def key_not_tried(case: Case) -> Finding | None:
    return unknown("NotProbedYet", f"The {case.facts.expected.signs_in_by} was not tried yet.")


RULES: tuple[Rule, ...] = (key_malformed, key_refused_by_all, key_accepted, key_as_last_known, key_not_tried)
