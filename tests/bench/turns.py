"""The operator of another commit and of this tree on the same fleet, in turn: what a probe costs, and a start.

    turns.py COMMIT [--resources N] [--turns N]

Two builds beside each other disturb each other, so they take turns: theirs, ours, theirs, ours.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bench.clusterwide import PERIOD, WINDOW, Operator, create, quiet, spaces
from bench.targets import Targets, serving
from support.process import cpu, machine, peak, steal, stolen
from wahealth.playground.environment import Environment, until

ROOT = Path(__file__).parents[2]


class Turn(NamedTuple):
    build: str
    start: float  # seconds until it has seen all and leads
    cost: float  # milliseconds of CPU a probe
    peak: float  # MB
    missed: float  # per cent
    late: float  # milliseconds, 99th percentile
    steal: float  # per cent

    def __str__(self) -> str:
        figures = f"{self.start:>8.1f} {self.cost:>12.3f} {self.peak:>9.0f} {self.missed:>9.2f} {self.late:>12.0f}"
        return f"  {self.build:<12}{figures} {self.steal:>8.1f} {os.getloadavg()[0]:>7.1f}"


def turn(build: str, operator: Operator, targets: Targets, n: int) -> Turn:
    """One process from its start to its end."""
    start = operator.start()
    try:
        quiet(operator)
        time.sleep(3 * PERIOD)
        used, before, began = cpu(operator.pid), stolen(), time.monotonic()
        window = targets.window(n, PERIOD, WINDOW)
        stood = steal(before, began)
        cost = 1000 * (cpu(operator.pid) - used) / max(1, window["Requests"])
        late = 1000 * window["LateP99"]
        return Turn(build, start, cost, peak(operator.pid), window["MissedPercent"], late, stood)
    finally:
        operator.stop()


def run(commit: str, tree: Path, n: int, turns: int) -> None:
    say = lambda text: print(text, file=sys.stderr)  # noqa: E731
    print(f"Operators on {n:,} resources, period {PERIOD:g} s ({machine()})\n")
    print(f"  {'':<12} start s   ms a probe   peak MB  missed %  late p99 ms  steal %    load")
    with Environment(say=say) as environment, serving() as targets:
        environment.apply(spaces(targets))
        ours, theirs = Operator(environment, n), Operator(environment, n, tree)
        asyncio.run(create(environment, range(n)))
        ours.start()
        until(lambda: ours.sums().get("wahealth_status_writes_total/written", 0) >= n, "first status of all", 900)
        quiet(ours)
        ours.stop()
        told: list[Turn] = []
        for _ in range(turns):
            for build, operator in ((commit, theirs), ("this tree", ours)):
                told.append(turn(build, operator, targets, n))
                print(told[-1], flush=True)
    for name in ("start", "cost", "peak"):
        before, now = (
            statistics.median(getattr(one, name) for one in told if one.build == build)
            for build in (commit, "this tree")
        )
        print(f"  {name:<12} {now / before:.2f} times")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "theirs")
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, arguments.commit], cwd=ROOT, check=True)
        try:
            run(arguments.commit, tree, arguments.resources, arguments.turns)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
