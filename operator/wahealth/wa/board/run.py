"""The command: it listens, says where, and ends with Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import socket
from collections.abc import Callable
from typing import Any, NamedTuple

from aiohttp import web

from wahealth.wa import reason
from wahealth.wa.board.browser import opened, way_in
from wahealth.wa.board.client_page import document
from wahealth.wa.board.door import Door
from wahealth.wa.board.map import Map
from wahealth.wa.board.map_feed import MapFeed, Scope
from wahealth.wa.board.server import HOST, Server
from wahealth.wa.board.signed import SignedIn
from wahealth.wa.cluster import CLIENTS, path
from wahealth.wa.looking import look
from wahealth.wa.problem import UP, Unusable
from wahealth.wa.refused import Refused, Right, no_clients

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


class Settings(NamedTuple):
    """What only the board is told. `port` 0: any that is free. `runbooks`: the URL where they are published, if any."""

    port: int
    opens: bool
    runbooks: str


async def serve(signed: SignedIn, scope: Scope, settings: Settings, say: Callable[[str], None]) -> int:
    """Serves until it is interrupted; `say` is told each URL that leads in. Raises `Unusable` and `NotUsable` where the
    clients cannot be listed, or the port is taken."""
    await _tried(signed, scope)
    with _listening(settings.port) as listening, way_in() as way:
        address = f"{HOST}:{listening.getsockname()[1]}"
        fleet, door = Map(), Door(address, say)
        runner = web.AppRunner(Server(fleet, door, *_asked(signed, scope, settings)).application(), access_log=None)
        await runner.setup()
        feeding = asyncio.create_task(MapFeed(fleet, scope, signed).run())
        try:
            await web.SockSite(runner, listening).start()
            say(door.url)
            if settings.opens:
                opened(way, door.url)
            await _until_interrupted(feeding)
        finally:
            feeding.cancel()
            await runner.cleanup()
    return UP


async def _tried(signed: SignedIn, scope: Scope) -> None:
    """Whether there is anything to show: what is wrong from the beginning is said in the terminal."""
    cluster = await signed.cluster()
    try:
        async with asyncio.timeout(scope.timeout):
            await cluster.get(path(CLIENTS, scope.namespace, limit=1))
    except Refused as refused:
        raise Unusable(no_clients(refused, Right("list", CLIENTS.plural, scope.namespace))) from None


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except (OSError, OverflowError):
        raise Unusable(f"nobody can listen on {HOST}:{port}: choose another port with --port") from None


def _asked(signed: SignedIn, scope: Scope, settings: Settings) -> tuple[Any, Any]:
    async def client(namespace: str, name: str) -> dict[str, Any]:
        if not (_NAME.fullmatch(namespace) and _NAME.fullmatch(name)):
            raise Unusable("there is no such client: its name is none that Kubernetes allows")
        if scope.namespace not in {"", namespace}:
            raise Unusable(f"this board shows {scope.namespace} alone: start it with -A to see {namespace}")
        cluster = await signed.cluster()
        try:
            async with asyncio.timeout(scope.timeout):
                return document(await look(cluster, namespace, name, scope.where), settings.runbooks)
        except TimeoutError:
            raise Unusable(f"no answer within {scope.timeout:g} s") from None

    async def explained(name: str) -> dict[str, Any]:
        return reason.document(name)

    return client, explained


async def _until_interrupted(feeding: asyncio.Task[None]) -> None:
    """Also ends, with its error, when the feed does, which it should not."""
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # where there are no such handlers, Ctrl-C raises as ever
            loop.add_signal_handler(number, interrupted.set)
    waiting = asyncio.create_task(interrupted.wait())
    await asyncio.wait({waiting, feeding}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if feeding.done():
        feeding.result()
