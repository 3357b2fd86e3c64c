"""The CRD on a real API server: each CEL rule by one resource that breaks it and one that just does not."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
import yaml

from support.resources import ACCEPTED, REFUSED
from wahealth.playground.cluster.control_plane import ControlPlane


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


def test_it_is_found_by_its_short_name_and_category(plane: ControlPlane) -> None:
    resources = plane.kubectl("api-resources", "--categories=whatsapp", "--no-headers")
    assert resources.split()[:2] == ["whatsappclients", "wac"]


def test_every_field_is_explained(plane: ControlPlane) -> None:
    explained = plane.kubectl("explain", "whatsappclient.spec", "--recursive")
    for field in ("target", "auth", "tls", "mode", "multiconnect", "probe", "grace", "expectations", "suspend"):
        assert field in explained
