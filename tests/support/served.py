"""The answers of `tests/cases/served`: each route says one, or several in turn, of which the last is said for ever."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import ssl
import threading
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import yaml

from support.scripted import Script, Served, answer, serving

CASES = Path(__file__).parents[1] / "cases" / "served"
NAMES = sorted(path.stem for path in CASES.glob("*.yaml"))
HEALTH, LOGIN = "GET /v1/health", "POST /v1/users/login"
_REFUSED = {"status": 401}  # of what a case does not say


def script_of(name: str) -> Script:
    routes: dict[str, Any] = yaml.safe_load((CASES / f"{name}.yaml").read_text())["routes"]
    left = {route: _in_turn(said) for route, said in routes.items()}
    refused = repeat(_written(_REFUSED))

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            method, path, _ = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ", 2)
            writer.write(next(left.get(f"{method} {path}", refused)))
            await writer.drain()

    return script


def _in_turn(route: dict[str, Any]) -> Iterator[bytes]:
    several = [_written(one) for one in route.get("repeat", [route])]
    return chain(several, repeat(several[-1]))


def _written(said: dict[str, Any]) -> bytes:
    body = (json.dumps(said["body"]) if "body" in said else said.get("text", "")).encode()
    headers = dict(said.get("headers", {}))
    if said.get("gzip"):
        body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return answer(body, head.encode(), f"{said.get('status', 200)} X".encode())


@contextlib.contextmanager
def beside(script: Script, context: ssl.SSLContext | None = None) -> Iterator[Served]:
    """In a thread, for whoever has an event loop of its own."""
    loop, ended, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    running: list[Served] = []

    async def serve() -> None:
        async with serving(script, context) as served:
            running.append(served)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield running[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
