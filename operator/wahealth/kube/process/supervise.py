"""Keeps a task running as long as the process: when a bug ends it, it is started again after a pause."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from wahealth.kube.apiserver.backoff import Backoff
from wahealth.telemetry import logs, metrics

log = logging.getLogger(__name__)

MOST = 5  # consecutive failures; then the process ends, and its Deployment starts it again
_LASTING = 300.0  # seconds after which a run counts as a success


async def run_supervised(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run the task until it returns or is cancelled, and again after an exception. Raises the exception of the last of
    `MOST` consecutive failures."""
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
