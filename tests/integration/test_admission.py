"""The ValidatingAdmissionPolicy on a real API server: what is refused at `kubectl apply`, and in which words."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from wahealth.api.admission import secrets
from wahealth.api.labels import API_KEY as LABEL
from wahealth.playground.environment import Environment, until

NAMESPACE = "admission"


@pytest.fixture(scope="module")
def policed(environment: Environment) -> Iterator[Environment]:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    environment.apply([namespace, *secrets.policy()])
    until(lambda: refusal(environment, secret(b"short")), "the policy is in force", 30)
    yield environment
    for document in secrets.policy():
        environment.plane.kubectl("delete", document["kind"], secrets.NAME)


def secret(key: bytes, label: str | None = "WA_API_KEY") -> dict[str, Any]:
    labels = {} if label is None else {LABEL: label}
    data = {"WA_API_KEY": base64.b64encode(key).decode()}
    metadata = {"name": "web-api-key", "namespace": NAMESPACE, "labels": labels}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


def refusal(environment: Environment, document: dict[str, Any]) -> str | None:
    """What `kubectl apply` says against it, None when it is taken (as a dry run)."""
    argv = [str(environment.plane.binaries["kubectl"]), "--kubeconfig", str(environment.plane.kubeconfig)]
    argv += ["apply", "--server-side", "--dry-run=server", "-f", "-"]
    done = subprocess.run(argv, input=yaml.safe_dump(document), text=True, capture_output=True, check=False)
    return done.stderr if done.returncode else None


@pytest.mark.parametrize("length", [12, 13, 14, 126, 127, 128])
def test_a_key_of_the_right_length(policed: Environment, length: int) -> None:
    assert refusal(policed, secret(b"k" * length)) is None


@pytest.mark.parametrize(
    ("length", "said"), [(1, "too short"), (11, "too short"), (129, "too long"), (4000, "too long")]
)
def test_a_key_that_is_too_short_or_too_long(policed: Environment, length: int, said: str) -> None:
    refused = refusal(policed, secret(b"k" * length))
    assert refused is not None
    assert f"the API key is {said}: waweb takes 12 to 128 characters" in refused
    assert "kkk" not in refused


@pytest.mark.parametrize("length", [12, 13, 14, 30])
@pytest.mark.parametrize("last", [b"a", b"Z", b"~", b"!", b"0"])
def test_a_key_that_ends_in_a_newline(policed: Environment, length: int, last: bytes) -> None:
    refused = refusal(policed, secret(b"k" * (length - 1) + last + b"\n"))
    assert refused is not None
    assert "ends in a newline" in refused


@pytest.mark.parametrize("last", [b"J", b"K", b"\x1a", b"*", b":", b"j", b"z"])
def test_what_only_resembles_a_newline(policed: Environment, last: bytes) -> None:
    for length in (12, 13, 14):
        assert refusal(policed, secret(b"k" * (length - 1) + last)) is None


def test_a_label_that_names_no_entry(policed: Environment) -> None:
    refused = refusal(policed, secret(b"k" * 20, label="another"))
    assert refused is not None
    assert "has no such entry" in refused


def test_a_secret_without_the_label_is_nobodys_business(policed: Environment) -> None:
    assert refusal(policed, secret(b"short", label=None)) is None
