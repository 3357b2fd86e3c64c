"""The folder of a release, and nothing else: installed, upgraded and removed on a real node without a way out.

`make release-check VERSION=…` runs it on dist/VERSION.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from e2e.conftest import EXAMPLES, PORT, RELEASE, Client, Document, running_client
from e2e.shell import Shell
from release import archives, debian
from support import registry as registries
from support.pages import commands
from support.steps import step
from wahealth.api.v1alpha1 import GROUP, PLURAL
from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.control_plane import ControlPlane, ControlPlaneFailed
from wahealth.playground.environment import until

COPIED, PUSHED, INSTALLED = commands(__file__, "README.md")
CHECKED, UPGRADED, REMOVED, IMPORTED, APPLIED, PLUGIN = commands(__file__, "docs/development/release.md")
SYSTEM, NAME = "wahealth-system", "wahealth-operator"
EPOCH = 1_790_000_000
OURS = "app.kubernetes.io/part-of=wahealth"


def version_of(folder: Path) -> str:
    (chart,) = folder.glob("wahealth-[0-9]*.tgz")
    return chart.name.removeprefix("wahealth-").removesuffix(".tgz")


@pytest.fixture(scope="module")
def folder() -> Path:
    if RELEASE not in os.environ:
        pytest.skip("make release-check VERSION=… installs what make release has made")
    return Path(os.environ[RELEASE])


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registries.serving(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture(scope="module")
def shell(plane: ControlPlane, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    names = provide(("helm", "kubectl", "ctr", "krew"), say=print)
    programs = {("kubectl-krew" if name == "krew" else name): path for name, path in names.items()}
    containerd = plane.directory / "node/containerd.sock"
    kubeconfig = str(plane.kubeconfig)
    home = tmp_path_factory.mktemp("home")
    return Shell(folder, home, programs, KUBECONFIG=kubeconfig, CONTAINERD_ADDRESS=str(containerd))


@pytest.fixture(scope="module")
def client(plane: ControlPlane, folder: Path) -> Iterator[Client]:
    """A simulated client whose pods are real, and ready."""
    with running_client(plane, "acme") as client:
        yield client


@pytest.fixture
def bare(shell: Shell, client: Client, plane: ControlPlane) -> Iterator[None]:
    """Nothing of ours is installed, before and afterwards, however the test ends."""
    yield
    with contextlib.suppress(ControlPlaneFailed):
        shell.run(f"{REMOVED} --ignore-not-found")
    shell.run("kubectl delete --ignore-not-found -f install.yaml")
    plane.kubectl("delete", "crd", f"{PLURAL}.{GROUP}", "--ignore-not-found")
    plane.kubectl("delete", "namespace", SYSTEM, "--ignore-not-found")


class Here:
    """The lines as they are written, for this version, this registry, which speaks plain HTTP, and this client."""

    def __init__(self, shell: Shell, registry: str, version: str) -> None:
        self._shell, self._registry, self._version = shell, registry, version

    def run(self, line: str) -> str:
        line = line.replace("0.1.0", self._version).replace("REGISTRY", self._registry)
        if line.startswith("skopeo"):
            line += " --src-tls-verify=false --dest-tls-verify=false"
        elif "oci://" in line:
            line += " --plain-http"
        return self._shell.run(line)


@pytest.fixture
def here(shell: Shell, registry: str, folder: Path) -> Here:
    return Here(shell, registry, version_of(folder))


def running(plane: ControlPlane, image: str) -> str:
    """Waits until one operator is ready and nothing but it is left, of this image. What the runtime knows it by."""

    def alone() -> Document | None:
        pods = plane.read(f"/api/v1/namespaces/{SYSTEM}/pods?labelSelector=app.kubernetes.io/component=operator")
        asked = [container["image"] for pod in pods["items"] for container in pod["spec"]["containers"]]
        statuses = [status for pod in pods["items"] for status in pod["status"].get("containerStatuses", ())]
        return statuses[0] if asked == [image] and [status["ready"] for status in statuses] == [True] else None

    found: str = until(alone, f"one operator of {image}, which is ready", 240)["imageID"]
    return found


def watched(client: Client) -> None:
    """A person's resource for it, and the verdict."""
    manifest = yaml.safe_load((EXAMPLES / "client-high-availability.yaml").read_text())
    manifest["spec"]["target"]["workload"]["port"] = PORT
    manifest["metadata"]["namespace"] = client.namespace
    client.apply(manifest)
    available(client)


def available(client: Client) -> None:
    client.kubectl("wait", "wac/support", "--for=condition=Ready", "--timeout=110s")


def newer(folder: Path, version: str, into: Path) -> Path:
    """The chart of the version after this one."""
    (chart,) = folder.glob("wahealth-[0-9]*.tgz")
    files = archives.unpacked(chart)
    about = files["wahealth/Chart.yaml"].decode()
    raised = re.sub(r"(?m)^(version|appVersion): .*$", rf'\1: "{version}"', about)
    archives.packed(files | {"wahealth/Chart.yaml": raised.encode()}, into / f"wahealth-{version}.tgz", EPOCH)
    return into / f"wahealth-{version}.tgz"


def test_everything_has_arrived(here: Here, folder: Path) -> None:
    said = here.run(CHECKED).splitlines()
    assert {line.partition(":")[0] for line in said} == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}


def test_there_is_no_way_out_of_here(folder: Path) -> None:
    """So that whatever is installed here came from the folder: 192.0.2.1 stands for all that is outside."""
    with pytest.raises(OSError, match="unreachable"), socket.create_connection(("192.0.2.1", 443), timeout=20):
        pass


def test_without_a_registry_and_with_one(
    here: Here, bare: None, plane: ControlPlane, client: Client, folder: Path, registry: str, tmp_path: Path
) -> None:
    """In this order: what kubelet has pulled once it pulls for any other name, too, though it was imported under it."""
    by_manifests(here, plane, client, folder)
    by_three_lines(here, plane, client, folder, registry)
    upgraded_and_removed(here, plane, client, folder, registry, tmp_path)


def by_manifests(here: Here, plane: ControlPlane, client: Client, folder: Path) -> None:
    with step("installed from an image that was imported"):
        here.run(IMPORTED)
        here.run(APPLIED)
        running(plane, f"wahealth:{version_of(folder)}")
        watched(client)
    with step("krew installs the plugin"):
        here.run(PLUGIN)
        assert ".krew/bin/kubectl-wa\n" in here.run("kubectl plugin list")
        assert here.run("kubectl wa status support -n acme").startswith("support · acme   UP")
    with step("removed"):
        here.run("kubectl delete -f install.yaml")
        until(lambda: not left(plane), "nothing of the operator is left", 120)


def by_three_lines(here: Here, plane: ControlPlane, client: Client, folder: Path, registry: str) -> None:
    (archive,) = folder.glob("*.oci.tar")
    with step("pushed, pulled and installed"):
        for line in (COPIED, PUSHED, INSTALLED):
            here.run(line)
        pulled = running(plane, f"{registry}/wahealth:{version_of(folder)}")
        assert pulled == f"{registry}/wahealth@{debian.opened(archive).digest}"  # the very image of the folder
    with step("it works"):
        here.run(f"helm test wahealth -n {SYSTEM}")
        watched(client)


def upgraded_and_removed(
    here: Here, plane: ControlPlane, client: Client, folder: Path, registry: str, tmp_path: Path
) -> None:
    after = "99.0.0"
    with step("upgraded"):
        here.run(f"skopeo copy docker://REGISTRY/wahealth:{version_of(folder)} docker://REGISTRY/wahealth:{after}")
        here.run(PUSHED.replace("wahealth-0.1.0.tgz", str(newer(folder, after, tmp_path))))
        here.run(UPGRADED)
        running(plane, f"{registry}/wahealth:{after}")
        available(client)
    with step("removed, but for the CRD and the resources"):
        here.run(REMOVED)
        until(lambda: not left(plane), "nothing of the operator is left", 120)
        assert client.kubectl("get", "wac", "-o", "name").split() == ["whatsappclient.wahealth.io/support"]


def left(plane: ControlPlane) -> list[str]:
    """What is still there of the operator."""
    return plane.kubectl("get", "all,clusterroles,clusterrolebindings", "-A", "-o", "name", "-l", OURS).split()
