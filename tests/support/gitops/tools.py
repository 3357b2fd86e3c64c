"""What kstatus, Argo CD and Flux say of objects: the program of this folder, built once into the project's cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wahealth.playground.cluster.binaries import cache

MANIFESTS = Path(__file__).parents[3] / "manifests" / "gitops"
HEALTH = MANIFESTS / "argocd" / "health.lua"
GATES = {
    "configuration": MANIFESTS / "flux" / "health-check-exprs-configuration.yaml",
    "serving": MANIFESTS / "flux" / "health-check-exprs.yaml",
    "redundancy": MANIFESTS / "flux" / "health-check-exprs-redundancy.yaml",
}
_SOURCES = ("go.mod", "go.sum", "main.go", "argocd.go", "main_test.go")


class NoGo(Exception):
    """There is nothing to build the program with."""


@dataclass(frozen=True)
class Said:
    """Of one object; the words are the tools' own."""

    kstatus: str
    argocd: str
    argocd_message: str
    flux: dict[str, str]  # by gate

    @property
    def agree(self) -> bool:
        """Argo CD shows a state, and what is Degraded may pass; of the others Failed ends a wait, which is final."""
        others = {self.kstatus, self.flux["serving"]}
        match self.argocd:
            case "Healthy" | "Suspended":
                return others == {"Current"}
            case "Degraded":
                return others in ({"Failed"}, {"InProgress"})
            case "Progressing":
                return self.flux["serving"] == "InProgress" and self.kstatus in {"InProgress", "Terminating"}
            case _:
                return False


def ask(objects: Sequence[dict[str, Any]], health: Path = HEALTH) -> list[Said]:
    flux = [f"--flux={name}={path}" for name, path in GATES.items()]
    stdin = "\n".join(json.dumps(found) for found in objects)
    done = subprocess.run(
        [program(), f"--lua={health}", *flux], input=stdin, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [_said(json.loads(line)) for line in done.stdout.splitlines()]


def _said(line: dict[str, Any]) -> Said:
    flux = {name: found["status"] for name, found in line["flux"].items()}
    return Said(line["kstatus"]["status"], line["argocd"]["status"], line["argocd"]["message"], flux)


def program() -> Path:
    """Named for its sources, and there only when complete and tried. Raises `NoGo`."""
    folder = Path(__file__).parent
    digest = hashlib.sha256(b"\0".join((folder / name).read_bytes() for name in _SOURCES)).hexdigest()[:16]
    built = cache() / "gitops" / f"gitops-status-{digest}"
    if built.exists():
        return built
    if shutil.which("go") is None:
        raise NoGo("There is no go on PATH to build tests/support/gitops with.")
    built.parent.mkdir(parents=True, exist_ok=True)
    partial = built.with_name(f"{built.name}.{os.getpid()}.partial")
    try:
        _go("build", "-ldflags=-s -w", "-o", str(partial), ".")
        _go("test", "-vet=off", ".")
        partial.rename(built)
    finally:
        partial.unlink(missing_ok=True)
    return built


def _go(effect: str, *arguments: str) -> None:
    """One package at a time, and the modules as go.sum pins them."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
    argv = ["go", effect, "-p=1", "-trimpath", "-buildvcs=false", *arguments]
    done = subprocess.run(argv, cwd=Path(__file__).parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"go {effect} failed in tests/support/gitops:\n{done.stdout}{done.stderr}"
