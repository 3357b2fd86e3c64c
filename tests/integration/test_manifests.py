"""What people install: kubeconform takes it by the API server's own schemas, and so does the API server itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support.kinds import monitoring_crds, write_schemas
from support.rendered import CASES, ROOT, Document, case, documents
from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.control_plane import ControlPlane, ControlPlaneFailed
from wahealth.playground.environment import until_kinds_are_served

MANIFESTS = ROOT / "manifests"
COMPONENTS = sorted(path.name for path in (MANIFESTS / "components").iterdir())
NAMESPACES = ("wahealth-system", "team-a", "team-b", "example", "monitoring", "grafana")


def say(text: str) -> None:
    print(text, file=sys.stderr)


@pytest.fixture(scope="module")
def plane(plane: ControlPlane) -> ControlPlane:
    for namespace in NAMESPACES:
        plane.kubectl("create", "namespace", namespace)
    for crd in monitoring_crds():
        plane.kubectl("apply", "--server-side", "-f", str(crd))
    until_kinds_are_served(plane.read)
    return plane


def installed(what: str) -> list[Document]:
    """By the name of a case: the chart with those values; of a component: an overlay with it; else a folder's files."""
    if what in CASES:
        return documents(case(what))
    files = [MANIFESTS / "install.yaml"] if what == "install" else sorted((MANIFESTS / what).glob("*.yaml"))
    return [document for file in files for document in yaml.safe_load_all(file.read_text()) if document]


def without_prometheus_operator(found: list[Document]) -> list[Document]:
    return [document for document in found if not document["apiVersion"].startswith("monitoring.coreos.com/")]


@pytest.fixture(params=[*CASES, "install", "examples"])
def found(request: pytest.FixtureRequest) -> list[Document]:
    everything = installed(request.param)
    if monitoring_crds():
        return everything
    say("ServiceMonitor, PodMonitor and PrometheusRule are not checked: there is no Go to get their schemas with")
    return without_prometheus_operator(everything)


def conforms(plane: ControlPlane, found: list[Document], folder: Path) -> str:
    location = write_schemas(plane, {(one["apiVersion"], one["kind"]) for one in found}, folder)
    program = provide(["kubeconform"], say=say)["kubeconform"]
    asked = [str(program), "-strict", "-summary", "-schema-location", location]
    done = subprocess.run(asked, input=yaml.safe_dump_all(found), capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_kubeconform_takes_it(plane: ControlPlane, found: list[Document], tmp_path: Path) -> None:
    said = conforms(plane, found, tmp_path)
    assert f"Valid: {len(found)}, Invalid: 0, Errors: 0, Skipped: 0" in said, said


def test_kubeconform_would_find_a_field_that_there_is_not(plane: ControlPlane, tmp_path: Path) -> None:
    deployment = next(one for one in documents() if one["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["imagePolicy"] = "Always"
    assert "'imagePolicy' not allowed" in conforms(plane, [deployment], tmp_path)


def test_the_api_server_takes_it(plane: ControlPlane, found: list[Document]) -> None:
    """With strict validation: an unknown or a doubled field is an error."""
    flags = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "--force-conflicts"]
    for document in found:
        document["metadata"].setdefault("namespace", "example")  # ignored where a kind has none
    plane.kubectl(*flags, "-f", "-", input=yaml.safe_dump_all(found))


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_fits_the_whole(plane: ControlPlane, component: str, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    relative = Path(*[".."] * len(overlay.parts[1:]), *MANIFESTS.parts[1:])
    kustomization = {
        "resources": [str(relative)],
        "components": [str(relative / "components" / component)],
        "images": [{"name": "wahealth", "newName": "registry.example.com/wahealth", "newTag": "1"}],
    }
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    built = plane.kubectl("kustomize", str(overlay))
    assert len(list(yaml.safe_load_all(built))) > len(installed("install"))
    assert "image: registry.example.com/wahealth:1" in built
    if component == "prometheus" and not monitoring_crds():
        return
    plane.kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-", input=built)


def test_the_api_server_would_refuse_a_field_that_there_is_not(plane: ControlPlane) -> None:
    wrong = next(one for one in documents() if one["kind"] == "Deployment")
    wrong["spec"]["replica"] = 2
    with pytest.raises(ControlPlaneFailed, match="replica"):
        plane.kubectl(
            "apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-", input=yaml.safe_dump(wrong)
        )
