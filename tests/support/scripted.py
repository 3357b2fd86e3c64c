"""A server that says exactly what a test wants, over real TLS or in the clear: for what no real server would do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wahealth.core.answer import Malformed, Outcome, Unreachable
from wahealth.playground.pki import self_signed
from wahealth.probe.client import Prober
from wahealth.probe.credential import api_key
from wahealth.probe.trust import Trust, skip_hostname
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest

ADDRESS = "127.0.0.1"
KEY = b"canary-of-the-scripted-server"
GOOD = b'{"health": {"gateway_status": "connected"}}'
CERTIFICATE, PRIVATE = self_signed("whatsapp-web", ["whatsapp-web"])
TRUST = skip_hostname(CERTIFICATE)

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Served:
    """Where it listens, and what was heard there."""

    port: int
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0

    def question(self, timeout: float = 2.0, tls: bool = True) -> ProbeRequest:
        return ProbeRequest(
            HealthEndpoint(ADDRESS, (ADDRESS,), self.port, TRUST if tls else None, "whatsapp-web"),
            api_key(KEY),
            timeout,
        )


def server_context(certificate: bytes = CERTIFICATE, private: bytes = PRIVATE) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "pem")
        file.write_bytes(certificate + private)
        context.load_cert_chain(file)
    return context


@contextlib.asynccontextmanager
async def serving(script: Script, context: ssl.SSLContext | None = None, tls: bool = True) -> AsyncIterator[Served]:
    """`script` is played to each connection, after its handshake."""
    served = Served(0)

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        tee = Tee(reader, served.heard)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await script(tee, writer)
        writer.close()

    context = (context or server_context()) if tls else None
    server = await asyncio.start_server(play, ADDRESS, 0, ssl=context, limit=2**20)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()


class Tee(asyncio.StreamReader):
    """Notes what is read."""

    def __init__(self, reader: asyncio.StreamReader, heard: list[bytes]) -> None:
        self._from, self._heard = reader, heard

    async def readuntil(self, separator: Any = b"\n") -> bytes:
        read = await self._from.readuntil(separator)
        self._heard.append(read)
        return read

    async def read(self, n: int = -1) -> bytes:
        read = await self._from.read(n)
        self._heard.append(read)
        return read


def says(*parts: bytes, times: int = 1, pause: float = 0.0, keep: bool = False) -> Script:
    """Read a question, then say this, `times` over."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            for part in parts * times:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
            if not keep:
                return

    return script


def answer(body: bytes, head: bytes = b"", status: bytes = b"200 OK") -> bytes:
    length = f"Content-Length: {len(body)}\r\n".encode()
    return b"HTTP/1.1 " + status + b"\r\n" + length + head + b"\r\n" + body


def reason(outcome: Outcome) -> str:
    match outcome:
        case Unreachable(word):
            return word.value
        case Malformed():
            return "InvalidResponse"
        case _:
            return type(outcome).__name__


async def asked(probe_request: ProbeRequest) -> Outcome:
    async with Prober() as prober:
        heard = await prober.ask(probe_request)
    assert KEY.decode() not in repr((probe_request, heard))
    return heard.outcome


RESET = struct.pack("ii", 1, 0)  # SO_LINGER: what is unsent is thrown away, and the other side told so


def shaken(context: ssl.SSLContext, resets: bool = False, trust: Trust = TRUST) -> Outcome:
    """What comes of a handshake with a blocking server: asyncio's ends without the alert that says why. `resets`: right
    behind the alert, as Envoy does."""

    def shake(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as tls:
            with contextlib.suppress(ssl.SSLError):
                tls.do_handshake()
            if resets:
                tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return
            socket.socket.recv(tls, 4096)  # the question: unread, it would reset the connection

    return heard_from(shake, trust)


def heard_from(serve: Callable[[socket.socket], None], trust: Trust = TRUST) -> Outcome:
    """What comes of asking a blocking server, which runs in a thread and is given the listening socket."""
    with socket.create_server((ADDRESS, 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        probe_request = Served(listening.getsockname()[1]).question()
        outcome = asyncio.run(asked(replace(probe_request, endpoint=replace(probe_request.endpoint, trust=trust))))
        thread.join()
    return outcome
