"""Faults on the way to an answer, done to a real connection."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable

from aiohttp import web

from wahealth.playground.simulator.settings import AnswerFaults

_NEVER = 24 * 3600.0
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close by RST


async def answer_with(
    faults: AnswerFaults, request: web.Request, answer: Callable[[], web.Response]
) -> web.StreamResponse:
    """What `answer` makes once the delay is over, with all that goes wrong; where another answer is set, that one."""
    if faults.reset:
        return abort(request)
    await asyncio.sleep(_NEVER if faults.hang else faults.delay)
    made = _instead(faults) or answer()
    made.headers.update(faults.headers)
    return await _dripped(made, request, faults.drip) if faults.drip else made


def abort(request: web.Request) -> web.Response:
    """Reset the connection; what is returned never arrives."""
    transport = request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
    return web.Response()


def _instead(faults: AnswerFaults) -> web.Response | None:
    if faults.status is None and faults.body is None:
        return None
    body = faults.body if faults.body is not None else json.dumps({"errors": []})
    return web.Response(status=faults.status or 200, text=body, content_type="application/json")


async def _dripped(answer: web.Response, request: web.Request, pause: float) -> web.StreamResponse:
    slow = web.StreamResponse(status=answer.status, headers={"Content-Type": "application/json"})
    await slow.prepare(request)
    body = answer.body if isinstance(answer.body, bytes) else b""
    for byte in body:
        await slow.write(bytes([byte]))
        await asyncio.sleep(pause)
    return slow
