"""Whether the API server takes an older CRD in place of the one that is installed."""

from __future__ import annotations

import subprocess
from typing import Any

import yaml

from wahealth.api.admission import crd_revision
from wahealth.api.crd import REVISION_ANNOTATION, custom_resource_definition
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.environment import until

HOW = {
    "apply": ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-"),
    "replace": ("replace", "--dry-run=server", "-f", "-"),
    "client-side apply": ("apply", "--dry-run=server", "-f", "-"),
}
_DENIED = f"ValidatingAdmissionPolicy '{crd_revision.NAME}' with binding '{crd_revision.NAME}' denied request"

Document = dict[str, Any]
Done = subprocess.CompletedProcess[str]


def revised(revision: int | str | None) -> Document:
    """The CRD of today with this revision."""
    document = custom_resource_definition()
    annotations = document["metadata"]["annotations"]
    if revision is None:
        del annotations[REVISION_ANNOTATION]
    else:
        annotations[REVISION_ANNOTATION] = str(revision)
    return document


def run(plane: ControlPlane, *words: str, given: str | None = None) -> Done:
    argv = [str(plane.binaries["kubectl"]), "--kubeconfig", str(plane.kubeconfig), *words]
    return subprocess.run(argv, input=given, text=True, capture_output=True, check=False, timeout=120)


def send(plane: ControlPlane, document: Document, how: str = "apply") -> Done:
    """As a dry run, which policies see like any other request."""
    return run(plane, *HOW[how], given=yaml.safe_dump(document))


def refused(done: Done) -> bool:
    return done.returncode != 0 and _DENIED in done.stderr and crd_revision.MESSAGE in done.stderr


def until_refused(plane: ControlPlane) -> None:
    until(lambda: refused(send(plane, revised(0))), "the policy is in force", 60)


def restore(plane: ControlPlane) -> None:
    """The CRD of today, and no policy."""
    for document in crd_revision.policy():
        plane.kubectl("delete", document["kind"], crd_revision.NAME, "--ignore-not-found")
    crd = yaml.safe_dump(custom_resource_definition())
    plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=crd)
    until(lambda: send(plane, revised(0)).returncode == 0, "the policy is out of force", 60)
