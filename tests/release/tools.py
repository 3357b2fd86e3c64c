"""Runs the programs that a release needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from release.source import LeftOut

HERE = Path(sys.executable).parent  # of the environment that `make` sets up
EXTRA = HERE.parent / "release" / "bin"  # of the one for releases


def run(*argv: str | Path, into: Path | None = None, seconds: float = 600, **environment: str) -> str:
    """What it prints. Raises `LeftOut` with its last lines."""
    asked = [str(word) for word in argv]
    done = subprocess.run(
        asked,
        cwd=into,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        raise LeftOut(f"{Path(asked[0]).name} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def extra(name: str) -> Path:
    """A program of requirements-release.lock. Raises `LeftOut`."""
    if not (program := EXTRA / name).exists():
        raise LeftOut(f"{program} is not there: run it by make release, which installs requirements-release.lock")
    return program
