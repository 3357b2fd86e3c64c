"""Says whether a round costs more than it did: user instructions at the merge base and in this tree, side by side.

    gate.py [BASE]      BASE: what to compare with, instead of the merge base with main

valgrind counts, on one interpreter with one hash seed, so neither the machine's neighbours nor another build of Python
move a figure. Ends with 1 where a round costs over 5 % more, and with 2 where nothing can be compared.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bench.held import Held, answer, holding
from bench.rounds import NUMBER, ORDINARY, SETTLED
from support.phone_numbers import IDS, health
from wahealth.core.cloud.versions import DEFAULT

ROOT = Path(__file__).parents[2]
MOST = 1.05  # times what it was
NAMES = {SETTLED: "a settled round", ORDINARY: "an ordinary round", NUMBER: "a number of the Cloud API"}
COUNTER = ("valgrind", "--quiet", "--tool=cachegrind", "--cache-sim=no")


class NothingToCompare(Exception):
    """Why."""


class Border(NamedTuple):
    """What was counted until then."""

    kind: str
    probes: int
    instructions: int


def answers() -> Mapping[str, Sequence[bytes]]:
    """One bad answer alone says nothing yet, so in an ordinary round all is evaluated, and nothing is written."""
    connected, not_connected = (
        answer(json.dumps({"health": {"gateway_status": word}})) for word in ("connected", "disconnected")
    )
    number = json.dumps({"health_status": health(), "status": "CONNECTED", "id": IDS["PHONE_NUMBER"]})
    return {
        SETTLED: [connected],
        ORDINARY: [connected, not_connected],
        NUMBER: [answer(number, f"facebook-api-version: {DEFAULT}")],
    }


async def counted(tree: Path, folder: Path) -> dict[str, int]:
    """User instructions a round, by kind."""
    async with holding(folder, answers()) as held:
        said = await played(tree, folder, held)
    return least(border(line, folder) for line in said.splitlines())


def least(borders: Iterable[Border]) -> dict[str, int]:
    """By kind, what a round costs between two borders that follow one another: the least of all windows."""
    found: dict[str, int] = {}
    for before, after in pairwise(borders):
        if before.kind == after.kind:
            each = (after.instructions - before.instructions) // (after.probes - before.probes)
            found[after.kind] = min(each, found.get(after.kind, each))
    return found


async def played(tree: Path, folder: Path, held: Held) -> str:
    """What `rounds.py` says: the one of the tree itself, or of this one where that has none yet."""
    tests = next(root / "tests" for root in (tree, ROOT) if (root / "tests/bench/rounds.py").exists())
    env = {**os.environ, "PYTHONPATH": f"{tree / 'operator'}:{tests}", "PYTHONHASHSEED": "0"}
    argv = [*COUNTER, f"--cachegrind-out-file={folder}/%p", sys.executable, str(tests / "bench/rounds.py")]
    argv += held.arguments
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*argv, env=env, stdout=pipe, stderr=pipe)
    said, errors = await process.communicate()
    if process.returncode:
        last = (errors.decode().split("\n\n")[0].strip() or "it says nothing").splitlines()[-1]
        raise NothingToCompare(f"the rounds of {tree} could not be played: {last}")
    return said.decode()


def border(line: str, folder: Path) -> Border:
    kind, pid, probes = line.split()
    total = (folder / pid).read_text().rsplit("summary:", 1)[1]
    return Border(kind, int(probes), int(total))


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A work tree of its own."""
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name, "base")
        git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            git("worktree", "remove", "--force", str(tree))


def base(named: Sequence[str]) -> str:
    """The commit to compare with, abbreviated: what is named, the merge base with main, or the one before on main."""
    head = git("rev-parse", "HEAD")
    main = next((one for one in ("origin/main", "main") if git("rev-parse", "--verify", "--quiet", one)), "main")
    found = git("rev-parse", *named) if named else git("merge-base", "HEAD", main)
    if found == head and not named and not git("status", "--porcelain", "--untracked-files=no"):
        found = git("rev-parse", "--verify", "--quiet", "HEAD~1")
    if not found:
        raise NothingToCompare(
            f"{' '.join(named) or main} is not in the history here: get it with git fetch --unshallow"
        )
    return git("rev-parse", "--short", found)


def git(*arguments: str) -> str:
    """What it says; nothing where it fails."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def lines(commit: str, before: Mapping[str, int], now: Mapping[str, int]) -> Iterator[str]:
    yield f"User instructions a round (cachegrind, Python {platform.python_version()}, {platform.machine()})\n"
    yield f"{'':<28}{commit:>12}{'this tree':>12}{'change':>10}"
    for kind, cost in now.items():
        yield f"{NAMES[kind]:<28}{before[kind]:>12,}{cost:>12,}{100 * (cost / before[kind] - 1):>+8.1f} %"


def dearer(before: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """What costs more than it may."""
    return [NAMES[kind] for kind, cost in now.items() if cost > MOST * before[kind]]


async def main(named: Sequence[str]) -> int:
    if shutil.which("valgrind") is None:
        raise NothingToCompare("valgrind counts the instructions, and is not here: apt-get install valgrind")
    commit = base(named)
    with checked_out(commit) as tree, tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        before, now = await asyncio.gather(counted(tree, Path(one)), counted(ROOT, Path(other)))
    print("\n".join(lines(commit, before, now)))
    found = dearer(before, now)
    if found:
        print(f"\nover {MOST - 1:.0%} more: {', '.join(found)}", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main(sys.argv[1:])))
    except NothingToCompare as why:
        print(f"bench-gate: {why}", file=sys.stderr)
        sys.exit(2)
