"""Versions of the product to upgrade from and to: the chart and the code that belong together."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import yaml

from support.helmed import earlier_chart
from support.rendered import CHART, ROOT
from wahealth.api.crd import REVISION_ANNOTATION, custom_resource_definition

_SENTENCES = Path("wahealth", "core", "reasons", "spec.py")
_TODAY, _THEN = "The spec is valid and everything", "The spec is right and everything"  # of nearly every resource


class Version(NamedTuple):
    """A version of the product."""

    name: str
    chart: Path
    code: Path  # the folder from which `wahealth` is imported


def today() -> Version:
    return Version("today", CHART, ROOT / "operator")


def of_commit(commit: str, folder: Path) -> Version:
    """What is in this commit of the repository."""
    packed = subprocess.run(
        ["git", "-C", str(ROOT), "archive", commit, "operator", "charts"], stdout=subprocess.PIPE, check=True
    )
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    return Version(commit, folder / "charts" / "wahealth", folder / "operator")


def reworded(folder: Path) -> Version:
    """Today's version with another sentence, and with a CRD of before there were revisions."""
    crd = custom_resource_definition()
    del crd["metadata"]["annotations"][REVISION_ANNOTATION]
    code = folder / "operator"
    shutil.copytree(ROOT / "operator", code, ignore=shutil.ignore_patterns("__pycache__"))
    sentences = code / _SENTENCES
    assert _TODAY in sentences.read_text()
    sentences.write_text(sentences.read_text().replace(_TODAY, _THEN))
    return Version("with another sentence", earlier_chart(folder / "chart", crd), code)


def named(version: Version) -> str:
    """The version of its chart."""
    return str(yaml.safe_load((version.chart / "Chart.yaml").read_text())["version"])
