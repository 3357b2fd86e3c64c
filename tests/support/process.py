"""What the kernel says of a process: CPU and memory."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu(pid: int) -> float:
    """User and system seconds so far, those of ended children too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / _TICKS


def peak(pid: int) -> float:
    """Most resident memory so far, in MB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def stolen() -> float:
    """Seconds that the processors of this machine stood still so far, because their host ran others."""
    return int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) / _TICKS


def steal(before: float, began: float) -> float:
    """Per cent of this machine that others took since `began` (monotonic seconds), when `stolen` was `before`."""
    return 100 * (stolen() - before) / (time.monotonic() - began) / (os.cpu_count() or 1)


def child_of(pid: int) -> int:
    """The one program that a leash holds."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def machine() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    return f"{os.cpu_count()} x {names[0] if names else 'CPU'}"
