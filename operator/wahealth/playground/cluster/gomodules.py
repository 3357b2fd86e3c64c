"""A program built from its Go module, where nothing prebuilt can be had."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from wahealth.playground.cluster.processes import Leashed
from wahealth.playground.cluster.programs import ETCD, KUBERNETES, PROGRAMS, Program

PARTIAL = ".partial"
_GO_MOD = "module tools\n\ngo 1.24.0\n"
_MAJOR, _MINOR, _PATCH = KUBERNETES.split(".")
# Without these the server calls itself v0.0.0, and kubectl and Helm refuse it.
_LDFLAGS = " ".join(
    [
        "-s -w",
        f"-X k8s.io/component-base/version.gitVersion=v{KUBERNETES}",
        f"-X k8s.io/component-base/version.gitMajor={_MAJOR}",
        f"-X k8s.io/component-base/version.gitMinor={_MINOR}",
        f"-X k8s.io/client-go/pkg/version.gitVersion=v{KUBERNETES}",
    ]
)
_STAGING = re.compile(r"^\s*(k8s\.io/\S+) => \./staging/", re.MULTILINE)


class BuildFailed(Exception):
    """Why, in a few lines."""


def build(program: Program, work: Path, into: Path) -> None:
    """The program at `into`. `work` keeps the module files, so that a second build is quick."""
    if shutil.which("go") is None:
        raise BuildFailed("there is no go on PATH")
    folder = _module_folder(program, work)
    flags = _LDFLAGS if program.module.kubernetes else "-s -w"
    _go(folder, "build", "-trimpath", "-ldflags", flags, "-o", str(into), program.module.package)


def _module_folder(program: Program, work: Path) -> Path:
    """Named for the versions in it, and there only when complete: neither an old nor a half one is used."""
    of_kubernetes = f"kubernetes-{KUBERNETES}-etcd-{ETCD}"
    folder = work / (of_kubernetes if program.module.kubernetes else f"{program.name}-{program.version}")
    if not folder.exists():
        partial = folder.with_name(folder.name + PARTIAL)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _write_kubernetes_module(partial) if program.module.kubernetes else _write_module(partial, program)
        partial.rename(folder)
    return folder


def _write_module(folder: Path, program: Program) -> None:
    (folder / "go.mod").write_text(_GO_MOD)
    _go(folder, "get", f"{program.module.package}@{program.module.version}")


def _write_kubernetes_module(folder: Path) -> None:
    """k8s.io/kubernetes builds only with each of its staging repositories pinned to the same release."""
    (folder / "go.mod").write_text(_GO_MOD)
    source = _source(folder, f"k8s.io/kubernetes@v{KUBERNETES}")
    staging = _STAGING.findall((source / "go.mod").read_text())
    replaced = "\n".join(f"replace {name} => {name} v0.{_MINOR}.{_PATCH}" for name in staging)
    required = f"require k8s.io/kubernetes v{KUBERNETES}\nrequire go.etcd.io/etcd/server/v3 v{ETCD}\n"
    (folder / "go.mod").write_text(f"{_GO_MOD}\ngodebug default=go1.24\n\n{required}\n{replaced}\n")
    (folder / "tools.go").write_text(_tools([p.module.package for p in PROGRAMS.values() if p.module.kubernetes]))
    _go(folder, "mod", "tidy")


def _source(folder: Path, module: str) -> Path:
    """Where go keeps the module's source. It tells of its progress in between: the JSON is one part of the output."""
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
    """What it printed. On a leash: no compiler outlives us."""
    log = folder / "go.log"
    log.unlink(missing_ok=True)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"}
    go = Leashed.start("go", ["go", "-C", str(folder), *arguments], log=log, env=environment)
    try:
        code = go.wait()
    finally:
        go.stop()
    if code != 0:
        raise BuildFailed(f"go {arguments[0]} failed:\n{go.log_tail(5)}")
    return log.read_text(errors="replace")
