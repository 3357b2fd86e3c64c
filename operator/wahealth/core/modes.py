"""Single, High Availability or Multiconnect: what an answer shows, and how many connections that mode wants.

Documented (pages "High Availability" and "Multiconnect"): in High Availability one coreapp is connected and all other
nodes, the primary master included, are disconnected; in Multiconnect as many coreapps as there are shards are
connected, and the primary master too.
"""

from __future__ import annotations

from wahealth.core.answer import GatewayStatus, Node, Report, Role
from wahealth.core.facts import ALLOWED_SHARDS, Facts
from wahealth.core.status import Mode


def with_role(report: Report, role: Role) -> tuple[Node, ...]:
    return tuple(n for n in report.nodes if n.role is role)


def connected_coreapps(report: Report) -> tuple[Node, ...]:
    return tuple(n for n in with_role(report, Role.COREAPP) if n.gateway is GatewayStatus.CONNECTED)


def shown_mode(report: Report, known: Mode | None) -> Mode | None:
    """The mode an answer shows; `known` where it says nothing or contradicts both, None where nothing is known."""
    if report.single is not None:
        return Mode.SINGLE
    count = len(connected_coreapps(report))
    primaries = with_role(report, Role.PRIMARY_MASTER)
    if any(n.gateway is GatewayStatus.CONNECTED for n in primaries):
        return Mode.MULTICONNECT
    if primaries and count == 1:
        return Mode.HIGH_AVAILABILITY
    nodes_known = known if known is not Mode.SINGLE else None
    return nodes_known or (Mode.MULTICONNECT if count > 1 and not primaries else Mode.HIGH_AVAILABILITY)


def judged_mode(facts: Facts, report: Report) -> Mode | None:
    """The mode to judge by: the fixed one where the shape of the answer allows it, else the one shown."""
    shown = shown_mode(report, facts.expected.mode or facts.believed.mode)
    fixed = facts.expected.mode
    if fixed is None:
        return shown
    return fixed if (fixed is Mode.SINGLE) == (report.single is not None) else None


def expected_connections(facts: Facts, report: Report, mode: Mode | None) -> int:
    """How many coreapps should be connected: 1, the shards, or the most seen so far rounded up to an allowed number."""
    if mode is not Mode.MULTICONNECT:
        return 1
    if facts.expected.shards:
        return facts.expected.shards
    return allowed_at_least(max(len(connected_coreapps(report)), _remembered(facts, mode)))


def _remembered(facts: Facts, mode: Mode) -> int:
    """Kept in the status; a new generation or another mode starts afresh."""
    believed = facts.believed
    same = believed.observed_generation == facts.generation and believed.mode is mode
    return believed.connected.expected if same and believed.connected else 1


def allowed_at_least(count: int) -> int:
    return next((n for n in ALLOWED_SHARDS if n >= count), ALLOWED_SHARDS[-1])
