"""Names into addresses: in threads of its own, one lookup a host at a time, so that one that hangs hangs no other."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterable

from wahealth.core.answer import FailureReason
from wahealth.core.egress.origin import is_address
from wahealth.probe.errors import ObserverFault, probe_error

MOST_LOOKUPS = 64  # under way; a lookup that hangs keeps its thread
_WHY = {
    socket.EAI_NONAME: "there is no such name",
    socket.EAI_NODATA: "there is no such name",
    socket.EAI_AGAIN: "the name server does not answer",
}

Lookup = Callable[[str], Iterable[str]]


def look_up(host: str) -> tuple[str, ...]:
    """Blocks. Addresses in the order in which the system would try them, each once."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in found))


class Resolver:
    """Used within one event loop. `lookup` blocks, in a thread."""

    def __init__(self, lookup: Lookup = look_up) -> None:
        self._lookup = lookup
        self._under_way: dict[str, asyncio.Future[tuple[str, ...]]] = {}

    async def addresses(self, host: str) -> tuple[str, ...]:
        """At least one. Raises `ProbeError` where there is none, `ObserverFault` where we cannot look; no time
        limit."""
        if is_address(host):
            return (host,)
        found = self._under_way.get(host) or self._begin(host)
        return await asyncio.shield(found)

    def _begin(self, host: str) -> asyncio.Future[tuple[str, ...]]:
        if len(self._under_way) >= MOST_LOOKUPS:
            raise ObserverFault
        loop = asyncio.get_running_loop()
        future: asyncio.Future[tuple[str, ...]] = loop.create_future()
        future.add_done_callback(lambda done: self._end(host, done))
        self._under_way[host] = future

        def work() -> None:
            try:
                result: tuple[str, ...] | Exception = tuple(self._lookup(host)) or _failed(None)
            except (OSError, UnicodeError) as error:
                result = _failed(error)
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(_settle, future, result)

        try:
            threading.Thread(target=work, name=f"lookup of {host}", daemon=True).start()
        except RuntimeError:  # no thread to be had
            del self._under_way[host]
            raise ObserverFault from None
        return future

    def _end(self, host: str, done: asyncio.Future[tuple[str, ...]]) -> None:
        self._under_way.pop(host, None)
        if not done.cancelled():
            done.exception()  # it is told to whoever still waits


def _settle(future: asyncio.Future[tuple[str, ...]], result: tuple[str, ...] | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


def _failed(error: OSError | UnicodeError | None) -> Exception:
    if isinstance(error, socket.gaierror):
        if error.errno in {socket.EAI_SYSTEM, socket.EAI_MEMORY}:
            return ObserverFault()
        return probe_error(FailureReason.DNS_LOOKUP_FAILED, _WHY.get(error.errno or 0, ""))
    return (
        ObserverFault()
        if isinstance(error, OSError)
        else probe_error(FailureReason.DNS_LOOKUP_FAILED, _WHY[socket.EAI_NONAME])
    )
