"""The playground's control plane: two at once, and nothing left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from wahealth.playground.cluster.control_plane import ControlPlane, ControlPlaneFailed
from wahealth.playground.cluster.nodes import claim_port
from wahealth.playground.cluster.workdir import sweep
from wahealth.playground.environment import Environment, until

OWNER = """
import time
from wahealth.playground.cluster.control_plane import ControlPlane
with ControlPlane(say=print) as plane:
    print(plane.directory, flush=True)
    time.sleep(600)
"""


def processes_in(directory: Path) -> list[str]:
    """Command lines that name the directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(directory) in arguments:
            found.append(arguments)
    return found


def test_a_second_one_runs_beside_the_first(environment: Environment) -> None:
    with ControlPlane(say=print) as second:
        assert second.url != environment.plane.url
        assert second.kubectl("get", "--raw", "/readyz") == "ok"
        assert environment.plane.kubectl("get", "--raw", "/readyz") == "ok"
        directory = second.directory
    assert not directory.exists()
    assert processes_in(directory) == []


def test_after_a_kill_nothing_runs_and_the_next_start_sweeps() -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        directory = Path(next(line for line in owner.stdout if line.startswith(tempfile.gettempdir())).strip())
        assert processes_in(directory)
        owner.send_signal(signal.SIGKILL)
    until(lambda: not processes_in(directory), "the end of all programs", 15)
    sweep()
    assert not directory.exists()


def test_two_playgrounds_have_two_ports() -> None:
    with claim_port() as first, claim_port() as second:
        assert first != second


def test_the_audit_log_tells_who_wrote_what(environment: Environment) -> None:
    environment.plane.kubectl("create", "configmap", "seen", "-n", "default")
    objects = [e["objectRef"] for e in environment.audit() if (e["verb"], e["user"]["username"]) == ("create", "admin")]
    assert ("configmaps", "default", "seen") in [(o["resource"], o.get("namespace"), o.get("name")) for o in objects]


def test_a_service_account_signs_in_as_itself(environment: Environment) -> None:
    plane = environment.plane
    kubeconfig = plane.service_account_kubeconfig("default", "default")
    shown = plane.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}", f"--kubeconfig={kubeconfig}")
    assert shown == "system:serviceaccount:default:default"


def test_a_program_that_dies_is_named_with_the_end_of_its_log(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, path in environment.plane.binaries.items():
        (tmp_path / name).symlink_to(path)
    dying = tmp_path / "kube-controller-manager"
    dying.unlink()
    dying.write_text("#!/bin/sh\necho the disk is full\nexit 1\n")
    dying.chmod(0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    failing = ControlPlane(say=print)
    with pytest.raises(ControlPlaneFailed, match="kube-controller-manager has ended:\nthe disk is full"), failing:
        pass
    assert not failing.directory.exists()
    assert processes_in(failing.directory) == []
