"""How the client as a whole stands with the WhatsApp servers, from what its nodes say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wahealth.core.answer import MASTERS, GatewayStatus, Node, Report, Role
from wahealth.core.status import Gateway, Mode

_AS_ONE = {
    GatewayStatus.CONNECTED: Gateway.CONNECTED,
    GatewayStatus.CONNECTING: Gateway.CONNECTING,
    GatewayStatus.DISCONNECTED: Gateway.DISCONNECTED,
    GatewayStatus.UNINITIALIZED: Gateway.UNINITIALIZED,
    GatewayStatus.UNREGISTERED: Gateway.UNREGISTERED,
}


def gateway(report: Report, mode: Mode | None, connected: int, expected: int, before: Gateway) -> Gateway:
    """`before` stays where a status that nobody knows would decide."""
    match mode:
        case None:
            return Gateway.UNKNOWN
        case Mode.SINGLE:
            return _AS_ONE.get(report.single or GatewayStatus.UNKNOWN, before)
        case Mode.HIGH_AVAILABILITY | Mode.MULTICONNECT:
            if connected:
                return Gateway.CONNECTED if connected >= expected else Gateway.PARTIALLY_CONNECTED
            return _none_connected(report.nodes, before)


def _none_connected(nodes: Sequence[Node], before: Gateway) -> Gateway:
    """The coreapps decide; where no coreapp gave a status, the masters by the same rule."""
    coreapps = _statuses(n for n in nodes if n.role is Role.COREAPP)
    said = coreapps or _statuses(n for n in nodes if n.role in MASTERS)
    return _first_of(said - {GatewayStatus.CONNECTED}, before)


def _statuses(nodes: Iterable[Node]) -> frozenset[GatewayStatus]:
    return frozenset(n.gateway for n in nodes if n.gateway is not None)


def _first_of(said: frozenset[GatewayStatus], before: Gateway) -> Gateway:
    if GatewayStatus.CONNECTING in said:
        return Gateway.CONNECTING
    if GatewayStatus.UNREGISTERED in said:
        return Gateway.UNREGISTERED
    if said == {GatewayStatus.UNINITIALIZED}:
        return Gateway.UNINITIALIZED
    if said == {GatewayStatus.UNKNOWN}:
        return before
    return Gateway.DISCONNECTED
