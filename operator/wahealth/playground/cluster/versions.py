"""What a Kubernetes goes with: a row a minor version. KUBERNETES=1.36 in the environment chooses one."""

from __future__ import annotations

import os
from dataclasses import dataclass

VARIABLE = "KUBERNETES"


@dataclass(frozen=True)
class Release:
    kubernetes: str
    etcd: str  # the one that its own go.mod asks for: an older one is raised in silence by `go mod tidy`
    kwok: str
    containerd: str
    go: str  # of its own go.mod: the language's version, and the defaults of GODEBUG

    @property
    def minor(self) -> str:
        """Such as "1.37"."""
        return self.kubernetes.rpartition(".")[0]


RELEASES = {
    release.minor: release
    for release in (
        Release("1.37.2", etcd="3.7.0", kwok="0.8.0", containerd="2.4.2", go="1.26"),
        Release("1.36.3", etcd="3.6.8", kwok="0.8.0", containerd="2.4.2", go="1.26"),
        Release("1.35.4", etcd="3.6.5", kwok="0.8.0", containerd="2.4.2", go="1.25"),
        Release("1.34.4", etcd="3.6.4", kwok="0.8.0", containerd="2.4.2", go="1.24"),
    )
}
DEFAULT = next(iter(RELEASES))  # the newest


class UnknownVersion(Exception):
    """KUBERNETES names one that has no row; which have one."""


def chosen() -> Release:
    wanted = os.environ.get(VARIABLE) or DEFAULT
    if (release := RELEASES.get(wanted)) is None:
        raise UnknownVersion(f"{VARIABLE}={wanted} is not known here; choose one of: {', '.join(RELEASES)}")
    return release
