"""RedundancySatisfied: a spare coreapp, a spare master, and one primary master as the mode requires it."""

from __future__ import annotations

from wahealth.core.answer import GatewayStatus
from wahealth.core.reasons import client
from wahealth.core.reasons.found import false, true, unknown
from wahealth.core.status import ConditionStatus, ConditionType, Finding, Mode
from wahealth.core.verdict.checks import available
from wahealth.core.verdict.checks.input import Rule, RuleInput
from wahealth.core.verdict.problem import Problem


def kept(given: RuleInput) -> Finding | None:
    """The condition stays as it was while the client only asks for a pause, or its answer does not say which node is
    which."""
    last = given.confirmed.condition(ConditionType.REDUNDANCY_SATISFIED)
    if last is None:
        return None
    known = given.problem is Problem.UNDECIDED and last.status is not ConditionStatus.UNKNOWN
    return last.finding if given.kept or known else None


def no_mode(given: RuleInput) -> Finding | None:
    if given.problem is not Problem.NO_MODE:
        return None
    return unknown(client.SPARES_OF_NO_MODE)


def not_applicable(given: RuleInput) -> Finding | None:
    """A single instance has no spares.

    Documented (page "High Availability"): it is never scaled, because two instances of one number can get it banned.
    """
    if given.redundancy is not None:
        return None
    return true(client.NOT_APPLICABLE)


def no_spare_coreapp(given: RuleInput) -> Finding | None:
    """Too few coreapps are usable.

    Documented (page "Multiconnect"): shards + X coreapps survive X failures; High Availability has one shard.
    """
    expected = given.connectivity.expected if given.connectivity else 1
    wanted = given.facts.desired.min_coreapps or expected + 1
    if given.redundancy is None or given.redundancy.coreapps >= wanted:
        return None
    return false(client.NO_SPARE_COREAPP, count=given.redundancy.coreapps, wanted=wanted)


def no_secondary_master(given: RuleInput) -> Finding | None:
    """Too few masters are usable. Documented (page "High Availability"): at least 2 masters."""
    wanted = given.facts.desired.min_masters
    if given.redundancy is None or given.redundancy.masters >= wanted:
        return None
    return false(client.NO_SECONDARY_MASTER, count=given.redundancy.masters, wanted=wanted)


def no_primary_master(given: RuleInput) -> Finding | None:
    """There is not exactly one primary master, or it is not connected although it should be.

    Documented (page "Multiconnect"): one master holds the lease; in Multiconnect it is connected, too.
    """
    if len(given.primaries) != 1:
        return false(client.NOT_ONE_PRIMARY, count=len(given.primaries))
    mode = given.connectivity.mode if given.connectivity else None
    if mode is Mode.MULTICONNECT and given.primaries[0] is not GatewayStatus.CONNECTED:
        return false(client.PRIMARY_NOT_CONNECTED)
    return None


def spares_available(_: RuleInput) -> Finding | None:
    return true(client.SPARES_AVAILABLE)


RULES: tuple[Rule, ...] = (
    kept,
    *available.NOT_SEEN,
    no_mode,
    not_applicable,
    no_spare_coreapp,
    no_secondary_master,
    no_primary_master,
    spares_available,
)
