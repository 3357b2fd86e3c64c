"""Rounds of a few resources on a clock of their own, for a tool that counts what this process executes.

    rounds.py CA RELEASE KIND=PORT…      CA: a file in PEM. The ports are those of `bench.held`

For each kind a child of this process plays `WINDOWS` windows of `PERIODS` periods after a warm-up. At each border it
forks a process that ends at once, so that the tool says what was counted so far; its kind, its process ID and how many
probes were made so far are printed. What lies between two borders is so many rounds and nothing else.

No time passes while anything runs: the clock jumps to the next timer once all is quiet, so nothing depends on how fast
the machine is.
"""

from __future__ import annotations

import asyncio
import gc
import os
import selectors
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported once the clock is another
    from wahealth.kube.scheduler import Scheduler
    from wahealth.probe.client import Prober

SETTLED, ORDINARY, NUMBER = "settled", "ordinary", "number"
CLIENTS, AT_ONCE = 40, 10  # resources, and how many of them are due at the same time
NUMBERS = 10  # each is due alone: they have one host, to which one connection is kept
PERIOD = 5.0
WARM_UP, WINDOWS, PERIODS = 6, 3, 6


class Clock:
    """Monotonic seconds that pass only where somebody says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Jumping(selectors.DefaultSelector):
    """Where there is nothing to do all answers are let go; where none comes the clock goes on to the next timer."""

    def __init__(self, clock: Clock, release: int) -> None:
        super().__init__()
        self._clock = clock
        self._servers = socket.create_connection(("127.0.0.1", release))

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout != 0:
            self._servers.sendall(b"?")
            self._servers.recv(1)
            found = super().select(0)
            self._clock.now += 0.0 if found or not timeout else timeout
        return found


def client(number: int, port: int) -> dict[str, Any]:
    from bench.lone import resource

    return in_own_namespace(resource(number, f"127.1.0.{number + 1}:{port}", PERIOD), number)


def phone_number(number: int, port: int) -> dict[str, Any]:
    from bench.lone import resource

    found = resource(number, f"127.0.0.1:{port}", PERIOD)
    found["spec"]["target"] = {"cloud": {"phoneNumberID": f"90000{number}"}}
    found["spec"]["auth"] = {"bearerToken": {"secretKeyRef": {"name": "key", "key": "token"}}}
    return in_own_namespace(found, number)


def in_own_namespace(document: dict[str, Any], number: int) -> dict[str, Any]:
    """A namespace has a budget of its own, and takes turns once that is used up."""
    document["metadata"]["namespace"] = f"bench-{number}"
    return document


def documents(kind: str, port: int) -> list[dict[str, Any]]:
    if kind == NUMBER:
        return [phone_number(number, port) for number in range(NUMBERS)]
    return [client(number, port) for number in range(CLIENTS)]


def phases(kind: str) -> Callable[[], float]:
    """Between 0.05 and 0.95, so that a whole period begins and ends where nothing is due."""
    count, together = (NUMBERS, 1) if kind == NUMBER else (CLIENTS, AT_ONCE)
    groups = count // together
    return iter([0.05 + 0.9 * (number // together) / groups for number in range(count)]).__next__


async def play(kind: str, port: int, ca: bytes) -> None:
    from wahealth.probe.client import Prober

    async with Prober() as prober:
        running = asyncio.create_task(scheduler(kind, port, ca, prober).run())
        await asyncio.sleep(PERIOD * WARM_UP)
        border(kind)
        for _ in range(WINDOWS):
            await asyncio.sleep(PERIOD * PERIODS)
            border(kind)
        running.cancel()


def scheduler(kind: str, port: int, ca: bytes, prober: Prober) -> Scheduler:
    """The operator's own, with all resources of that kind."""
    from bench.lone import Given, Nowhere, limits_of, reconciler_of
    from wahealth.core.cloud.wanted import Provider
    from wahealth.core.egress.origin import origin_of
    from wahealth.kube.process.lag import Lag
    from wahealth.kube.scheduler import Outside, Scheduler

    hosts = [f"127.1.0.{number + 1}:{port}" for number in range(CLIENTS)]
    limits = limits_of(hosts)._replace(cloud={Provider.GRAPH: origin_of(f"https://127.0.0.1:{port}")})
    reconciler, lane = reconciler_of(Given(b"a-key-of-enough-characters", ca), Nowhere(), limits, prober, Lag())
    made = Scheduler(reconciler.reconcile, Outside(random_phase=phases(kind), lane=lane))
    for document in documents(kind, port):
        made.upsert(document)
    return made


def border(kind: str) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    print(kind, pid, probes_made(), flush=True)


def probes_made() -> int:
    from wahealth.telemetry import metrics

    return sum(int(one.value) for family in metrics.probes.collect() for one in family.samples if "_total" in one.name)


def main(ca: bytes, release: int, ports: dict[str, int]) -> None:
    clock = Clock()
    time.time = time.monotonic = time.perf_counter = time.thread_time = clock
    import bench.lone  # noqa: F401 - here once, and not in each child

    gc.collect()
    gc.freeze()
    for kind, port in ports.items():
        pid = os.fork()
        if pid == 0:
            loop = lambda: asyncio.SelectorEventLoop(Jumping(clock, release))  # noqa: E731
            with asyncio.Runner(loop_factory=loop) as runner:
                runner.run(play(kind, port, ca))
            os._exit(0)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    pairs = (argument.split("=") for argument in sys.argv[3:])
    main(Path(sys.argv[1]).read_bytes(), int(sys.argv[2]), {kind: int(port) for kind, port in pairs})
