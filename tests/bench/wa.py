"""What `kubectl wa` costs on a real API server beside `kubectl get`: time and peak memory of whole processes.

The programs run as they are installed, and kubectl finds the plugin on its PATH; it becomes the plugin, so the peak of
both together is that of kubectl. Each is run several times in turn, and the median is printed.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import yaml

from support import night
from support.process import machine
from wahealth.api.crd import custom_resource_definition
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.environment import until_kinds_are_served

SIZE, TIMES = 1000, 9
PROGRAMS = Path(sys.executable).parent


# A process of its own, because the kernel counts what the parent held as the child's.
_LAUNCHED = """
import os, sys, time
began, out = time.perf_counter(), os.open(os.devnull, os.O_WRONLY)
quiet = [(os.POSIX_SPAWN_DUP2, out, n) for n in (1, 2)]
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, used = os.wait4(pid, 0)
print(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Run(NamedTuple):
    """Seconds of wall clock and of CPU, and MB at most."""

    wall: float
    cpu: float
    peak: float


class Case(NamedTuple):
    name: str
    argv: Sequence[str]
    goal: str = ""


def cases(kubectl: str) -> list[Case]:
    one = ("support", "-n", "acme")
    return [
        Case("kubectl get wac NAME", (kubectl, "get", "wac", *one)),
        Case("kubectl wa status NAME", (kubectl, "wa", "status", *one), "≤ 0.6 s"),
        Case("the plugin alone: status", (str(PROGRAMS / "kubectl-wa"), "status", *one), "≤ 60 MB"),
        Case("kubectl wa explain NAME", (kubectl, "wa", "explain", *one)),
        Case("kubectl wa --help", (kubectl, "wa", "--help"), "≤ 150 ms"),
        Case("completion of words", (str(PROGRAMS / "kubectl_complete-wa"), "sta"), "≤ 150 ms"),
        Case("completion of names", (str(PROGRAMS / "kubectl_complete-wa"), "status", "-n", "acme", "su"), "≤ 1 s"),
        Case(f"kubectl get wac -A, {SIZE:,}", (kubectl, "get", "wac", "-A")),
        Case(f"kubectl wa top -A, {SIZE:,}", (kubectl, "wa", "top", "-A")),
    ]


def measured(argv: Sequence[str], environ: dict[str, str]) -> Run:
    launcher = [sys.executable, "-S", "-c", _LAUNCHED, *argv]
    done = subprocess.run(launcher, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, argv
    return Run(*map(float, done.stdout.split()))


def printed(plane: ControlPlane) -> None:
    with tempfile.TemporaryDirectory() as home:
        environ = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "HOME": home, "KUBECONFIG": str(plane.kubeconfig)}
        every = cases(str(plane.binaries["kubectl"]))
        for case in every:  # the first run fills kubectl's cache, and that of bytecode
            measured(case.argv, environ)
        found: dict[str, list[Run]] = {case.name: [] for case in every}
        for _ in range(TIMES):
            for case in every:
                found[case.name].append(measured(case.argv, environ))
    for case in every:
        wall, cpu, peak = (statistics.median(values) for values in zip(*found[case.name], strict=True))
        print(
            f"{case.name:<28} {wall * 1000:6.0f} ms {cpu * 1000:6.0f} ms of CPU {peak:5.0f} MB   {case.goal}".rstrip()
        )


def main() -> None:
    print(f"kubectl wa on {machine()}, median of {TIMES}")
    with ControlPlane(say=lambda text: print(text, file=sys.stderr)) as plane:
        definition = yaml.safe_dump(custom_resource_definition())
        plane.kubectl("apply", "--server-side", "-f", "-", input=definition)
        until_kinds_are_served(plane.read)
        with night.watched(plane.kubeconfig):
            asyncio.run(night.write(plane.kubeconfig, night.fleet(SIZE, datetime.now(UTC))))
            printed(plane)


if __name__ == "__main__":
    main()
