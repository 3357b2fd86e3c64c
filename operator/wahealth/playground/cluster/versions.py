"""Supported minor versions of Kubernetes, with the matching versions of other programs. KUBERNETES=1.36 chooses one."""

from __future__ import annotations

import os
from dataclasses import dataclass

VARIABLE = "KUBERNETES"


@dataclass(frozen=True)
class Release:
    """A release of Kubernetes and the versions that match it."""

    kubernetes: str
    etcd: str  # that of Kubernetes' own go.mod: `go mod tidy` would silently raise an older one
    kwok: str
    containerd: str
    go: str  # that of its own go.mod: the version of the language, and the defaults of GODEBUG

    @property
    def minor(self) -> str:
        """The minor version, such as "1.37"."""
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
    """KUBERNETES names an unsupported version; the text lists the supported ones."""


def chosen() -> Release:
    """The release that KUBERNETES names, else the newest. Raises `UnknownVersion`."""
    wanted = os.environ.get(VARIABLE) or DEFAULT
    if (release := RELEASES.get(wanted)) is None:
        raise UnknownVersion(f"{VARIABLE}={wanted} is not supported; choose one of: {', '.join(RELEASES)}")
    return release
