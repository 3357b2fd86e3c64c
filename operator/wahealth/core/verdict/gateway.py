"""The connection of the client as a whole to the WhatsApp servers, from what its nodes report: one function per row.

Documented (page "Health"): connected and connecting are good; uninitialized may be a database being upgraded or
initialised; unregistered waits for a person; disconnected is not connected to the WhatsApp servers.
"""

from __future__ import annotations

from collections.abc import Callable

from wahealth.core.answer import GatewayStatus
from wahealth.core.observation.summary import NodeSummary
from wahealth.core.rules import first_match
from wahealth.core.status import Gateway

Said = frozenset[GatewayStatus]

_AS_ONE = {
    GatewayStatus.CONNECTED: Gateway.CONNECTED,
    GatewayStatus.CONNECTING: Gateway.CONNECTING,
    GatewayStatus.DISCONNECTED: Gateway.DISCONNECTED,
    GatewayStatus.UNINITIALIZED: Gateway.UNINITIALIZED,
    GatewayStatus.UNREGISTERED: Gateway.UNREGISTERED,
}


def gateway_of(summary: NodeSummary, expected: int, minimum: int) -> Gateway | None:
    """The gateway of the client; None if an unknown status or role would decide.

    `expected`: how many coreapps should be connected; `minimum`: how many are enough.
    """
    if summary.single is not None:
        return _AS_ONE.get(summary.single)
    if summary.may_be(expected) and summary.connections < minimum:
        return None
    if summary.connections:
        return Gateway.CONNECTED if summary.connections >= expected else Gateway.PARTIALLY_CONNECTED
    said = summary.coreapps_say or summary.masters_say
    found = first_match(NONE_CONNECTED, said)
    return None if found is Gateway.UNKNOWN else found


def any_connecting(said: Said) -> Gateway | None:
    return Gateway.CONNECTING if GatewayStatus.CONNECTING in said else None


def any_unregistered(said: Said) -> Gateway | None:
    return Gateway.UNREGISTERED if GatewayStatus.UNREGISTERED in said else None


def all_uninitialized(said: Said) -> Gateway | None:
    return Gateway.UNINITIALIZED if said == {GatewayStatus.UNINITIALIZED} else None


def nobody_knows(said: Said) -> Gateway | None:
    return Gateway.UNKNOWN if said == {GatewayStatus.UNKNOWN} else None


def disconnected(_: Said) -> Gateway | None:
    return Gateway.DISCONNECTED


# The rules if no coreapp is connected: the coreapps decide, or the masters if no coreapp has a status. The first rule
# that finds something decides, as in every table; Unknown: it cannot be told.
NONE_CONNECTED: tuple[Callable[[Said], Gateway | None], ...] = (
    any_connecting,
    any_unregistered,
    all_uninitialized,
    nobody_knows,
    disconnected,
)
