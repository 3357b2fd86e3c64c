"""The cluster of $KUBECONFIG, in place of a node of our own."""

from __future__ import annotations

import json
import os
from typing import Any

from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.control_plane import kubectl_prints


class CurrentCluster:
    """What the tests need of a cluster that is not ours: kubectl."""

    def __init__(self) -> None:
        self._kubectl = provide(("kubectl",), say=print)["kubectl"]

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 - as subprocess names it
        return kubectl_prints(self._kubectl, (), arguments, input)

    def read(self, path: str) -> Any:
        """As `ControlPlane.read`."""
        return json.loads(self.kubectl("get", "--raw", path))


def named() -> str:
    """Which cluster that is, for a person to see before anything is made there."""
    return os.environ.get("KUBECONFIG", "~/.kube/config")
