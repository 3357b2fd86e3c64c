"""Keeps a task running that is to run as long as the process: a bug ends it, and it is begun anew after a pause."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from wahealth.kube.apiserver.backoff import Backoff
from wahealth.telemetry import logs, metrics

log = logging.getLogger(__name__)

MOST = 5  # times in a row; then the process ends, and whoever runs it begins it anew
_LASTING = 300.0  # seconds after which it counts as a success


async def run_supervised(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Until it ends by itself, or is cancelled. Raises its exception when it fails too often."""
    loop, backoff, failures = asyncio.get_running_loop(), Backoff(_LASTING), 0
    while True:
        began = loop.time()
        try:
            return await run()
        except Exception as error:
            metrics.bugs.labels(name).inc()
            log.error("task ended by a bug", extra={"task": name, **logs.bug(error)})
            failures = failures + 1 if loop.time() - began < _LASTING else 1
            if failures >= MOST:
                raise
        await asyncio.sleep(backoff.next(loop.time() - began))
