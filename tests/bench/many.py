"""As many targets as one process can keep connections to here, as often as a core holds: 5,000 and 15,000 every 15 s.

15,000 every 15 s are 1,000 probes a second, as 30,000 every 30 s are, for whose connections there are no descriptors.
The difference between both rows is what a target weighs. Two processes answer, half of the targets each.
"""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

from bench.peers import settling
from bench.targets import Targets, host, serving
from support.process import child_of, cpu, machine, peak
from wahealth.playground.cluster.processes import ManagedProcess

PERIOD, WINDOW = 15.0, 60.0
SIZES = (5_000, 15_000)


def measured(n: int) -> float:
    """Peak memory in MB."""
    with contextlib.ExitStack() as stack:
        halves = [stack.enter_context(serving(number)) for number in range(2)]
        directory = halves[0].directory
        listed = directory / "targets.txt"
        listed.write_text("".join(f"{host(i)}:{half.port}\n" for half in halves for i in range(n // 2)))
        authorities = directory / "both.pem"
        authorities.write_bytes(b"".join(half.ca.read_bytes() for half in halves))
        fleet = str(Path(__file__).with_name("fleet.py"))
        argv = [sys.executable, fleet, "--targets", str(listed), "--period", f"{PERIOD:g}", "--parked", str(n)]
        argv += ["--key", str(halves[0].key), "--ca", str(authorities)]
        process = ManagedProcess.start("many", argv, log=directory / "log")
        stack.callback(process.stop)
        for half in halves:
            half.until_seen(n // 2, 10 * PERIOD)
        time.sleep(settling(PERIOD))
        return window(n, halves, child_of(process.pid))


def window(n: int, halves: list[Targets], pid: int) -> float:
    used = cpu(pid)
    for half in halves:
        half.begin()
    time.sleep(WINDOW)
    found = [half.end(n // 2, PERIOD) for half in halves]
    used = cpu(pid) - used
    probes = sum(one["Requests"] for one in found)
    missed = sum(one["Missed"] for one in found) / max(1, probes)
    late = 1000 * max(one["LateP99"] for one in found)
    print(
        f"  {n:>8,} {probes / WINDOW:>10,.0f} {1000 * used / max(1, probes):>12.3f} {100 * used / WINDOW:>11.0f}"
        f" {peak(pid):>9.0f} {100 * missed:>10.2f} {late:>13.0f} {sum(one['Handshakes'] for one in found):>12}",
        flush=True,
    )
    return peak(pid)


def main() -> None:
    print(f"\nOne process and many targets, each every {PERIOD:g} s ({machine()})\n")
    print("   targets  a second   ms a probe   % of core   peak MB   missed %   late p99 ms  connections")
    few, many = (measured(n) for n in SIZES)
    print(f"  a target weighs {1024 * (many - few) / (SIZES[1] - SIZES[0]):.0f} KiB")


if __name__ == "__main__":
    main()
