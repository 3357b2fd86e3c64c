"""The real Helm on a control plane, and a chart of an earlier version with the CRD of that time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import yaml

from support.rendered import CHART, Document
from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.control_plane import ControlPlane, printed

NAMESPACE = "wahealth-system"
RELEASE = "wahealth"


class Helm:
    """Helm with an empty home, as the administrator of this control plane."""

    def __init__(self, plane: ControlPlane, home: Path) -> None:
        program = provide(["helm"], say=lambda _: None)["helm"]
        self._argv = [str(program), f"--namespace={NAMESPACE}"]
        self._environment = {"KUBECONFIG": str(plane.kubeconfig), "HOME": str(home), "PATH": os.environ["PATH"]}

    def __call__(self, *arguments: str) -> str:
        """Its stdout. Raises `ControlPlaneFailed` with what it says against it."""
        asked = f"helm {' '.join(arguments)}"
        return printed([*self._argv, *arguments], asked, seconds=600, env=self._environment)


def earlier_chart(folder: Path, crd: Document) -> Path:
    """A chart of before CRDs had a revision, with this CRD."""
    chart = folder / "wahealth"
    shutil.copytree(CHART, chart)
    about = chart / "Chart.yaml"
    about.write_text(about.read_text().replace("\nversion: 0.1.0", "\nversion: 0.0.9"))
    (chart / "files" / "crd-revision-policy.yaml").unlink()
    kept = crd | {"metadata": crd["metadata"] | {"annotations": {"helm.sh/resource-policy": "keep"}}}
    (chart / "files" / "crd.yaml").write_text(yaml.safe_dump(kept, sort_keys=False))
    return chart
