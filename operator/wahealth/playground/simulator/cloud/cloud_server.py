"""The simulated Cloud API on one address and port, over TLS or plain HTTP."""

from __future__ import annotations

import ssl

from aiohttp import web

from wahealth.playground.simulator.cloud import dialog360, graph
from wahealth.playground.simulator.cloud.graph_errors import Refusal, envelope
from wahealth.playground.simulator.cloud.graph_path import parse_path, served_version
from wahealth.playground.simulator.cloud.settings import ErrorSettings, GraphFaults
from wahealth.playground.simulator.cloud.world import Cloud
from wahealth.playground.simulator.faults import answer_with

VERSION_HEADER = "facebook-api-version"


class CloudServer:
    def __init__(self, cloud: Cloud, address: str, port: int, context: ssl.SSLContext | None) -> None:
        """`context`: None for plain HTTP. Port 0: a free one, which stays the same."""
        self._cloud = cloud
        self._address = address
        self._port = port
        self._context = context
        self._site: web.TCPSite | None = None
        app = web.Application()
        app.router.add_route("*", r"/{path:[\s\S]*}", self._served)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    @property
    def url(self) -> str:
        host = f"[{self._address}]" if ":" in self._address else self._address
        return f"{'https' if self._context else 'http'}://{host}:{self._port}"

    async def start(self) -> None:
        """Raises `OSError` where the address or the port cannot be had."""
        await self._runner.setup()
        await self.listen()

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def listen(self) -> None:
        """Listen, unless it is set to refuse connections."""
        if self._cloud.server.refuse:
            if self._site is not None:
                await self._site.stop()
                self._site = None
        elif self._site is None:
            self._site = web.TCPSite(self._runner, self._address, self._port, ssl_context=self._context)
            await self._site.start()
            self._port = self._runner.addresses[0][1]

    async def _served(self, request: web.Request) -> web.StreamResponse:
        self._cloud.requests += 1
        self._cloud.counts[parse_path(request.path).name]["requests"] += 1
        faulty = _faulty(self._cloud, request)
        return await answer_with(faulty.faults, request, lambda: _answer(self._cloud, request, faulty.error))


def _faulty(cloud: Cloud, request: web.Request) -> GraphFaults:
    """The number or the account that the request is about, where that has any faults; else the server."""
    if request.path == dialog360.PATH:
        _, own = dialog360.number_of(cloud, request) or ("", None)
        return own if own is not None and own.is_faulty else cloud.server
    object_ = cloud.object(parse_path(request.path).name)
    return object_ if object_ is not None and object_.is_faulty else cloud.server


def _answer(cloud: Cloud, request: web.Request, error: ErrorSettings | None) -> web.Response:
    """`error`: what is answered instead; None for none."""
    path = parse_path(request.path)
    is_graph = request.path != dialog360.PATH
    headers = {VERSION_HEADER: served_version(path.version, cloud.server.oldest_version)} if is_graph else {}
    try:
        if error is not None:
            raise Refusal(error)
        made = graph.routed(cloud, request, path, headers) if is_graph else dialog360.health(cloud, request)
    except Refusal as refused:
        cloud.counts[path.name]["refused"] += 1
        status, body = envelope(refused.error, f"A{cloud.requests:022x}")
        made = web.json_response(body, status=status)
    made.headers.update(headers)
    return made
