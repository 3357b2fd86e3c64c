"""RedundancySatisfied: a spare coreapp, a spare master, and one primary master as the mode wants it."""

from __future__ import annotations

from wahealth.core.answer import GatewayStatus, Role
from wahealth.core.checks.case import Case
from wahealth.core.checks.words import false, true
from wahealth.core.modes import with_role
from wahealth.core.status import Finding, Mode


def not_applicable(case: Case) -> Finding | None:
    """Documented: a single instance is never scaled; two live instances of one number can get the account banned."""
    if case.redundancy is not None:
        return None
    return true("NotApplicable", "A single instance has no spares.")


def no_spare_coreapp(case: Case) -> Finding | None:
    """Documented: at least 2 coreapps in High Availability, shards + X in Multiconnect to survive X failures."""
    wanted = case.facts.expected.min_coreapps or case.expected + 1
    if case.redundancy is None or case.redundancy.coreapps >= wanted:
        return None
    said = f"{case.redundancy.coreapps} of {wanted} wanted coreapps are usable: add or mend coreapps."
    return false("NoSpareCoreapp", said)


def no_secondary_master(case: Case) -> Finding | None:
    """Documented: at least 2 masters."""
    wanted = case.facts.expected.min_masters
    if case.redundancy is None or case.redundancy.masters >= wanted:
        return None
    said = f"{case.redundancy.masters} of {wanted} wanted masters are usable: add or mend masters."
    return false("NoSecondaryMaster", said)


def no_primary_master(case: Case) -> Finding | None:
    """Documented: one master holds the lease; in Multiconnect it is connected, too."""
    primaries = with_role(case.round.view, Role.PRIMARY_MASTER) if case.round.view else ()
    if len(primaries) != 1:
        return false("NoPrimaryMaster", f"{len(primaries)} masters say they are the primary: look at the masters.")
    if case.mode is Mode.MULTICONNECT and primaries[0].gateway is not GatewayStatus.CONNECTED:
        return false("NoPrimaryMaster", "The primary master is not connected, which Multiconnect wants: look at it.")
    return None


def spares_available(_: Case) -> Finding | None:
    return true("SparesAvailable", "A spare coreapp and a spare master are there.")
