"""Anomalies of a topology: what contradicts the mode, judged by the nodes as the status lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wahealth.core.answer import MASTERS, GatewayStatus, Role
from wahealth.core.status import Mode, NodeVerdict, TopologyNode
from wahealth.core.verdict.verdict import Anomaly

_NOT_THERE = frozenset({NodeVerdict.STALE, NodeVerdict.MISSING})
Masters = Sequence[TopologyNode]


def no_primary(masters: Masters, _: Mode) -> Anomaly | None:
    """No master is the primary.

    Documented (page "Health"): one master holds the lease, in High Availability and in Multiconnect.
    """
    return None if _leading(masters) else Anomaly.NO_PRIMARY


def several_primaries(masters: Masters, _: Mode) -> Anomaly | None:
    """More than one master is the primary.

    Documented (page "Health"): primary_master is the one that holds the lease.
    """
    return Anomaly.SEVERAL_PRIMARIES if _leading(masters) > 1 else None


def unexpected_connection(masters: Masters, mode: Mode) -> Anomaly | None:
    """A master is connected that should not be.

    Documented (page "High Availability"): all masters are disconnected there; in Multiconnect, all but the primary.
    """
    expected = Role.PRIMARY_MASTER if mode is Mode.MULTICONNECT else None
    found = any(n.verdict is NodeVerdict.ACTIVE and n.role is not expected for n in masters)
    return Anomaly.UNEXPECTED_CONNECTION if found else None


def _leading(masters: Masters) -> int:
    """How many masters say that they are the primary; one that could not be asked says nothing."""
    return sum(n.role is Role.PRIMARY_MASTER and n.gateway_status is not None for n in masters)


RULES: tuple[Callable[[Masters, Mode], Anomaly | None], ...] = (no_primary, several_primaries, unexpected_connection)


def find_anomalies(
    nodes: Sequence[TopologyNode], mode: Mode | None, single: GatewayStatus | None
) -> frozenset[Anomaly]:
    """The anomalies of a client with `nodes`, or of a `single` instance.

    Without a `mode` only an unknown status or role is an anomaly. A node with an unknown role may be the primary
    master, so NO_PRIMARY is not reported then.
    """
    said = [single] if single else [n.gateway_status for n in nodes if n.verdict not in _NOT_THERE]
    unknown = frozenset({Anomaly.UNKNOWN_STATUS} if GatewayStatus.UNKNOWN in said else ())
    if single is not None:
        return unknown
    there = [n for n in nodes if n.verdict not in _NOT_THERE]
    unknown |= {Anomaly.UNKNOWN_ROLE} if any(n.reported_role is not None for n in there) else frozenset()
    nameless = any(n.role is None and n.gateway_status is not None for n in there)
    if mode is None:
        return unknown
    masters = [n for n in there if n.role in MASTERS]
    found = {anomaly for rule in RULES if (anomaly := rule(masters, mode)) is not None}
    return unknown | (found - {Anomaly.NO_PRIMARY} if nameless else found)
