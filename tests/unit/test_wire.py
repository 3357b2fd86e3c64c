"""One connection and a peer that never stops: others have their turn, and what was parked is looked at once."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from wahealth.probe.wire import Wire

PIECE = 16 * 1024


@contextmanager
def connected() -> Iterator[tuple[Wire, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield Wire(ours, "10.0.0.1"), theirs


def test_others_have_their_turn_while_there_is_always_more() -> None:
    """Whoever sends less at a time than is asked for is never waited for either."""

    async def turns(pieces: int) -> int:
        had = 0

        async def others() -> None:
            nonlocal had
            while True:
                await asyncio.sleep(0)
                had += 1

        waiting = asyncio.create_task(others())
        with connected() as (wire, peer):
            for _ in range(pieces):
                peer.sendall(b"x" * PIECE)
                assert len(await wire.receive()) == PIECE
        waiting.cancel()
        return had

    assert asyncio.run(turns(20)) >= 15


class Flood:
    """A socket in which more is waiting than anybody reads."""

    def __init__(self) -> None:
        self.read = 0

    def recv(self, size: int, flags: int = 0) -> bytes:
        self.read += size
        assert self.read < 2**20, "it is read on and on"
        return b"\x17" * size


def test_a_parked_connection_with_a_flood_in_it_is_not_used() -> None:
    flood = Flood()
    wire = Wire(cast(socket.socket, flood), "10.0.0.1")
    wire._incoming, wire._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    wire._tls = ssl.create_default_context().wrap_bio(wire._incoming, wire._outgoing, server_hostname="a")
    assert not wire.is_quiet()
    assert flood.read < 128 * 1024


class Negotiating:
    """TLS of a server that negotiates anew, and waits for what we say to that."""

    def read(self, _: int) -> bytes:
        raise ssl.SSLWantReadError


def test_whoever_negotiates_anew_is_answered_at_once() -> None:
    with connected() as (wire, peer):
        wire._tls = cast(ssl.SSLObject, Negotiating())
        wire._incoming, wire._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        wire._outgoing.write(b"ClientHello")
        peer.sendall(b"HelloRequest")
        assert wire.receive_now() == b""
        assert peer.recv(100) == b"ClientHello"
