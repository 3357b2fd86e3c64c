"""A new connection: to the place itself or through a proxy, over TLS where somebody is trusted there. What is to be
asked over it is not known here.
"""

from __future__ import annotations

from wahealth.probe import tunnel
from wahealth.probe.errors import Progress, Stage
from wahealth.probe.message import Route
from wahealth.probe.wire import Wire


async def connected(route: Route, addresses: tuple[str, ...], progress: Progress) -> Wire:
    """To one of the addresses, at least one, of the route's host or of its proxy. Raises `ProbeError`,
    `ObserverFault`."""
    progress.stage = Stage.CONNECTING
    wire = await _opened(route, addresses, progress)
    if route.trust is not None:
        try:
            progress.presented = await wire.secure(route.trust, route.server_name, progress)
        except BaseException:
            wire.close()
            raise
    progress.stage = Stage.WAITING
    return wire


async def _opened(route: Route, addresses: tuple[str, ...], progress: Progress) -> Wire:
    """To the place itself, or to a proxy that leads there from then on."""
    if route.through is None:
        return await Wire.connect(addresses, route.port)
    return await tunnel.opened(route.through, addresses, (route.host, route.port), progress)


async def presented_at(route: Route, addresses: tuple[str, ...]) -> bytes | None:
    """The certificate (DER) that is presented there; None: no TLS. Nothing is asked. Raises `ProbeError`,
    `ObserverFault`."""
    progress = Progress()
    (await connected(route, addresses, progress)).close()
    return progress.presented
