"""Bounds the connections to our own servers, so that idle connections keep no one else out.

A server uses at most a quarter of the file descriptors; the rest is for probes and the API server. When it is full, the
connection that was silent for the longest time is closed: kubelet sends its request as soon as it is connected.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, cast

from wahealth.probe.fd_limit import at_most_one_in
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 4096
LONGEST_SILENT = 120.0  # seconds
_MOST_WAITING = 4096  # connections that the kernel queues until they are accepted
_MOST_AT_ONCE = 128  # connections accepted in one turn of the loop
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Guests:
    """All connections of one server. `protocol` makes the protocol of one connection."""

    def __init__(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        self._protocol = protocol
        self._most = at_most_one_in(4, MOST_CONNECTIONS)
        self._open: OrderedDict[Guest, float] = OrderedDict()  # monotonic time of the last bytes, oldest first
        self._sweep: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Listens on an address and a port; an empty `host` means all addresses. Raises `OSError`."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._told)
        # asyncio accepts up to `backlog` connections in one turn, before this object knows of any of them.
        at_once = at_most_one_in(32, _MOST_AT_ONCE)
        server = await loop.create_server(lambda: Guest(self, self._protocol()), host, port, backlog=at_once)
        for listening in server.sockets:
            with socket.fromfd(listening.fileno(), listening.family, listening.type) as same:
                same.listen(_MOST_WAITING)
        return server

    def came(self, guest: Guest) -> None:
        """Adds a new connection and makes room for it."""
        while len(self._open) >= self._most:
            self._end_silent()
        self.spoke(guest)
        if self._sweep is None:
            self._sweep_later()

    def spoke(self, guest: Guest) -> None:
        """Notes that bytes came from a connection."""
        self._open[guest] = asyncio.get_running_loop().time()
        self._open.move_to_end(guest)

    def left(self, guest: Guest) -> None:
        """Forgets a closed connection."""
        self._open.pop(guest, None)

    def _end_silent(self) -> None:
        self._open.popitem(last=False)[0].end()

    def _sweep_later(self) -> None:
        self._sweep = asyncio.get_running_loop().call_later(LONGEST_SILENT / 4, self._end_old) if self._open else None

    def _end_old(self) -> None:
        before = asyncio.get_running_loop().time() - LONGEST_SILENT
        while self._open and next(iter(self._open.values())) < before:
            self._end_silent()
        self._sweep_later()

    def _told(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handles errors of the loop. asyncio would log a traceback for each connection that it cannot accept; it
        retries a second later."""
        error = context.get("exception")
        if "socket" not in context or not isinstance(error, OSError) or error.errno not in _NO_ROOM:
            loop.default_exception_handler(context)
            return
        log.warning("no file descriptor is left for a connection", extra=topic("no descriptor"))
        if self._open:
            self._end_silent()


class Guest(asyncio.Protocol):
    """One connection: counts as a guest and passes everything on to the protocol `host`."""

    __slots__ = ("_guests", "_host", "_transport")

    def __init__(self, guests: Guests, host: asyncio.Protocol) -> None:
        self._guests = guests
        self._host = host

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._guests.came(self)
        self._host.connection_made(transport)

    def end(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._guests.spoke(self)
        self._host.data_received(data)

    def eof_received(self) -> bool | None:
        return self._host.eof_received()

    def pause_writing(self) -> None:
        self._host.pause_writing()

    def resume_writing(self) -> None:
        self._host.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self._guests.left(self)
        self._host.connection_lost(error)
