"""Other probers and ours on the same targets, in one run: CPU and memory of each, and what the targets saw of it.

blackbox_exporter asks when it is asked, so a driver of a few lines does what Prometheus would; its CPU is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

import httpx

from bench.probers import OWN_PORT, PROBERS, Load
from bench.targets import PORT, Targets, serving
from support.process import child_of, cpu, machine, peak
from wahealth.playground.cluster.processes import ManagedProcess

LOADS = ((1_000, 10.0), (10_000, 30.0))
WINDOW = 60.0


async def drive(load: Load) -> None:
    """Asks blackbox_exporter for each target once a period."""
    async with httpx.AsyncClient(trust_env=False, timeout=10, limits=httpx.Limits(max_connections=64)) as client:

        async def ask(each: str) -> None:
            query = {"module": "waweb", "target": f"https://{each}:{PORT}/v1/health"}
            await client.get(f"http://127.0.0.1:{OWN_PORT}/probe", params=query)

        loop, began = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for turn in range(1_000_000):
                due = began + turn * load.period / load.n
                await asyncio.sleep(max(0.0, due - loop.time()))
                group.create_task(ask(load.hosts[turn % load.n]))


def measure(name: str, load: Load) -> None:
    effect = PROBERS[name](load)
    log = load.targets.directory / "prober.log"
    process = ManagedProcess.start(name, effect.argv, log=log, env={**os.environ, **effect.env})
    driver = None
    try:
        time.sleep(2)
        pid = child_of(process.pid)
        if effect.driven:
            argv = [sys.executable, __file__, "--drive", str(load.n), f"{load.period:g}"]
            driver = ManagedProcess.start("driver", argv, log=load.targets.directory / "driver.log")
        load.targets.until_seen(load.n, 3 * load.period + 60)
        time.sleep(min(10, load.period))
        used = cpu(pid)
        window = load.targets.window(load.n, load.period, WINDOW)
        used = cpu(pid) - used
        each = 1000 * used / max(1, window["Requests"])
        figures = f"{each:>10.2f} {peak(pid):>10.0f} {window['MissedPercent']:>10.2f}"
        print(f"  {name:<20} {figures} {1000 * window['LateP99']:>12.0f} {window['Handshakes']:>12}", flush=True)
    finally:
        for one in filter(None, (driver, process)):
            one.stop()


def main() -> None:
    print(f"\nProbers on the same targets ({machine()})")
    for n, period in LOADS:
        print(f"\n  {n:,} targets every {period:g} s{'':<4} ms a probe    peak MB   missed %  late p99 ms  connections")
        for name in PROBERS:
            with serving() as targets:
                measure(name, Load(targets, n, period))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drive", nargs=2, metavar=("N", "PERIOD"))
    arguments = parser.parse_args()
    if arguments.drive:
        asyncio.run(drive(Load(Targets(Path()), int(arguments.drive[0]), float(arguments.drive[1]))))
    else:
        main()
