"""How people install a version in place of another one: Helm, and two GitOps tools that apply what Helm renders.

Argo CD and Flux themselves are not here. What they send is: the rendered chart by a server-side apply that takes over
conflicts, under their field managers, with the CRD first and the operator after it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import yaml

from support.helmed import NAMESPACE, RELEASE, Helm
from upgrade.versions import Version
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.environment import until_kinds_are_served

VALUES = ("--set=replicas=2", "--set=rbac.userRoles=false")
WITHOUT_CRD = "--set=crds.enabled=false"
_FIRST = ("CustomResourceDefinition",)


class Way(Protocol):
    """Puts a version in the place of what is there, with the CRD or without it."""

    name: str

    def put(self, version: Version, *flags: str) -> None: ...

    def leave(self) -> None: ...


class ByHelm:
    name = "helm upgrade"

    def __init__(self, plane: ControlPlane, home: Path) -> None:
        self._helm = Helm(plane, home)

    def put(self, version: Version, *flags: str) -> None:
        self._helm("upgrade", RELEASE, str(version.chart), "--install", "--create-namespace", *VALUES, *flags)

    def leave(self) -> None:
        self._helm("uninstall", RELEASE)


class ByServerSideApply:
    def __init__(self, name: str, manager: str, plane: ControlPlane, home: Path) -> None:
        self.name = name
        self._plane = plane
        self._helm = Helm(plane, home)
        self._flags = ("--server-side", "--force-conflicts", f"--field-manager={manager}")
        self._there: list[dict[str, Any]] = []

    def put(self, version: Version, *flags: str) -> None:
        rendered = self._helm("template", RELEASE, str(version.chart), "--no-hooks", *VALUES, *flags)
        documents = [one for one in yaml.safe_load_all(rendered) if one]
        kinds = [one for one in documents if one["kind"] in _FIRST]
        self._plane.kubectl("apply", *self._flags, "-f", "-", input=yaml.safe_dump_all([_SPACE, *kinds]))
        until_kinds_are_served(self._plane.read)
        others = [one for one in documents if one not in kinds]
        self._plane.kubectl("apply", *self._flags, "-f", "-", input=yaml.safe_dump_all(others))
        self._there = others

    def leave(self) -> None:
        gone = yaml.safe_dump_all(self._there)
        self._plane.kubectl("delete", "--ignore-not-found", "--wait=false", "-f", "-", input=gone)


_SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def ways(plane: ControlPlane, home: Path) -> list[Way]:
    """All of them, to be used one after the other."""
    return [
        ByHelm(plane, home),
        ByServerSideApply("Argo CD's apply", "argocd-controller", plane, home),
        ByServerSideApply("Flux's apply", "kustomize-controller", plane, home),
    ]
