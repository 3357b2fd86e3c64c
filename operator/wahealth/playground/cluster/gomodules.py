"""Builds a program from its Go module if no prebuilt one is available."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from wahealth.playground.cluster.processes import ManagedProcess
from wahealth.playground.cluster.programs import GoModule, Program, programs
from wahealth.playground.cluster.versions import Release, chosen

PARTIAL = ".partial"
_STAGING = re.compile(r"^\s*(k8s\.io/\S+) => \./staging/", re.MULTILINE)


class BuildFailed(Exception):
    """Why a build failed, in a few lines."""


def build(program: Program, work: Path, into: Path) -> None:
    """Builds the program in its version to `into`. The module files are kept in `work`, so a second build is fast.
    Raises `BuildFailed`."""
    if shutil.which("go") is None:
        raise BuildFailed("there is no go on PATH")
    folder = _module_folder(program, work)
    flags = _kubernetes_flags(chosen()) if program.module.kubernetes else "-s -w"
    _go(folder, "build", "-trimpath", "-ldflags", flags, "-o", str(into), program.module.package)
    _check_version(folder, program.module, into)


def _kubernetes_flags(release: Release) -> str:
    """Linker flags that set the version. Without them the server reports v0.0.0, which kubectl and Helm reject."""
    major, minor, _ = release.kubernetes.split(".")
    return " ".join(
        [
            "-s -w",
            f"-X k8s.io/component-base/version.gitVersion=v{release.kubernetes}",
            f"-X k8s.io/component-base/version.gitMajor={major}",
            f"-X k8s.io/component-base/version.gitMinor={minor}",
            f"-X k8s.io/client-go/pkg/version.gitVersion=v{release.kubernetes}",
        ]
    )


def _check_version(folder: Path, wanted: GoModule, built: Path) -> None:
    """Checks the version that was built: Go silently raises a module's version if another module requires a newer
    one."""
    listed = re.findall(r"^\t(?:dep|mod)\t(\S+)\t(\S+)", _go(folder, "version", "-m", str(built)), re.MULTILINE)
    holding = [(module, version) for module, version in listed if f"{wanted.package}/".startswith(f"{module}/")]
    module, version = max(holding, key=lambda found: len(found[0]), default=(wanted.package, "nothing"))
    if version != wanted.version:
        raise BuildFailed(f"{module} {wanted.version} was asked for, and {version} was built")


def _module_folder(program: Program, work: Path) -> Path:
    """The folder with the go.mod for a program. Its name contains the versions and it appears only when complete, so
    neither an outdated nor an incomplete one is used."""
    release = chosen()
    of_kubernetes = f"kubernetes-{release.kubernetes}-etcd-{release.etcd}"
    folder = work / (of_kubernetes if program.module.kubernetes else f"{program.name}-{program.version}")
    if not folder.exists():
        partial = folder.with_name(folder.name + PARTIAL)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _write_kubernetes_module(partial, release) if program.module.kubernetes else _write_module(partial, program)
        partial.rename(folder)
    return folder


def _go_mod(go: str) -> str:
    return f"module tools\n\ngo {go}.0\n"


def _write_module(folder: Path, program: Program) -> None:
    (folder / "go.mod").write_text(_go_mod(program.module.go))
    _go(folder, "get", f"{program.module.package}@{program.module.version}")


def _write_kubernetes_module(folder: Path, release: Release) -> None:
    """Writes a module for k8s.io/kubernetes, which builds only if all its staging repositories are pinned to the same
    release."""
    start = _go_mod(release.go)
    (folder / "go.mod").write_text(start)
    source = _source(folder, f"k8s.io/kubernetes@v{release.kubernetes}")
    staging = _STAGING.findall((source / "go.mod").read_text())
    pinned = release.kubernetes.replace("1.", "v0.", 1)
    replaced = "\n".join(f"replace {name} => {name} {pinned}" for name in staging)
    required = f"require k8s.io/kubernetes v{release.kubernetes}\nrequire go.etcd.io/etcd/server/v3 v{release.etcd}\n"
    (folder / "go.mod").write_text(f"{start}\ngodebug default=go{release.go}\n\n{required}\n{replaced}\n")
    (folder / "tools.go").write_text(_tools([p.module.package for p in programs().values() if p.module.kubernetes]))
    _go(folder, "mod", "tidy")


def _source(folder: Path, module: str) -> Path:
    """The folder with the module's source. Go prints its progress too, so the JSON is only a part of the output."""
    printed = _go(folder, "mod", "download", "-json", module)
    try:
        found, _ = json.JSONDecoder().raw_decode(printed, printed.index("{"))
        return Path(found["Dir"])
    except (ValueError, KeyError):
        raise BuildFailed(f"go mod download {module} names no folder:\n{printed}") from None


def _tools(packages: Sequence[str]) -> str:
    imports = "\n".join(f'\t_ "{package}"' for package in sorted(packages))
    return f"//go:build tools\n\npackage tools\n\nimport (\n{imports}\n)\n"


def _go(folder: Path, *arguments: str) -> str:
    """The output of go, run as a managed process, so that no compiler outlives this one. Raises `BuildFailed`."""
    log = folder / "go.log"
    log.unlink(missing_ok=True)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"}
    go = ManagedProcess.start("go", ["go", "-C", str(folder), *arguments], log=log, env=environment)
    try:
        code = go.wait()
    finally:
        go.stop()
    if code != 0:
        raise BuildFailed(f"go {arguments[0]} failed:\n{go.log_tail(5)}")
    return log.read_text(errors="replace")
