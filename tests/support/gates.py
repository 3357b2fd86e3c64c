"""What stands between a desk and an API server: proxies of three kinds, and servers with certificates of any kind."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HOST = "127.0.0.1"
LOGIN = ("desk", "pass word")


class Gates:
    """All lead to one port of this machine, whatever they are asked for; `passed` counts who was let through."""

    def __init__(self, port: int) -> None:
        self.passed = 0
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._writers: list[asyncio.StreamWriter] = []
        self._servers: list[asyncio.Server] = []

    def connect(self, tls: ssl.SSLContext | None = None, locked: bool = False) -> int:
        """The port of an HTTP proxy."""
        wanted = f"basic {base64.b64encode(':'.join(LOGIN).encode()).decode()}".lower()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if locked and f"proxy-authorization: {wanted}" not in head:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._join(reader, writer)

        return self._listen(handle, tls)

    def socks(self, locked: bool = False) -> int:
        """The port of a SOCKS 5 proxy."""

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            _, count = await reader.readexactly(2)
            offered = await reader.readexactly(count)
            way = 2 if locked else 0
            writer.write(bytes([5, way if way in offered else 255]))
            if way == 2 and way in offered:
                _, length = await reader.readexactly(2)
                user = await reader.readexactly(length)
                password = await reader.readexactly((await reader.readexactly(1))[0])
                right = (user.decode(), password.decode()) == LOGIN
                writer.write(bytes([1, 0 if right else 1]))
                if not right:
                    return
            _, _, _, kind = await reader.readexactly(4)
            await reader.readexactly({1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0])
            await reader.readexactly(2)
            writer.write(bytes([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
            await self._join(reader, writer)

        return self._listen(handle)

    def front(self, tls: ssl.SSLContext) -> int:
        """The port of a server that shows a certificate of its own, and passes on what it is asked."""
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._join(reader, writer, trusting)

        return self._listen(handle, tls)

    def _listen(self, handle: Handler, tls: ssl.SSLContext | None = None) -> int:
        async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.append(writer)
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await handle(reader, writer)
            writer.close()

        async def listen() -> asyncio.Server:
            return await asyncio.start_server(handled, HOST, 0, ssl=tls)

        server = asyncio.run_coroutine_threadsafe(listen(), self._loop).result()
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: ssl.SSLContext | None = None
    ) -> None:
        self.passed += 1
        there, back = await asyncio.open_connection(HOST, self._port, ssl=tls)
        self._writers.append(back)
        await asyncio.gather(_pumped(reader, back), _pumped(there, writer))

    def run(self) -> None:
        self._loop.run_forever()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        """With whatever is under way still."""
        running = asyncio.all_tasks(self._loop) - {asyncio.current_task()}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0.05)  # in which they are closed

    def stop(self) -> None:
        for server in self._servers:
            self._loop.call_soon_threadsafe(server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)


async def _pumped(from_: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await from_.read(65536):
            to.write(piece)
            await to.drain()
    to.close()


@contextlib.contextmanager
def gates(port: int) -> Iterator[Gates]:
    opened = Gates(port)
    thread = threading.Thread(target=opened.run)
    thread.start()
    yield opened
    opened.stop()
    thread.join()
