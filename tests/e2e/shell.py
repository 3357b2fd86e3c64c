"""Lines of the documentation, run as whoever copies them would run them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from wahealth.playground.cluster.control_plane import printed

_LONGEST = 900  # seconds; Helm waits


class Shell:
    """In a folder, with an empty home, and these programs before all others on its PATH."""

    def __init__(self, folder: Path, home: Path, programs: Mapping[str, Path], **environment: str) -> None:
        self._folder = folder
        found = home / "bin"
        found.mkdir()
        for name, program in programs.items():
            (found / name).symlink_to(program)
        path = os.pathsep.join((str(found), str(home / ".krew/bin"), os.environ["PATH"]))
        self._environment = {"HOME": str(home), "PATH": path, **environment}

    def run(self, line: str) -> str:
        """What it prints. Raises `ControlPlaneFailed` with what it says when it fails."""
        argv = ["env", *shlex.split(line)]  # found on the PATH of the environment, not on ours
        return printed(argv, line, seconds=_LONGEST, cwd=self._folder, env=self._environment)
