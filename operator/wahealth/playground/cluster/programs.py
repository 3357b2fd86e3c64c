"""The programs that a playground needs, one row each, with their sources. Their versions are only here and in
`versions`."""

from __future__ import annotations

import functools
import platform
from dataclasses import dataclass
from typing import Literal

from wahealth.playground.cluster.versions import Release, chosen

PROMETHEUS = "3.5.0"
HELM = "4.3.1"
HELM_DOCS = "1.14.2"
KUBECONFORM = "0.8.0"
KUBE_STATE_METRICS = "2.18.0"
KUBE_SCORE = "1.20.0"
ACTIONLINT = "1.7.12"
REGISTRY = "3.1.2"
KREW = "0.4.3"
KUBE_ROUTER = "2.1.0"

_SYSTEM = platform.system().lower()
_MACHINE = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), platform.machine())


@dataclass(frozen=True)
class Download:
    """An official release, and where its SHA-256 is published."""

    url: str
    sums: str
    member: str | None = None  # the path in the archive; None: the file is the program
    # "lines": `<sum>`, or lines of `<sum>  <file>`. "github": GitHub's API, for releases without a file of checksums.
    form: Literal["lines", "github"] = "lines"


@dataclass(frozen=True)
class GoModule:
    """The Go package that a program is built from."""

    package: str
    version: str  # of the module
    kubernetes: bool = False  # built in the module that pins Kubernetes' staging repositories
    go: str = "1.24"  # the version of the language


@dataclass(frozen=True)
class Program:
    """A program, its version and its sources."""

    name: str
    version: str
    version_flag: str
    download: Download | None  # None: it is always built
    module: GoModule
    minutes: float  # duration of the first build on two cores
    skew: int = 0  # minor versions by which a program on PATH may differ
    oldest: tuple[int, int] | None = None  # if set, a program on PATH may have any version from this one on

    @property
    def minor(self) -> tuple[int, int]:
        major, minor, *_ = self.version.split(".")
        return int(major), int(minor)


def _kubernetes(release: Release, name: str, minutes: float, flag: str = "--version", skew: int = 0) -> Program:
    version = release.kubernetes
    url = f"https://dl.k8s.io/v{version}/bin/{_SYSTEM}/{_MACHINE}/{name}"  # servers exist for Linux only; else HTTP 404
    module = GoModule(f"k8s.io/kubernetes/cmd/{name}", f"v{version}", kubernetes=True, go=release.go)
    return Program(name, version, flag, Download(url, f"{url}.sha256"), module, minutes, skew)


def _etcd(release: Release) -> Program:
    version = release.etcd
    folder = f"etcd-v{version}-{_SYSTEM}-{_MACHINE}"
    place = f"https://github.com/etcd-io/etcd/releases/download/v{version}"
    download = Download(f"{place}/{folder}.tar.gz", f"{place}/SHA256SUMS", f"{folder}/etcd")
    module = GoModule("go.etcd.io/etcd/server/v3", f"v{version}", kubernetes=True, go=release.go)
    return Program("etcd", version, "--version", download, module, 1)


def _kwok(release: Release) -> Program:
    """kwok. Its releases have no file of checksums, but GitHub publishes the digest of each file."""
    version = release.kwok
    url = f"https://github.com/kubernetes-sigs/kwok/releases/download/v{version}/kwok-{_SYSTEM}-{_MACHINE}"
    sums = f"https://api.github.com/repos/kubernetes-sigs/kwok/releases/tags/v{version}"
    module = GoModule("sigs.k8s.io/kwok/cmd/kwok", f"v{version}")
    return Program("kwok", version, "--version", Download(url, sums, form="github"), module, 1.5)


def _containerd(release: Release, name: str, minutes: float, flag: str = "--version") -> Program:
    """A program of containerd, which only a real node needs."""
    version = release.containerd
    archive = f"containerd-{version}-{_SYSTEM}-{_MACHINE}.tar.gz"
    url = f"https://github.com/containerd/containerd/releases/download/v{version}/{archive}"
    module = GoModule(f"github.com/containerd/containerd/v2/cmd/{name}", f"v{version}", go=release.go)
    return Program(name, version, flag, Download(url, f"{url}.sha256sum", f"bin/{name}"), module, minutes)


def _prometheus(name: str, minutes: float) -> Program:
    """A program of Prometheus, for tests that read our metrics with it. Any recent version will do."""
    folder = f"prometheus-{PROMETHEUS}.{_SYSTEM}-{_MACHINE}"
    release = f"https://github.com/prometheus/prometheus/releases/download/v{PROMETHEUS}"
    download = Download(f"{release}/{folder}.tar.gz", f"{release}/sha256sums.txt", f"{folder}/{name}")
    major, minor, patch = PROMETHEUS.split(".")
    module = GoModule(f"github.com/prometheus/prometheus/cmd/{name}", f"v0.{major}{minor:0>2}.{patch}")
    return Program(name, PROMETHEUS, "--version", download, module, minutes, oldest=(2, 40))


def _helm() -> Program:
    folder = f"{_SYSTEM}-{_MACHINE}"
    archive = f"https://get.helm.sh/helm-v{HELM}-{folder}.tar.gz"
    download = Download(archive, f"{archive}.sha256sum", f"{folder}/helm")
    return Program("helm", HELM, "version", download, GoModule("helm.sh/helm/v4/cmd/helm", f"v{HELM}"), 2, skew=3)


def _helm_docs() -> Program:
    release = f"https://github.com/norwoodj/helm-docs/releases/download/v{HELM_DOCS}"
    machine = {"amd64": "x86_64"}.get(_MACHINE, _MACHINE)
    archive = f"{release}/helm-docs_{HELM_DOCS}_{_SYSTEM.capitalize()}_{machine}.tar.gz"
    module = GoModule("github.com/norwoodj/helm-docs/cmd/helm-docs", f"v{HELM_DOCS}")
    return Program(
        "helm-docs", HELM_DOCS, "--version", Download(archive, f"{release}/checksums.txt", "helm-docs"), module, 0.5
    )


def _kubeconform() -> Program:
    release = f"https://github.com/yannh/kubeconform/releases/download/v{KUBECONFORM}"
    archive = f"{release}/kubeconform-{_SYSTEM}-{_MACHINE}.tar.gz"
    module = GoModule("github.com/yannh/kubeconform/cmd/kubeconform", f"v{KUBECONFORM}")
    return Program(
        "kubeconform", KUBECONFORM, "-v", Download(archive, f"{release}/CHECKSUMS", "kubeconform"), module, 0.2
    )


def _kube_state_metrics() -> Program:
    module = GoModule("k8s.io/kube-state-metrics/v2", f"v{KUBE_STATE_METRICS}")
    return Program("kube-state-metrics", KUBE_STATE_METRICS, "version", None, module, 1, skew=3)


def _tool(name: str, version: str, package: str, minutes: float, flag: str = "--version") -> Program:
    """A tool of tests alone, always built."""
    return Program(name, version, flag, None, GoModule(package, f"v{version}"), minutes)


@functools.cache
def programs() -> dict[str, Program]:
    """All programs by name, for the version that KUBERNETES names. Raises `UnknownVersion`."""
    release = chosen()
    rows = (
        _etcd(release),
        _kubernetes(release, "kube-apiserver", 3),
        _kubernetes(release, "kube-controller-manager", 1),
        _kubernetes(release, "kube-scheduler", 0.2),
        _kubernetes(release, "kubelet", 1),
        _kubernetes(release, "kube-proxy", 0.5),
        _kubernetes(release, "kubectl", 0.5, "version --client", skew=1),
        _kwok(release),
        _containerd(release, "containerd", 1),
        _containerd(release, "containerd-shim-runc-v2", 0.3, "-v"),
        _containerd(release, "ctr", 0.3),
        _prometheus("promtool", 4.5),
        _prometheus("prometheus", 2),
        _helm(),
        _helm_docs(),
        _kubeconform(),
        _kube_state_metrics(),
        _tool("kube-score", KUBE_SCORE, "github.com/zegl/kube-score/cmd/kube-score", 1.5, "version"),
        _tool("registry", REGISTRY, "github.com/distribution/distribution/v3/cmd/registry", 4),
        _tool("actionlint", ACTIONLINT, "github.com/rhysd/actionlint/cmd/actionlint", 0.3),
        _tool("krew", KREW, "sigs.k8s.io/krew/cmd/krew", 0.5, "version"),
        _tool("kube-router", KUBE_ROUTER, "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router", 8),
    )
    return {program.name: program for program in rows}
