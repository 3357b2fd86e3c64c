"""Names that kustomize gives reach a WhatsAppClient by `manifests/gitops/kustomize`: asked of `kubectl kustomize`."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.pages import ROOT, fences
from wahealth.api.crd import custom_resource_definition
from wahealth.kube.inventory.kinds import KINDS
from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.control_plane import kubectl_prints

COMPONENT = Path(__file__).parents[2] / "manifests" / "gitops" / "kustomize"
AUTH: dict[str, Any] = {
    "apiKey": {"secretKeyRef": {"name": "web-secret"}},
    "bearerToken": {"secretKeyRef": {"name": "web-secret", "key": "token"}},
    "userCredentials": {"secretRef": {"name": "web-secret"}},
}
GENERATED: dict[str, Any] = {
    "secretGenerator": [{"name": "web-secret", "literals": ["WA_API_KEY=the-first-key-of-waweb"]}],
    "configMapGenerator": [{"name": "waweb-ca", "literals": ["ca.crt=a CA"]}],
}
HASH = "[a-z0-9]{10}"
Document = dict[str, Any]


@pytest.fixture(scope="module")
def kubectl() -> Path:
    return provide(["kubectl"], say=print)["kubectl"]


def client(**spec: Any) -> Document:
    usual = {
        "target": {"workload": {"name": "web"}},
        "auth": {"apiKey": AUTH["apiKey"]},
        "tls": {"caRef": {"name": "waweb-ca"}},
    }
    return {
        "apiVersion": "wahealth.io/v1alpha1",
        "kind": "WhatsAppClient",
        "metadata": {"name": "shop"},
        "spec": usual | spec,
    }


def built(kubectl: Path, folder: Path, resource: Document, *others: Document, **kustomization: Any) -> Document:
    """The spec that comes out, in an overlay that gives every name a prefix."""
    base, overlay = folder / "base", folder / "overlay"
    for one in (base, overlay):
        one.mkdir(exist_ok=True)
    (base / "all.yaml").write_text(yaml.safe_dump_all([resource, *others]))
    component = os.path.relpath(COMPONENT, base.resolve())
    content = {"resources": ["all.yaml"], "components": [component], **GENERATED, **kustomization}
    (base / "kustomization.yaml").write_text(yaml.safe_dump(content))
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump({"namePrefix": "prod-", "resources": ["../base"]}))
    made = yaml.safe_load_all(kubectl_prints(kubectl, (), ("kustomize", str(overlay)), None))
    spec: Document = next(one["spec"] for one in made if one["kind"] == "WhatsAppClient")
    return spec


@pytest.mark.parametrize("how", AUTH.keys())
def test_a_secret_is_named_with_its_hash(kubectl: Path, tmp_path: Path, how: str) -> None:
    spec = built(kubectl, tmp_path, client(auth={how: AUTH[how]}))
    (ref,) = spec["auth"][how].values()
    assert re.fullmatch(f"prod-web-secret-{HASH}", ref["name"])


def test_a_rotation_is_another_name_and_nothing_else(kubectl: Path, tmp_path: Path) -> None:
    first = built(kubectl, tmp_path, client())
    rotated = copy.deepcopy(GENERATED["secretGenerator"])
    rotated[0]["literals"] = ["WA_API_KEY=the-second-key-of-waweb"]
    second = built(kubectl, tmp_path, client(), secretGenerator=rotated)
    assert first["auth"] != second["auth"]
    assert first | {"auth": None} == second | {"auth": None}


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_so_is_a_ca(kubectl: Path, tmp_path: Path, kind: str) -> None:
    generated = {"secretGenerator": [{"name": "waweb-ca", "literals": ["ca.crt=a CA"]}], "configMapGenerator": []}
    more = generated if kind == "Secret" else {}
    spec = built(kubectl, tmp_path, client(tls={"caRef": {"kind": kind, "name": "waweb-ca"}}), **more)
    assert re.fullmatch(f"prod-waweb-ca-{HASH}", spec["tls"]["caRef"]["name"])


def test_so_is_a_client_certificate(kubectl: Path, tmp_path: Path) -> None:
    generated = [{"name": "web-client", "literals": ["tls.crt=one", "tls.key=one"], "type": "kubernetes.io/tls"}]
    named = client(tls={"clientCertificateRef": {"name": "web-client"}})
    spec = built(kubectl, tmp_path, named, secretGenerator=[*GENERATED["secretGenerator"], *generated])
    assert re.fullmatch(f"prod-web-client-{HASH}", spec["tls"]["clientCertificateRef"]["name"])


@pytest.mark.parametrize("kind", KINDS.keys())
def test_a_workload_is_named_with_its_prefix(kubectl: Path, tmp_path: Path, kind: str) -> None:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web"}]}}
    workload = {
        "apiVersion": KINDS[kind].api_version,
        "kind": kind,
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    spec = built(kubectl, tmp_path, client(target={"workload": {"kind": kind, "name": "web"}}), workload)
    assert spec["target"]["workload"]["name"] == "prod-web"


def test_so_is_a_service(kubectl: Path, tmp_path: Path) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}}
    spec = built(kubectl, tmp_path, client(target={"service": {"name": "web"}}), service)
    assert spec["target"]["service"]["name"] == "prod-web"


def test_without_it_no_name_is_followed(kubectl: Path, tmp_path: Path) -> None:
    spec = built(kubectl, tmp_path, client(), components=[])
    assert spec["auth"]["apiKey"]["secretKeyRef"]["name"] == "web-secret"


def test_it_knows_every_name_in_the_schema() -> None:
    configured = yaml.safe_load((COMPONENT / "name-references.yaml").read_text())["nameReference"]
    paths = {field["path"] for reference in configured for field in reference["fieldSpecs"]}
    (version,) = custom_resource_definition()["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert paths == set(names(schema, "spec"))


def names(schema: Document, path: str) -> Iterator[str]:
    """The paths of all fields `name`."""
    for field, inner in schema.get("properties", {}).items():
        if field == "name":
            yield f"{path}/name"
        yield from names(inner, f"{path}/{field}")


def test_the_ban_guard_takes_the_names_of_the_documented_patch(kubectl: Path, tmp_path: Path) -> None:
    (documented,) = [fence.text for fence in fences("docs/ban-guard.md") if fence.text.startswith("patches:")]
    component = os.path.relpath(ROOT / "manifests" / "components" / "single-instance-policy", tmp_path.resolve())
    (tmp_path / "kustomization.yaml").write_text(f"components: [{component}]\n{documented}")
    made = yaml.safe_load_all(kubectl_prints(kubectl, (), ("kustomize", str(tmp_path)), None))
    variables = [one["spec"]["variables"][0] for one in made if one["kind"] == "ValidatingAdmissionPolicy"]
    assert variables == [{"name": "named", "expression": "['acme/whatsapp-coreapp']"}] * 2
