"""The plugin of kubectl where kubectl finds it."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from wahealth.playground.environment import Environment
from wahealth.wa.completion import SCRIPT

PROGRAM = "import sys; from wahealth.cli import kubectl_wa; sys.exit(kubectl_wa())"


def installed(environment: Environment, folder: Path) -> dict[str, str]:
    """Puts it into a folder, and returns the environment in which kubectl finds it there."""
    script = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(PROGRAM)} "$@"\n'
    for name, text in (("kubectl-wa", script), ("kubectl_complete-wa", SCRIPT)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "HOME": str(folder),
        "PYTHONPATH": ":".join(sys.path),
        "KUBECONFIG": str(environment.plane.kubeconfig),
        "TZ": "UTC",
    }
