"""Other probers and ours in one run: CPU and memory of each, and what the targets saw of it.

blackbox_exporter asks when it is asked, so a driver of a few lines does what Prometheus would; its CPU is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx

from bench.probers import OWN_PORT, PROBERS, Load
from bench.targets import Targets, serving
from support.process import child_of, cpu, machine, peak, steal, stolen
from wahealth.playground.cluster.processes import ManagedProcess

LOADS = ((1_000, 10.0), (10_000, 30.0), (1_000, 1.0))
SIDE_BY_SIDE = ("wahealth", "gatus 5.36")
WINDOW, WINDOWS = 60.0, 3


async def drive(load: Load) -> None:
    """Asks blackbox_exporter for each target once a period."""
    async with httpx.AsyncClient(trust_env=False, timeout=10, limits=httpx.Limits(max_connections=64)) as client:

        async def ask(each: str) -> None:
            query = {"module": "waweb", "target": f"https://{each}:{load.targets.port}/v1/health"}
            await client.get(f"http://127.0.0.1:{OWN_PORT}/probe", params=query)

        loop, began = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for turn in range(1_000_000):
                due = began + turn * load.period / load.n
                await asyncio.sleep(max(0.0, due - loop.time()))
                group.create_task(ask(load.hosts[turn % load.n]))


def measure(name: str, load: Load) -> None:
    """One prober alone."""
    with Probing.begun(name, load) as probing:
        probing.until_seen()
        time.sleep(settling(load.period))
        print(probing.measured(WINDOW), flush=True)


class Figures(NamedTuple):
    """What one window came to."""

    name: str
    cost: float  # milliseconds of CPU a probe
    peak: float  # MB
    missed: float  # per cent
    late: float  # milliseconds, 99th percentile
    connections: int  # new ones

    def __str__(self) -> str:
        figures = f"{self.cost:>10.3f} {self.peak:>10.0f} {self.missed:>10.2f}"
        return f"  {self.name:<20} {figures} {self.late:>12.0f} {self.connections:>12}"


class Probing:
    """A prober at work."""

    def __init__(self, name: str, load: Load, pid: int) -> None:
        self._name, self._load, self._pid = name, load, pid
        self._used = 0.0

    @classmethod
    @contextlib.contextmanager
    def begun(cls, name: str, load: Load) -> Iterator[Probing]:
        command, directory = PROBERS[name](load), load.targets.directory
        process = ManagedProcess.start(
            name, command.argv, log=directory / "prober.log", env={**os.environ, **command.env}
        )
        driver = None
        try:
            time.sleep(2)
            if command.driven:
                argv = [sys.executable, __file__, "--drive", str(load.n), f"{load.period:g}"]
                driver = ManagedProcess.start("driver", argv, log=directory / "driver.log")
            yield cls(name, load, child_of(process.pid))
        finally:
            for one in filter(None, (driver, process)):
                one.stop()

    def until_seen(self) -> None:
        """Until all targets were probed."""
        load = self._load
        load.targets.until_seen(load.n, 3 * load.period + 60)

    def measured(self, seconds: float) -> Figures:
        self.begin()
        time.sleep(seconds)
        return self.end()

    def begin(self) -> None:
        """A window begins."""
        self._used = cpu(self._pid)
        self._load.targets.begin()

    def end(self) -> Figures:
        window = self._load.targets.end(self._load.n, self._load.period)
        cost = 1000 * (cpu(self._pid) - self._used) / max(1, window["Requests"])
        late = 1000 * window["LateP99"]
        return Figures(self._name, cost, peak(self._pid), window["MissedPercent"], late, window["Handshakes"])


def settling(period: float) -> float:
    """Seconds until ours compares what targets say, after the second probe of each."""
    return max(10.0, 2.5 * period)


def in_the_same_windows(n: int, period: float) -> None:
    """Ours and the nearest peer at the same time, each on targets of its own; a ratio for each window."""
    with contextlib.ExitStack() as stack:
        loads = [Load(stack.enter_context(serving(number)), n, period) for number in range(2)]
        both = [stack.enter_context(Probing.begun(name, load)) for name, load in zip(SIDE_BY_SIDE, loads, strict=True)]
        for one in both:
            one.until_seen()
        time.sleep(settling(period))
        for _ in range(WINDOWS):
            before, began = stolen(), time.monotonic()
            for one in both:
                one.begin()
            time.sleep(WINDOW)
            ours, peer = (one.end() for one in both)
            stood = steal(before, began)
            print(f"{ours}\n{peer}")
            print(f"  {'ratio':<20} {ours.cost / peer.cost:>10.2f} {ours.peak / peer.peak:>10.2f}", end="")
            print(f"{'':<12} load {os.getloadavg()[0]:.1f}, steal {stood:.1f} %", flush=True)


def main(everybody: bool) -> None:
    print(f"\nProbers ({machine()})")
    for n, period in LOADS:
        print(f"\n  {n:,} targets every {period:g} s{'':<4} ms a probe    peak MB   missed %  late p99 ms  connections")
        in_the_same_windows(n, period)
    for n, period in LOADS if everybody else ():
        print(f"\n  one by one: {n:,} every {period:g} s  ms a probe    peak MB   missed %  late p99 ms  connections")
        for name in PROBERS:
            with serving() as targets:
                measure(name, Load(targets, n, period))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drive", nargs=2, metavar=("N", "PERIOD"))
    parser.add_argument("--everybody", action="store_true", help="the others, too, one after the other")
    arguments = parser.parse_args()
    if arguments.drive:
        asyncio.run(drive(Load(Targets(Path()), int(arguments.drive[0]), float(arguments.drive[1]))))
    else:
        main(arguments.everybody)
