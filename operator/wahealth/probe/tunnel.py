"""A way through a proxy: asked for with CONNECT, before anything is said to whoever is behind it.

Hosts without TLS are asked so, too: no cache answers for them, and Host stays what the resource says. What the proxy
answers is bounded as any answer is; the deadline is the caller's.
"""

from __future__ import annotations

from wahealth.core.egress import proxy as meaning
from wahealth.core.egress.proxy import Proxy, Trouble
from wahealth.probe.dns import Resolver
from wahealth.probe.errors import ProbeError, Progress, ProxyFault, Stage, read_error
from wahealth.probe.heads import MOST_INFORMATIONAL, Heads
from wahealth.probe.pieces import Pieces
from wahealth.probe.wire import Wire


async def addresses(proxy: Proxy, resolver: Resolver) -> tuple[str, ...]:
    """Of the proxy; whoever is behind it is looked up there."""
    try:
        return await resolver.addresses(proxy.host)
    except ProbeError:
        raise ProxyFault(proxy, Trouble.NOT_FOUND) from None


async def opened(proxy: Proxy, at: tuple[str, ...], to: tuple[str, int], progress: Progress) -> Wire:
    """A connection that leads to host and port `to`; `at`: the proxy's addresses.

    Raises `ProxyFault`, and `ProbeError` where the proxy has no fault.
    """
    try:
        wire = await Wire.connect(at, proxy.port)
    except ProbeError:
        raise ProxyFault(proxy, Trouble.NOT_CONNECTED) from None
    progress.stage = Stage.OPENING
    try:
        await _ask(wire, proxy, to)
    except BaseException:
        wire.close()
        raise
    wire.received = 0
    return wire


async def _ask(wire: Wire, proxy: Proxy, to: tuple[str, int]) -> None:
    try:
        await wire.send(meaning.question(proxy, *to))
        status = await _status(wire, proxy)
    except OSError as error:
        read_error(error)  # unless it is our own fault
        raise ProxyFault(proxy, Trouble.HANGS_UP) from None
    except ProbeError:
        raise ProxyFault(proxy, Trouble.NO_PROXY) from None
    means = meaning.meaning_of(proxy, status)
    if isinstance(means, Trouble):
        raise ProxyFault(proxy, means, status)
    if means is not None:
        raise ProbeError(means)


async def _status(wire: Wire, proxy: Proxy) -> int:
    """Of the final answer. Nobody behind it speaks before we do: what comes with the head is none of theirs."""
    heads, pieces = Heads(), Pieces("answer")
    for _ in range(MOST_INFORMATIONAL + 1):
        while (head := heads.take()) is None:
            received = await wire.receive()
            if not received:
                raise ProxyFault(proxy, Trouble.HANGS_UP)
            await pieces.another()
            heads.add(received)
        status = meaning.status_of(head)
        if status is None or (200 <= status < 300 and heads.rest()):
            raise ProxyFault(proxy, Trouble.NO_PROXY)
        if status >= 200:
            return status
    raise ProxyFault(proxy, Trouble.NO_PROXY)
