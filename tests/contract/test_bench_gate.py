"""What `make bench-gate` counts: so many rounds and nothing else, and what it makes of that."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from bench.gate import Border, answers, dearer, least
from bench.held import holding
from bench.rounds import CLIENTS, NUMBER, NUMBERS, ORDINARY, PERIODS, SETTLED, WINDOWS


async def borders(folder: Path) -> list[str]:
    script = Path(__file__).parents[1] / "bench/rounds.py"
    async with holding(folder, answers()) as held:
        argv = [sys.executable, str(script), *held.arguments]
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
    return said.decode().splitlines()


def test_between_two_borders_each_resource_is_probed_once_a_period(tmp_path: Path) -> None:
    probes = defaultdict(list)
    for kind, _, made in map(str.split, asyncio.run(borders(tmp_path))):
        probes[kind].append(int(made))
    between = {kind: [after - before for before, after in pairwise(made)] for kind, made in probes.items()}
    assert between == {
        SETTLED: [CLIENTS * PERIODS] * WINDOWS,
        ORDINARY: [CLIENTS * PERIODS] * WINDOWS,
        NUMBER: [NUMBERS * PERIODS] * WINDOWS,
    }


def test_a_round_costs_what_the_cheapest_window_says() -> None:
    settled = [Border(SETTLED, probes, total) for probes, total in ((10, 5_000), (20, 6_100), (30, 7_110))]
    number = [Border(NUMBER, probes, total) for probes, total in ((1, 9_000), (2, 9_300))]
    assert least(settled + number) == {SETTLED: 101, NUMBER: 300}


def test_five_per_cent_more_are_allowed() -> None:
    assert dearer({SETTLED: 1000, ORDINARY: 1000}, {SETTLED: 1050, ORDINARY: 1051}) == ["an ordinary round"]
