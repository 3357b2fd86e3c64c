"""The chart as an archive: whoever has nothing else finds in it what it speaks of."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest
import yaml

from support.rendered import CHART, helm
from wahealth.api.crd import custom_resource_definition


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is in it, by path."""
    folder = tmp_path_factory.mktemp("package")
    helm("package", str(CHART), "--destination", str(folder))
    (archive,) = folder.iterdir()
    found = {}
    with tarfile.open(archive) as opened:
        for one in opened:
            if content := opened.extractfile(one):
                found[one.name.removeprefix("wahealth/")] = content.read()
    return found


def test_it_has_a_licence(files: dict[str, bytes]) -> None:
    assert files["LICENSE"] == Path(CHART, "../../LICENSE").read_bytes()


def test_its_readme_links_to_nothing_that_is_not_in_it(files: dict[str, bytes]) -> None:
    readme = files["README.md"].decode()
    linked = set(re.findall(r"\]\(([^)\s]+)\)", readme))
    assert not [target for target in linked if not re.match("[a-z]+:|#", target) and target not in files]
    assert "`ci/`" in readme
    assert {name for name in files if name.startswith("ci/")} == {f"ci/{path.name}" for path in CHART.glob("ci/*")}


def test_nothing_is_in_it_that_nobody_reads(files: dict[str, bytes]) -> None:
    assert not {"README.md.gotmpl", ".helmignore"} & files.keys()


ANNOTATIONS = yaml.safe_load((CHART / "Chart.yaml").read_text())["annotations"]
EXAMPLES = CHART / "../../manifests/examples"


def test_what_artifact_hub_shows_are_the_examples() -> None:
    """Which a real API server has taken."""
    shown = yaml.safe_load(ANNOTATIONS["artifacthub.io/crdsExamples"])
    files = ("client-single.yaml", "number-graph.yaml")
    assert shown == [yaml.safe_load((EXAMPLES / name).read_text()) for name in files]


def test_what_artifact_hub_says_of_the_crd_is_so() -> None:
    crd = custom_resource_definition()
    (described,) = yaml.safe_load(ANNOTATIONS["artifacthub.io/crds"])
    assert described["name"] == crd["metadata"]["name"]
    assert described["kind"] == crd["spec"]["names"]["kind"]
    assert described["version"] in {version["name"] for version in crd["spec"]["versions"]}


def test_artifact_hub_knows_the_words() -> None:
    """As its page of annotations lists them."""
    levels = ("Basic Install", "Seamless Upgrades", "Full Lifecycle", "Deep Insights", "Auto Pilot")
    assert ANNOTATIONS["artifacthub.io/operatorCapabilities"] in levels
    kinds = {"added", "changed", "deprecated", "removed", "fixed", "security"}
    changes = yaml.safe_load(ANNOTATIONS["artifacthub.io/changes"])
    assert {change["kind"] for change in changes} <= kinds
    assert ANNOTATIONS["artifacthub.io/category"] == "monitoring-logging"
