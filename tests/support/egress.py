"""A proxy that opens ways with CONNECT, wherever it is asked to: all lead to one port; it notes what it could read."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from wahealth.core.egress.proxy import Proxy

ADDRESS = "127.0.0.1"
USER, PASSWORD = "canary-user-of-the-proxy", "canary/pass word@of:the-proxy"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Switch:
    """Where all ways lead, or what it says instead of opening one."""

    to: int = 0
    instead: Answer | None = None


@dataclass
class Egress:
    port: int = 0
    heads: list[bytes] = field(default_factory=list)  # as it was asked
    carried: bytearray = field(default_factory=bytearray)  # what went through it afterwards

    writers: list[asyncio.StreamWriter] = field(default_factory=list)  # of whoever came

    def hang_up(self) -> None:
        """From another thread: on all who came so far."""
        for writer in self.writers:
            with contextlib.suppress(OSError):  # it has gone already
                writer.transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self.writers.clear()

    def proxy(self, user: str = "", password: str = "") -> Proxy:
        return Proxy("http", ADDRESS, self.port, user, password)

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.port}"


def says(*parts: bytes, pause: float = 0.0) -> Answer:
    """To a question for a way; then it hangs up."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return answer


def status(line: str) -> Answer:
    return says(f"HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n".encode())


async def is_silent(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


@contextlib.asynccontextmanager
async def egress(switch: Switch) -> AsyncIterator[Egress]:
    opened, tasks = Egress(), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            opened.writers.append(writer)
            opened.heads.append(await reader.readuntil(b"\r\n\r\n"))
            await (switch.instead(writer) if switch.instead else _carry(opened, switch.to, reader, writer))
        writer.close()
        tasks.discard(task)

    server = await asyncio.start_server(serve, ADDRESS, opened.port)
    opened.port = server.sockets[0].getsockname()[1]
    try:
        yield opened
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _carry(opened: Egress, to: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    there, back = await asyncio.open_connection(ADDRESS, to)
    writer.write(ESTABLISHED)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_pumped(reader, back, opened.carried))
            group.create_task(_pumped(there, writer, bytearray()))
    finally:
        back.close()


async def _pumped(from_: asyncio.StreamReader, to: asyncio.StreamWriter, noted: bytearray) -> None:
    with contextlib.suppress(OSError):
        while piece := await from_.read(65536):
            noted += piece
            to.write(piece)
            await to.drain()
    to.close()
