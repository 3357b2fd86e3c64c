"""`kubectl wa` on a real API server: through the real kubectl, with real verdicts, with the rights that a user has."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support.clients import TEAM, WaitFor
from support.pages import commands
from support.plugin import installed
from wahealth import cli
from wahealth.playground.environment import Environment

pytestmark = pytest.mark.usefixtures("team")
Kubectl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def kubectl(environment: Environment, tmp_path: Path) -> Kubectl:
    """The real kubectl, which finds the plugin on its PATH."""
    environ = installed(environment, tmp_path)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        typed = [str(environment.plane.binaries["kubectl"]), *words]
        return subprocess.run(typed, env=environ, capture_output=True, text=True, check=False, timeout=60)

    return run


def test_the_documented_command(kubectl: Kubectl, wait_for: WaitFor) -> None:
    wait_for(TEAM, "ha", ready="Available")
    (line,) = commands(__file__, "docs/kubectl-wa.md")
    done = kubectl(*shlex.split(line.replace("support", "ha").replace("acme", TEAM))[1:])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"ha · {TEAM}   UP for ")
    assert " which renewed its Lease " in done.stdout
    assert "GatewayConnected" in done.stdout
    assert "2 of 2 answer" in done.stdout


def test_a_user_who_may_only_get_the_resource(kubectl: Kubectl, environment: Environment, wait_for: WaitFor) -> None:
    wait_for(TEAM, "ha", ready="Available")
    environment.apply(
        [
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "Role",
                "metadata": {"name": "looks", "namespace": TEAM},
                "rules": [{"apiGroups": ["wahealth.io"], "resources": ["whatsappclients"], "verbs": ["get"]}],
            },
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {"name": "looks", "namespace": TEAM},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "looks"},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "looker"}],
            },
        ]
    )
    done = kubectl("wa", "status", "ha", "-n", TEAM, "--as", "looker")
    assert done.returncode == 0
    assert f"you may not list events in {TEAM}: ask for that right." in done.stdout
    assert "you may not list leases in wahealth-system: ask for that right" in done.stdout
    refused = kubectl("wa", "status", "ha", "-n", TEAM, "--as", "nobody-known")
    assert (refused.returncode, refused.stdout) == (69, "")
    assert f"you may not get whatsappclients in {TEAM}: ask for that right." in refused.stderr


def test_the_chain_of_a_client(kubectl: Kubectl, wait_for: WaitFor) -> None:
    wait_for(TEAM, "ha", ready="Available")
    done = kubectl("wa", "explain", "ha", "-n", TEAM)
    assert (done.returncode, done.stderr) == (0, "")
    signs = [line.split()[:2] for line in done.stdout.splitlines()[1:10]]
    links = ("resource", "operator", "seen", "target", "pods", "Secret", "network", "answer", "verdict")
    assert signs == [["✓", name] for name in links]


def test_a_report_is_replayed_to_the_same_verdict(
    kubectl: Kubectl, environment: Environment, wait_for: WaitFor, tmp_path: Path
) -> None:
    wait_for(TEAM, "ha", ready="Available")
    done = kubectl("wa", "report", "ha", "-n", TEAM)
    assert (done.returncode, done.stderr) == (0, "")
    path = tmp_path / "report.yaml"
    path.write_text(done.stdout)
    assert cli.main(["simulate", str(path)]) == 0
    pods = environment.plane.read(f"/api/v1/namespaces/{TEAM}/pods")["items"]
    assert not [pod for pod in pods if pod["metadata"]["name"] in done.stdout]


def test_a_drain_of_the_only_node(kubectl: Kubectl, wait_for: WaitFor) -> None:
    wait_for(TEAM, "ha", ready="Available")
    done = kubectl("wa", "drain", "simulated-0")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("drain simulated-0   NOT SAFE")
    assert f"  ha · {TEAM}   OUTAGE   failures tolerated: 1 → 0" in done.stdout
    assert kubectl("wa", "drain", "no-such-node").returncode == 69


def test_kubectl_completes_names(kubectl: Kubectl, wait_for: WaitFor) -> None:
    wait_for(TEAM, "ha", ready="Available")
    done = kubectl("__complete", "wa", "status", "-n", TEAM, "h")
    assert "ha\tTrue, Connected" in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1] == ":4"
    assert kubectl("__complete", "wa", "hist").stdout.startswith("history\twhat was believed")


def test_what_is_not_there(kubectl: Kubectl) -> None:
    done = kubectl("wa", "status", "nothing", "-n", TEAM)
    assert done.returncode == 69
    assert f"there is no WhatsAppClient nothing in {TEAM}" in done.stderr
