"""An older CRD in place of a newer one is refused on a real API server, in whichever way it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import yaml

from support.older_crd import HOW, refused, restore, revised, run, send, until_refused
from support.resources import crd_before_cloud
from wahealth.api.admission import crd_revision
from wahealth.api.crd import NAME, REVISION, REVISION_ANNOTATION
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.environment import until

OLDER = {
    "none": crd_before_cloud(),
    "lower": revised(REVISION - 1),
    "no number": revised("old"),
    "beyond all numbers": revised("9" * 10),
}


@pytest.fixture(scope="module")
def guarded(plane: ControlPlane) -> Iterator[ControlPlane]:
    plane.kubectl("apply", "--server-side", "-f", "-", input=yaml.safe_dump_all(crd_revision.policy()))
    until_refused(plane)
    yield plane
    restore(plane)


# A client-side apply of a CRD without the annotation would leave the annotation standing.
SENT = [(how, older) for how in HOW for older in OLDER if (how, older) != ("client-side apply", "none")]


@pytest.mark.parametrize(("how", "older"), SENT)
def test_an_older_one_is_refused_with_the_way_back(guarded: ControlPlane, how: str, older: str) -> None:
    done = send(guarded, OLDER[older], how)
    assert refused(done), done.stderr
    assert crd_revision.WAY_BACK in done.stderr


@pytest.mark.parametrize("value", [None, str(REVISION - 1), ""])
def test_a_merge_patch_that_lowers_the_revision_is_refused(guarded: ControlPlane, value: str | None) -> None:
    patch = json.dumps({"metadata": {"annotations": {REVISION_ANNOTATION: value}}})
    done = run(guarded, "patch", "crd", NAME, "--type=merge", "--dry-run=server", "-p", patch)
    assert refused(done), done.stderr


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("revision", [REVISION, REVISION + 1])
def test_the_same_and_a_newer_one_pass(guarded: ControlPlane, how: str, revision: int) -> None:
    done = send(guarded, revised(revision), how)
    assert done.returncode == 0, done.stderr


def test_a_deletion_passes_and_so_does_another_crd(guarded: ControlPlane) -> None:
    assert run(guarded, "delete", "crd", NAME, "--dry-run=server").returncode == 0
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    names = {"plural": "others", "kind": "Other"}
    other: dict[str, Any] = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "others.example.com", "annotations": {REVISION_ANNOTATION: "5"}},
        "spec": {"group": "example.com", "names": names, "scope": "Namespaced", "versions": [version]},
    }
    guarded.kubectl("create", "-f", "-", input=yaml.safe_dump(other))
    other["metadata"]["annotations"] = {REVISION_ANNOTATION: "4"}
    assert send(guarded, other, "replace").returncode == 0
    guarded.kubectl("delete", "crd", "others.example.com")


def test_the_expressions_have_no_error_of_type(guarded: ControlPlane) -> None:
    path = f"/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/{crd_revision.NAME}"

    def checked() -> Sequence[Any] | None:
        status = guarded.read(path).get("status", {})
        return [status.get("typeChecking", {}).get("expressionWarnings", [])] if status else None

    assert until(checked, "it was checked", 60) == [[]]
