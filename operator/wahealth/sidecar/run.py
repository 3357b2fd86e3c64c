"""Runs the sidecar process."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from wahealth.probe import fd_limit
from wahealth.probe.client import Prober
from wahealth.sidecar.pages import Pages
from wahealth.sidecar.rounds import Rounds
from wahealth.sidecar.server import Server
from wahealth.sidecar.settings import Settings
from wahealth.telemetry import logs

log = logging.getLogger(__name__)

NOT_THERE = 69


def run(settings: Settings) -> int:
    """Runs until SIGTERM or SIGINT and returns the exit code; 69 if it cannot listen."""
    fd_limit.raise_limit()
    try:
        with logs.written(settings.log_level, settings.log_format):
            asyncio.run(_until_stopped(settings))
    except OSError as error:
        host, port = settings.listen
        print(f"wahealth sidecar: cannot listen on {host}:{port}: {error.strerror}.", file=sys.stderr)
        return NOT_THERE
    return 0


async def _until_stopped(settings: Settings) -> None:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with Prober() as prober:
        rounds = Rounds(settings, prober)
        server = await Server(Pages(settings, rounds, loop.time)).listen(*settings.listen)
        log.info("listening", extra={"role": settings.identity.role, "port": settings.listen[1]})
        asking = asyncio.create_task(rounds.run())
        await stopped.wait()
        server.close()
        asking.cancel()
    log.info("stopped")
