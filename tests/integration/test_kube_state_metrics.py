"""The real kube-state-metrics, with our configuration and the rights it names, says what each status says."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from support.clients import READY, SIX, TEAM, WaitFor
from wahealth.api.v1alpha1 import GROUP, KIND, VERSION
from wahealth.core.status import ConditionStatus, Gateway
from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.command_lines import HOST, free_ports
from wahealth.playground.environment import SYSTEM, Environment, NeverCame, until

NAME = "kube-state-metrics"
CONFIGURATION = Path(__file__).parents[2] / "manifests" / "monitoring" / f"{NAME}.yaml"
OF_ALL = {
    "customresource_group": GROUP,
    "customresource_version": VERSION,
    "customresource_kind": KIND,
}


class Sample(NamedTuple):
    name: str
    labels: frozenset[tuple[str, str]]
    value: float


@pytest.fixture(scope="module")
def page(environment: Environment) -> Iterator[httpx.Client]:
    environment.apply(rights())
    port, other = free_ports(2)
    flags = {
        "kubeconfig": environment.plane.service_account_kubeconfig(SYSTEM, NAME),
        "custom-resource-state-config-file": CONFIGURATION,
        "custom-resource-state-only": "true",
        "host": HOST,
        "port": port,
        "telemetry-host": HOST,
        "telemetry-port": other,
    }
    program = provide([NAME], say=lambda text: print(text, file=sys.stderr))[NAME]
    process = environment.plane.start(NAME, [str(program), *(f"--{name}={value}" for name, value in flags.items())])
    with httpx.Client(base_url=f"http://{HOST}:{port}", trust_env=False, timeout=10) as http:
        yield http
    process.stop()
    complaints = [line for line in process.log.read_text().splitlines() if line.startswith(("E", "F"))]
    assert complaints == []


def rights() -> Iterator[dict[str, Any]]:
    """Those that the configuration's own comment names, and no others."""
    comment = "\n".join(re.findall(r"^#   (.*)$", CONFIGURATION.read_text(), re.MULTILINE))
    group, metadata = "rbac.authorization.k8s.io", {"name": NAME}
    rules = yaml.safe_load(comment)["rbac"]["extraRules"]
    yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME, "namespace": SYSTEM}}
    yield {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules}
    yield {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": NAME},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": SYSTEM}],
    }


@pytest.mark.usefixtures("team")
def test_it_says_of_each_client_what_its_status_says(
    environment: Environment, page: httpx.Client, wait_for: WaitFor
) -> None:
    assert {client.name for client in SIX} == set(READY)
    for name, reason in READY.items():
        wait_for(TEAM, name, ready=reason)

    def differences() -> list[Sample]:
        return sorted(told(page) ^ expected(environment), key=str)

    try:
        until(lambda: not differences(), "the same as in each status", 30)
    except NeverCame:
        assert differences() == []


def told(page: httpx.Client) -> set[Sample]:
    try:
        text = page.get("/metrics").raise_for_status().text
    except httpx.TransportError:
        return set()
    found = set()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            assert sample.labels.items() >= OF_ALL.items()
            own = frozenset(sample.labels.items() - OF_ALL.items())
            found.add(Sample(sample.name, own, sample.value))
    return found


def expected(environment: Environment) -> set[Sample]:
    listed = environment.clients()
    assert {client.name for client in SIX} <= {one["metadata"]["name"] for one in listed}
    return {
        Sample(
            f"kube_whatsappclient_{name}",
            frozenset({**labels, **{key: one["metadata"][key] for key in ("namespace", "name")}}.items()),
            value,
        )
        for one in listed
        for name, labels, value in samples(one["metadata"], one["status"])
    }


def samples(metadata: dict[str, Any], status: dict[str, Any]) -> Iterator[tuple[str, dict[str, str], float]]:
    """Name, labels and value; without what is the same in all."""
    known = {"mode": status.get("mode"), "version": status.get("clientVersion")}
    yield "info", {label: value for label, value in known.items() if value}, 1
    for condition in status["conditions"]:
        for truth in ConditionStatus:
            labels = {"type": condition["type"], "status": str(truth)}
            yield "status_condition", labels, condition["status"] == truth
    for state in Gateway:
        yield "status_gateway", {"state": str(state)}, status["gateway"] == state
    yield "generation", {}, metadata["generation"]
    if "observedGeneration" in status:
        yield "status_observed_generation", {}, status["observedGeneration"]
    if "connected" in status:
        if "current" in status["connected"]:  # absent while the client is not seen
            yield "status_connected_coreapps", {}, status["connected"]["current"]
        yield "status_expected_coreapps", {}, status["connected"]["expected"]
