"""A processor that work keeps busy, on a clock that costs no time: what is begun now is done later."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

import looptime

from wahealth.core.control.budget import Ledger
from wahealth.kube.process.meter import Meter
from wahealth.kube.scheduler import Outside


class Processor:
    """While it burns, nothing else runs in its loop."""

    def __init__(self) -> None:
        self.burnt = 0.0  # seconds

    def burn(self, seconds: float) -> None:
        self.burnt += seconds

    def meter(self, ledger: Ledger) -> Meter:
        return Meter(ledger, clock=lambda: self.burnt, cpu=lambda: self.burnt)

    def outside(self, seed: int = 1) -> Outside:
        return Outside(random.Random(seed).random, self.meter)

    def run(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with asyncio.Runner(loop_factory=self._loop) as runner:
            runner.run(main())

    def _loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = looptime.new_event_loop(start=1000)
        of_waiting = loop.time
        loop.time = lambda: of_waiting() + self.burnt  # type: ignore[method-assign]
        return loop
