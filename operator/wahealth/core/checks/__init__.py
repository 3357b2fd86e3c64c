"""The rules: one function a rule, one line in a table; the order of a table is its precedence.

A table belongs to one condition: its first finding is what the condition says. What the vendor documents about a
gateway_status (page "Health") stands at the rule that rests on it.
"""

from __future__ import annotations

from wahealth.core.checks import accepted, available, credentials, reachable, redundancy
from wahealth.core.checks.case import Case, Rule
from wahealth.core.status import ConditionType, Finding

# The order is the precedence: the first finding of a table is what its condition says.
TABLES: dict[ConditionType, tuple[Rule, ...]] = {
    ConditionType.ACCEPTED: (accepted.reference_missing, accepted.mode_mismatch, accepted.accepted),
    ConditionType.CREDENTIALS_VALID: (
        credentials.key_malformed,
        credentials.key_refused_by_all,
        credentials.key_accepted,
        credentials.key_as_last_known,
        credentials.key_not_tried,
    ),
    ConditionType.REACHABLE: (
        reachable.reachable_as_last_known,
        reachable.nobody_to_ask,
        reachable.nobody_answers,
        reachable.reached,
    ),
    ConditionType.AVAILABLE: (
        available.credentials_unknown,
        available.unseen,
        available.several_active,
        available.connected,
        available.enough_connected,
        available.partially_connected,
        available.connecting,
        available.uninitialized,
        available.unregistered,
        available.disconnected,
        available.undecided,
    ),
    ConditionType.REDUNDANCY_SATISFIED: (
        available.credentials_unknown,
        available.unseen,
        redundancy.not_applicable,
        redundancy.no_spare_coreapp,
        redundancy.no_secondary_master,
        redundancy.no_primary_master,
        redundancy.spares_available,
    ),
}


def first(rules: tuple[Rule, ...], case: Case) -> Finding:
    found = (rule(case) for rule in rules)
    return next(finding for finding in found if finding is not None)
