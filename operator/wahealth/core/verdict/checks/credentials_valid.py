"""CredentialsValid: the credential has the right form and was not rejected."""

from __future__ import annotations

from wahealth.core.reasons import credentials
from wahealth.core.reasons.found import false, true, unknown
from wahealth.core.reasons.reason import Reason
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import ConditionType, Finding
from wahealth.core.verdict.checks.input import Rule, RuleInput

_TRIED = credentials.REFUSALS | {Reason.KEY_ACCEPTED}


def key_malformed(given: RuleInput) -> Finding | None:
    """The credential is malformed.

    Documented (page "Health"): WA_API_KEY has at least 12 and at most 128 characters.
    """
    return given.facts.credential_problem


def key_refused_by_all(given: RuleInput) -> Finding | None:
    """No pod answers with a report, and some reject the credential.

    Documented (page "Health"): a missing or invalid Authorization header is answered with 401.
    """
    if given.merged.view is not None or not given.merged.refusing:
        return None
    refusal = given.facts.unauthorized_finding or credentials.KEY_REFUSED
    return refusal if isinstance(refusal, Finding) else false(refusal, given.facts.desired.surface)


def forbidden(given: RuleInput) -> Finding | None:
    forbidding, expected = given.merged.forbidding, given.facts.desired
    if given.merged.view is not None or forbidding is None:
        return None
    if forbidding.wants:
        return false(credentials.PROXY_SIGN_IN, expected.surface, wants=forbidding.wants)
    return false(credentials.ACCESS_FORBIDDEN, expected.surface, what=expected.signs_in_by)


def key_accepted(given: RuleInput) -> Finding | None:
    if given.merged.view is None:
        return None
    return true(credentials.KEY_ACCEPTED, what=given.facts.desired.signs_in_by)


def key_as_last_known(given: RuleInput) -> Finding | None:
    last = given.confirmed.condition(ConditionType.CREDENTIALS_VALID)
    if last is None or last.reason not in _TRIED:
        return None
    return last.finding


def key_not_tried(given: RuleInput) -> Finding | None:
    return not_tried(given.facts.desired.signs_in_by)


def not_tried(kind: Kind) -> Finding:
    """The finding on a credential that no pod has judged yet."""
    return unknown(credentials.NOT_TRIED, what=kind)


RULES: tuple[Rule, ...] = (key_malformed, key_refused_by_all, forbidden, key_accepted, key_as_last_known, key_not_tried)
