"""A proxy between the operator and the real API server that misbehaves as it is told: over TLS, in a thread of its own.

Whoever asks it signs in with what it always does; the proxy passes that on, and the API server stays the real one. So
what a test sees is what the operator makes of an answer that a real API server, or what stands before it, gives now
and then.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

import yaml
from aiohttp import AddrInfoType, ClientError, ClientSession, ClientTimeout, TCPConnector, web

from wahealth.playground.cluster.command_lines import HOST, free_ports
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.pki import Authority

Event = dict[str, Any]
_HOP = {
    "transfer-encoding",
    "content-length",
    "content-encoding",
    "connection",
    "keep-alive",
    "host",
    "accept-encoding",
}


class Asked(NamedTuple):
    """One request: what a rule decides by, and what is noted of it. `second` of a monotonic clock."""

    second: float
    method: str
    path: str
    query: dict[str, str]
    authorization: str
    peer: int  # the port it came from: one a connection

    @property
    def watches(self) -> bool:
        return "watch" in self.query

    @property
    def lists(self) -> bool:
        return self.method == "GET" and "limit" in self.query

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def resource(self) -> str:
        """What kind of object it is about, with its subresource; without a version."""
        parts = self.path.strip("/").split("/")[2 if self.path.startswith("/api/") else 3 :]
        parts = parts[2:] if parts[:1] == ["namespaces"] and len(parts) > 2 else parts
        return "/".join([parts[0], *parts[2:]]) if parts else ""


@dataclass(frozen=True)
class Fault:
    """What becomes of a request; without anything it goes on to the API server as it is."""

    status: int | None = None  # answered so, and not asked
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Injected"}'
    delay: float = 0.0  # seconds before anything else
    abort: bool = False  # the connection is closed without an answer
    cut_bytes: int | None = None  # of the answer's body; then the connection is closed
    cut_after: float | None = None  # seconds of a watch; then the connection is closed
    stall: bool = False  # a watch begins, and nothing ever comes
    events: Callable[[Event], Iterable[Event]] | None = None  # of a watch: what comes instead of each event
    first: tuple[Event, ...] = ()  # of a watch: what comes before all else
    between: float = 0.0  # seconds before each event of a watch
    after: Callable[[], None] | None = None  # called once the API server has answered
    stale: bool = False  # the answer that was given to this question the first time


Rule = Callable[[Asked], Fault | None]
NO_FAULT = Fault()


class FaultyApiServer:
    """A context manager. `rule` says what becomes of each request; `asked` holds them all."""

    def __init__(self, plane: ControlPlane) -> None:
        self._directory, self._url = plane.directory, plane.url
        cluster = yaml.safe_load(plane.kubeconfig.read_text())["clusters"][0]["cluster"]
        self._trust = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self._loop = asyncio.new_event_loop()
        self._first: dict[str, bytes] = {}
        self._onward: list[socket.socket] = []  # to the API server
        self.port = free_ports(1)[0]
        self.authority = Authority.new("faulty")
        self.rule: Rule = lambda _: None
        self.asked: list[Asked] = []
        self.taken: list[Asked] = []  # writes that the API server has taken

    def __enter__(self) -> Self:
        self.ca = self._directory / "faulty-ca.crt"
        self.ca.write_bytes(self.authority.pem)
        self._thread = threading.Thread(target=self._loop.run_forever, name="faulty", daemon=True)
        self._thread.start()
        self._call(self._set_up())
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._call(self._tear_down())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
        gc.collect()  # what is left open is told of here, and not in whatever test runs next

    def kubeconfig(self, token_file: Path) -> Path:
        """Of a user whose token is in a file, as in a pod."""
        cluster = {"server": f"https://{HOST}:{self.port}", "certificate-authority": str(self.ca)}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "faulty", "cluster": cluster}],
            "users": [{"name": "operator", "user": {"tokenFile": str(token_file)}}],
            "contexts": [{"name": "faulty", "context": {"cluster": "faulty", "user": "operator"}}],
            "current-context": "faulty",
        }
        path = self._directory / "faulty.kubeconfig"
        path.write_text(yaml.safe_dump(document))
        return path

    @contextlib.contextmanager
    def fault(self, rule: Rule, cut_streams: bool = True) -> Iterator[None]:
        """As long as it lasts; streams that are under way are cut before, so that they feel it too."""
        self.rule = rule
        if cut_streams:
            self.cut()
        try:
            yield
        finally:
            self.rule = lambda _: None
            self.cut()

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Nobody listens."""
        self._call(self._shut())
        self.cut()
        try:
            yield
        finally:
            self.listen()

    async def _shut(self) -> None:
        """asyncio loses, unclosed, a connection that is just being taken while its server closes: first take none."""
        self._loop.remove_reader(self._door.fileno())
        await asyncio.sleep(0.1)
        await self._site.stop()

    def cut(self) -> None:
        """All connections, at once."""

        self._call(self._cut())

    async def _cut(self) -> None:
        assert self._runner.server is not None
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    def listen(self, authority: Authority | None = None) -> None:
        """With a new certificate, of the authority or of another."""
        certificate, key = (authority or self.authority).issue("faulty", [HOST])
        file = self._directory / "faulty.pem"
        file.write_bytes(certificate + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)

        async def start() -> None:
            self._door = socket.create_server((HOST, self.port))
            self._door.setblocking(False)
            self._site = web.SockSite(self._runner, self._door, ssl_context=context)
            await self._site.start()

        self._call(start())

    def since(self, second: float, **of: Any) -> list[Asked]:
        """Requests since then; `of`: with these fields."""
        found = [one for one in tuple(self.asked) if one.second >= second]
        return [one for one in found if all(getattr(one, name) == value for name, value in of.items())]

    def _call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _set_up(self) -> None:
        connector = TCPConnector(limit=0, ssl=self._trust, socket_factory=self._socket)
        self._session = ClientSession(connector=connector, timeout=ClientTimeout(total=None))
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()

    def _socket(self, address: AddrInfoType) -> socket.socket:
        self._onward.append(socket.socket(*address[:3]))
        return self._onward[-1]

    async def _tear_down(self) -> None:
        """A connection over TLS that is closed waits for the other side's word: each is cut, and seen closed."""
        await self._shut()
        await self._cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._runner.cleanup()
        await self._session.close()
        async with asyncio.timeout(10):
            while left := [one for one in self._onward if one.fileno() != -1]:
                for one in left:
                    with contextlib.suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
                await asyncio.sleep(0.01)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        transport = request.transport
        assert transport is not None
        peer = transport.get_extra_info("peername")[1]
        authorization = request.headers.get("Authorization", "")
        asked = Asked(time.monotonic(), request.method, request.path, dict(request.query), authorization, peer)
        self.asked.append(asked)
        fault = self.rule(asked) or NO_FAULT
        await asyncio.sleep(fault.delay)
        if fault.abort:
            transport.abort()
            raise web.HTTPBadGateway
        if fault.status is not None:
            headers = {"Content-Type": "application/json", **fault.headers}
            return web.Response(status=fault.status, headers=headers, body=fault.body)
        try:
            return await self._passed_on(request, asked, fault, transport)
        except (ClientError, ConnectionError):
            transport.abort()
            raise web.HTTPBadGateway from None

    async def _passed_on(
        self, request: web.Request, asked: Asked, fault: Fault, transport: asyncio.Transport
    ) -> web.StreamResponse:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        url = f"{self._url}{request.rel_url}"
        async with self._session.request(
            request.method, url, headers=headers, data=await request.read() or None, allow_redirects=False
        ) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
            if asked.writes and answer.status < 300:
                self.taken.append(asked)
            if not asked.watches or answer.status >= 300:
                return await self._document(request, answer.status, kept, await answer.read(), fault)
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(fault.cut_after):
                    async for event in self._events(answer.content, fault):
                        await response.write(json.dumps(event).encode() + b"\n")
            if fault.cut_after is not None:
                transport.abort()
            return response

    async def _document(
        self, request: web.Request, status: int, headers: dict[str, str], body: bytes, fault: Fault
    ) -> web.StreamResponse:
        if fault.after is not None:
            fault.after()
        if request.method == "GET" and status == 200:
            first = self._first.setdefault(str(request.rel_url), body)
            body = first if fault.stale else body
        if fault.cut_bytes is None:
            return web.Response(status=status, headers=headers, body=body)
        response = web.StreamResponse(status=status, headers={**headers, "Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[: fault.cut_bytes])
        assert request.transport is not None
        request.transport.close()
        return response

    async def _events(self, stream: Any, fault: Fault) -> AsyncIterator[Event]:
        for event in fault.first:
            yield event
        if fault.stall:
            await asyncio.sleep(3600)
        async for line in stream:
            event = json.loads(line)
            await asyncio.sleep(fault.between)
            for one in fault.events(event) if fault.events else (event,):
                yield one
