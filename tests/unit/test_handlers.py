"""kopf's side: what it may do to this process."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import kopf
import pytest

from wahealth.kube import handlers


def death_warrants(settings: kopf.OperatorSettings, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds after which a kopf that was ended would send a signal to its own thread, and so to the process."""
    found: list[float] = []
    monkeypatch.setenv("POD_ID", "us")  # else kopf looks up the name of this machine

    async def ended() -> None:
        loop = asyncio.get_running_loop()
        later = loop.call_later

        def noted(delay: float, callback: Any, *arguments: Any, **more: Any) -> asyncio.TimerHandle:
            if callback is signal.pthread_kill:
                found.append(delay)
                return later(0, bool)
            return later(delay, callback, *arguments, **more)

        monkeypatch.setattr(loop, "call_later", noted)
        # kopf asks for /api and /apis at once and forgets the second where the first fails: its traceback would be
        # written when it is collected, in another test. There it may fall into an ast.parse, which CPython 3.11.7
        # then ends with a SystemError, for writing a traceback parses too.
        loop.set_exception_handler(lambda *_: None)
        watching = kopf.operator(registry=kopf.OperatorRegistry(), settings=settings, standalone=True, clusterwide=True)
        operator = asyncio.create_task(watching)
        await asyncio.sleep(0.2)
        operator.cancel()
        await asyncio.gather(operator, return_exceptions=True)

    asyncio.run(ended())
    return found


def test_when_kopf_ends_it_does_not_take_the_process_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert death_warrants(kopf.OperatorSettings(), monkeypatch) == [600.0]  # by itself
    assert death_warrants(handlers.settings(), monkeypatch) == []
