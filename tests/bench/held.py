"""Servers that hold each answer until all are let go, so that whoever counts what asking costs always meets the same.

An answer that is there before it is waited for costs less than one that comes later, and which of both happens would
depend on the machine.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from email.utils import formatdate
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from wahealth.playground.pki import self_signed

EVERYWHERE, HERE = "0.0.0.0", "127.0.0.1"


class Held(NamedTuple):
    ca: Path  # in PEM
    release: int  # port: each byte that comes is answered by one, once all answers that are due are sent
    ports: Mapping[str, int]  # by what is asked there

    @property
    def arguments(self) -> list[str]:
        """Of `rounds.py`."""
        return [str(self.ca), str(self.release), *(f"{kind}={port}" for kind, port in self.ports.items())]


class Answering(asyncio.Protocol):
    """Gives the answers in turn to the questions of one connection. A question comes in one piece, for it is short."""

    def __init__(self, answers: Sequence[bytes], due: list[Answering]) -> None:
        self._answers, self._due = cycle(answers), due

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, _: bytes) -> None:
        self._due.append(self)

    def answer(self) -> None:
        self._transport.write(next(self._answers))  # type: ignore[attr-defined]


class Releasing(asyncio.Protocol):
    def __init__(self, due: list[Answering]) -> None:
        self._due = due

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, _: bytes) -> None:
        """All that was sent before this came is read by the turn after the next."""
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, loop.call_soon, self._release)

    def _release(self) -> None:
        for one in self._due:
            one.answer()
        self._due.clear()
        self._transport.write(b"!")  # type: ignore[attr-defined]


def answer(body: str, *heads: str) -> bytes:
    told = (f"Date: {formatdate(usegmt=True)}", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return "\r\n".join(("HTTP/1.1 200 OK", *told, *heads, "", body)).encode()


@asynccontextmanager
async def holding(folder: Path, answers: Mapping[str, Sequence[bytes]]) -> AsyncIterator[Held]:
    """A server for each of the names, with these answers. `folder`: where their certificate is written."""
    loop, due, context = asyncio.get_running_loop(), list[Answering](), certified(folder)
    async with AsyncExitStack() as servers:
        releasing = await loop.create_server(lambda: Releasing(due), HERE, 0)
        await servers.enter_async_context(releasing)
        ports = {}
        for name, told in answers.items():
            server = await loop.create_server(partial(Answering, told, due), EVERYWHERE, 0, ssl=context)
            await servers.enter_async_context(server)
            ports[name] = port_of(server)
        yield Held(folder / "ca.pem", port_of(releasing), ports)


def certified(folder: Path) -> ssl.SSLContext:
    certificate, key = self_signed("whatsapp-web", ["whatsapp-web"])
    (folder / "ca.pem").write_bytes(certificate)
    (folder / "pair.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pair.pem")
    return context


def port_of(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])
