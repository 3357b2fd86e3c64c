"""The board's own HTTP server: its page, the stream of tiles, and one client on demand."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSCloseCode, web

from wahealth.kubeconfig.problem import NotUsable
from wahealth.wa.board.door import Door, Visit
from wahealth.wa.board.map import Map, Reader
from wahealth.wa.board.pages import CLOSED, INDEX, OPEN_TO_ALL, all_files
from wahealth.wa.problem import USAGE, Unusable

HOST = "127.0.0.1"
_PAUSE = 0.2  # seconds between two messages: what changes meanwhile is told at once
_ALIVE = 30.0  # seconds between two pings
_LONGEST = 1024  # bytes of what a page may say, which says nothing
_END = 2.0  # seconds that open pages have to go when the command ends
Asked = Callable[..., Awaitable[dict[str, Any]]]


class Server:
    """`client` gives the page of a client by namespace and name, `reason` that of a reason. Both raise `Unusable`."""

    def __init__(self, fleet: Map, door: Door, client: Asked, reason: Asked) -> None:
        self._fleet, self._door, self._client, self._reason = fleet, door, client, reason
        self._files = all_files()
        self._streams: set[web.WebSocketResponse] = set()

    def application(self) -> web.Application:
        """All of it."""
        app = web.Application(middlewares=[self._guarded])
        app.router.add_get("/", self._index, allow_head=False)
        app.router.add_get("/stream", self._stream, allow_head=False)
        app.router.add_get("/client", self._answered(self._client, "namespace", "name"), allow_head=False)
        app.router.add_get("/reason", self._answered(self._reason, "name"), allow_head=False)
        app.router.add_get("/{file}", self._file, allow_head=False)
        app.on_response_prepare.append(self._with_headers)
        app.on_shutdown.append(self._end)
        return app

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        visit = _visit(request)
        if not self._door.knows(visit):
            return web.Response(status=405 if visit.method != "GET" else 421, text="This is not the board.\n")
        if request.path == "/" and (cookie := self._door.lets_in(visit)):
            return web.Response(status=303, headers={"Location": "/", "Set-Cookie": cookie})
        if not self._door.is_in(visit) and request.path.lstrip("/") not in OPEN_TO_ALL:
            return self._content(CLOSED, 403)
        try:
            return await handler(request)
        except web.HTTPException as error:
            return web.Response(status=error.status, text="There is nothing here.\n")

    async def _with_headers(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(self._door.headers())

    def _content(self, name: str, status: int = 200) -> web.Response:
        file = self._files[name]
        return web.Response(status=status, body=file.content, content_type=file.kind, charset="utf-8")

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return self._content(INDEX)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        if name not in self._files:
            raise web.HTTPNotFound
        return self._content(name)

    def _answered(self, asked: Asked, *names: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return web.json_response(await asked(*(request.query.get(name, "") for name in names)))
            except (Unusable, NotUsable) as error:
                status = 404 if isinstance(error, Unusable) and error.code == USAGE else 502
                return web.json_response({"problem": f"{error}."}, status=status)

        return answer

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if not self._door.is_ours(_visit(request)):
            return web.Response(status=403, text="A stream is for the board's own page.\n")
        stream = web.WebSocketResponse(heartbeat=_ALIVE, max_msg_size=_LONGEST, compress=False)
        await stream.prepare(request)
        reader = self._fleet.reader()
        self._streams.add(stream)
        telling = asyncio.create_task(self._told(stream, reader))
        try:
            async for _ in stream:  # ends when the page does; what it says is of no interest
                pass
        finally:
            telling.cancel()
            self._streams.discard(stream)
            self._fleet.leave(reader)
        return stream

    async def _told(self, stream: web.WebSocketResponse, reader: Reader) -> None:
        with contextlib.suppress(ConnectionError):  # the page was closed while it was told
            while True:
                message = await self._fleet.message(reader)
                await stream.send_str(json.dumps(message, separators=(",", ":")))
                await asyncio.sleep(_PAUSE)

    async def _end(self, _: web.Application) -> None:
        closing = [stream.close(code=WSCloseCode.GOING_AWAY) for stream in self._streams]
        await asyncio.wait_for(asyncio.gather(*closing, return_exceptions=True), _END)


def _visit(request: web.Request) -> Visit:
    headers = request.headers
    return Visit(
        request.method,
        headers.get("Host", ""),
        headers.get("Origin", ""),
        headers.get("Cookie", ""),
        request.query.get("token", ""),
    )
