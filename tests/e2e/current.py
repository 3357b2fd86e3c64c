"""The cluster of $KUBECONFIG, in place of a node of our own."""

from __future__ import annotations

import os
import subprocess

from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.control_plane import ControlPlaneFailed


class CurrentCluster:
    """What the tests need of a cluster that is not ours: kubectl."""

    def __init__(self) -> None:
        self._kubectl = provide(("kubectl",), say=print)["kubectl"]

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 - as subprocess names it
        done = subprocess.run(
            [self._kubectl, *arguments], input=input, capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode:
            raise ControlPlaneFailed(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout


def named() -> str:
    """Which cluster that is, for a person to see before anything is made there."""
    return os.environ.get("KUBECONFIG", "~/.kube/config")
