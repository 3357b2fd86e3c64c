"""RedundancySatisfied: a spare coreapp, a spare master, and one primary master as the mode wants it."""

from __future__ import annotations

from wahealth.core.answer import GatewayStatus
from wahealth.core.status import Finding, Mode
from wahealth.core.verdict.checks import available
from wahealth.core.verdict.checks.case import Case, Rule
from wahealth.core.verdict.checks.words import false, true, unknown
from wahealth.core.verdict.trouble import Trouble


def no_mode(case: Case) -> Finding | None:
    if case.trouble is not Trouble.NO_MODE:
        return None
    return unknown("GracePeriod", "How many spares there should be depends on the mode, which is not known yet.")


def not_applicable(case: Case) -> Finding | None:
    """Documented (page "High Availability"): a single instance is never scaled: two of one number can get it banned."""
    if case.redundancy is not None:
        return None
    return true("NotApplicable", "A single instance has no spares.")


def no_spare_coreapp(case: Case) -> Finding | None:
    """Documented (page "Multiconnect"): shards + X coreapps survive X failures; High Availability has one shard."""
    expected = case.level.expected if case.level else 1
    wanted = case.facts.expected.min_coreapps or expected + 1
    if case.redundancy is None or case.redundancy.coreapps >= wanted:
        return None
    said = f"{case.redundancy.coreapps} of {wanted} wanted coreapps are usable: add or mend coreapps."
    return false("NoSpareCoreapp", said)


def no_secondary_master(case: Case) -> Finding | None:
    """Documented (page "High Availability"): at least 2 masters."""
    wanted = case.facts.expected.min_masters
    if case.redundancy is None or case.redundancy.masters >= wanted:
        return None
    said = f"{case.redundancy.masters} of {wanted} wanted masters are usable: add or mend masters."
    return false("NoSecondaryMaster", said)


def no_primary_master(case: Case) -> Finding | None:
    """Documented (page "Multiconnect"): one master holds the lease; in Multiconnect it is connected, too."""
    if len(case.primaries) != 1:
        return false("NoPrimaryMaster", f"{len(case.primaries)} masters say they are the primary: look at the masters.")
    mode = case.level.mode if case.level else None
    if mode is Mode.MULTICONNECT and case.primaries[0] is not GatewayStatus.CONNECTED:
        return false("NoPrimaryMaster", "The primary master is not connected, which Multiconnect wants: look at it.")
    return None


def spares_available(_: Case) -> Finding | None:
    return true("SparesAvailable", "A spare coreapp and a spare master are there.")


RULES: tuple[Rule, ...] = (
    *available.NOT_SEEN,
    no_mode,
    not_applicable,
    no_spare_coreapp,
    no_secondary_master,
    no_primary_master,
    spares_available,
)
