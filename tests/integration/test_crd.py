"""The CRD on a real API server: each CEL rule by one resource that breaks it and one that just does not."""

from __future__ import annotations

import copy
import subprocess
from typing import Any

import pytest
import yaml

from support.resources import ACCEPTED, REFUSED, SELECT, changed, crd_before_cloud, numbered
from wahealth.api.crd import custom_resource_definition
from wahealth.playground.cluster.control_plane import ControlPlane, ControlPlaneFailed
from wahealth.playground.environment import until


def refusal(plane: ControlPlane, document: dict[str, Any]) -> str | None:
    """What the API server says against it, None when it takes it (as a dry run)."""
    argv = [str(plane.binaries["kubectl"]), "--kubeconfig", str(plane.kubeconfig)]
    argv += ["create", "--dry-run=server", "-f", "-"]
    done = subprocess.run(argv, input=yaml.safe_dump(document), text=True, capture_output=True, check=False)
    return done.stderr if done.returncode else None


@pytest.mark.parametrize("document", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(plane: ControlPlane, document: dict[str, Any]) -> None:
    assert refusal(plane, document) is None


@pytest.mark.parametrize(("document", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_a_sentence(plane: ControlPlane, document: dict[str, Any], sentence: str) -> None:
    said = refusal(plane, document)
    assert said is not None
    assert sentence in said


def named(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "default"}}


def without_rules() -> dict[str, Any]:
    """The CustomResourceDefinition, as it was before it wanted a selector."""
    document = custom_resource_definition()
    pods = document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["pods"]
    del pods["x-kubernetes-validations"]
    return document


def test_a_stored_resource_without_a_selector_can_be_changed_elsewhere(plane: ControlPlane) -> None:
    stored = changed(metadata__name="stored", spec__pods={"roleLabels": "Enabled"})
    anew = copy.deepcopy(stored) | named("anew")

    def apply(document: dict[str, Any]) -> None:
        plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=yaml.safe_dump(document))

    def patch(spec: str) -> str:
        return plane.kubectl("patch", "wac", "stored", "--type=merge", "-p", f'{{"spec": {spec}}}')

    try:
        apply(without_rules())
        until(lambda: refusal(plane, anew) is None, "the rule is gone")
        apply(stored)
    finally:
        apply(custom_resource_definition())
    until(lambda: SELECT in (refusal(plane, anew) or ""), "the rule is in force again")
    patch('{"probe": {"periodSeconds": 60}}')
    status = '{"status": {"gateway": "Connected"}}'
    plane.kubectl("patch", "wac", "stored", "--type=merge", "--subresource=status", "-p", status)
    with pytest.raises(ControlPlaneFailed, match=SELECT):
        patch('{"pods": {"readinessGates": "Report"}}')
    patch('{"pods": {"selector": {"matchLabels": {"app": "core"}}}}')


def test_an_earlier_version_over_numbers_forgets_them_with_the_next_status(plane: ControlPlane) -> None:
    """As docs/cloud.md says of the way back. Until a status is written, the number is still stored."""

    def install(document: dict[str, Any], knows_numbers: bool) -> None:
        plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=yaml.safe_dump(document))
        until(lambda: (refusal(plane, numbered(suspend=True)) is None) is knows_numbers, "the schema is in force")

    def number() -> dict[str, Any]:
        return dict(plane.read("/apis/wahealth.io/v1alpha1/namespaces/default/whatsappclients/number"))

    plane.kubectl("create", "-f", "-", input=yaml.safe_dump(numbered() | named("number")))
    made = number()
    try:
        install(crd_before_cloud(), knows_numbers=False)
        assert "cloud" not in number()["spec"]["target"]
        install(custom_resource_definition(), knows_numbers=True)
        assert number()["spec"] == made["spec"]
        install(crd_before_cloud(), knows_numbers=False)
        plane.kubectl("patch", "wac", "number", "--type=merge", "--subresource=status", "-p", '{"status": {}}')
    finally:
        install(custom_resource_definition(), knows_numbers=True)
    assert "cloud" not in number()["spec"]["target"]
    assert number()["metadata"]["generation"] == made["metadata"]["generation"]


def test_it_is_found_by_its_short_name_and_category(plane: ControlPlane) -> None:
    resources = plane.kubectl("api-resources", "--categories=whatsapp", "--no-headers")
    assert resources.split()[:2] == ["whatsappclients", "wac"]


def test_every_field_is_explained(plane: ControlPlane) -> None:
    explained = plane.kubectl("explain", "whatsappclient.spec", "--recursive")
    for field in ("target", "auth", "tls", "mode", "multiconnect", "probe", "grace", "expectations", "suspend"):
        assert field in explained
