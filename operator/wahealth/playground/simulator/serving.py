"""What a simulator needs as a process: a certificate, a control interface, and an end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from wahealth.playground.pki import self_signed


def stopped() -> asyncio.Event:
    """Set by SIGTERM and by SIGINT."""
    event = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, event.set)
    return event


@contextlib.asynccontextmanager
async def control_interface(application: web.Application, port: int) -> AsyncIterator[str]:
    """Serves it on loopback, and gives its URL. Port 0: a free one."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def certificate(file: Path | None, key_file: Path | None, *names: str) -> tuple[str, ssl.SSLContext]:
    """That of `file`, or else a new one for `names` that signs itself: in PEM, with the context that presents it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if file:
        context.load_cert_chain(file, key_file)
        return file.read_text(), context
    pem, key = self_signed(names[0], names)
    with tempfile.NamedTemporaryFile() as both:
        both.write(pem + key)
        both.flush()
        context.load_cert_chain(both.name)
    return pem.decode(), context
