"""The operator's own endpoints: `/livez`, `/readyz`, `/metrics`. They never ask the API server.

Our own loop serves them, so a blocked loop fails its liveness probe. kopf's probe handlers would hang after an
exception.
"""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from aiohttp import web

from wahealth.core.egress.origin import listening_at
from wahealth.listening import Guests
from wahealth.telemetry import metrics
from wahealth.telemetry.exposition import Family, exposition

_GZIP = 31  # zlib's number for that format
_LONGEST_KEPT = 90.0  # seconds that a connection is kept for its next request

Checks = Callable[[], Iterable[str]]  # what is wrong, in whole sentences; empty: nothing


class CannotListen(Exception):
    """The address is in use, or does not belong to this machine."""


class HealthServer:
    """`families`: the metrics of the resources, made when they are asked for."""

    def __init__(self, not_live: Checks, not_ready: Checks, families: Callable[[], Iterable[Family]]) -> None:
        self._not_live = not_live
        self._not_ready = not_ready
        self._families = families

    @contextlib.asynccontextmanager
    async def listening(self, address: str) -> AsyncIterator[None]:
        """Serve as long as this lasts. `address`: such as `:8080`. Raises `CannotListen`."""
        host, port = listening_at(address)
        application = web.Application()
        application.add_routes(
            [web.get("/livez", self._livez), web.get("/readyz", self._readyz), web.get("/metrics", self._metrics)]
        )
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5, keepalive_timeout=_LONGEST_KEPT)
        await runner.setup()
        try:
            server = await _serving(runner, host, port)
            try:
                yield
            finally:
                server.close()
        finally:
            await runner.cleanup()

    async def _livez(self, _: web.Request) -> web.Response:
        return _said(self._not_live())

    async def _readyz(self, _: web.Request) -> web.Response:
        return _said(self._not_ready())

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        accept, names = request.headers.get("Accept", ""), request.query.getall("name[]", ())
        media_type, pieces = exposition(metrics.REGISTRY, self._families(), accept, names)
        headers = {"Content-Type": media_type}
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"], pieces = "gzip", _packed(pieces)
        response = web.StreamResponse(headers=headers)
        with contextlib.suppress(ConnectionError):  # the client has gone
            await response.prepare(request)
            for piece in pieces:
                await response.write(piece)
                await asyncio.sleep(0)  # not in a thread: a busy thread takes the interpreter from our loop
            await response.write_eof()
        return response


async def _serving(runner: web.AppRunner, host: str, port: int) -> asyncio.Server:
    """Not a `TCPSite` of aiohttp's: that accepts connections until no descriptor is left. Raises `CannotListen`."""
    protocol = runner.server
    assert protocol is not None  # noqa: S101 - it is set up
    try:
        return await Guests(protocol).listen(host, port)
    except OSError:
        raise CannotListen from None


def _packed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(level=1, wbits=_GZIP)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _said(ailments: Iterable[str]) -> web.Response:
    found = tuple(ailments)
    return web.Response(status=503 if found else 200, text="\n".join(found or ("ok",)) + "\n")
