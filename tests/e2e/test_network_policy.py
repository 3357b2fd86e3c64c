"""The chart's NetworkPolicy, enforced by kube-router: the operator reaches what it must, and nothing else.

Building kube-router takes 8 minutes, so this is skipped unless it is there: `make e2e ARGS=--network-policy` builds it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from e2e.conftest import EXAMPLES, IMAGE, PORT, PROBES, RESTRICTED, Client, Plane, running_client
from e2e.shell import Shell
from support.steps import step
from wahealth.api.v1alpha1 import GROUP, PLURAL
from wahealth.playground.cluster import real_node
from wahealth.playground.cluster.binaries import cached, provide
from wahealth.playground.cluster.command_lines import NODE
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.cluster.programs import programs
from wahealth.playground.environment import until

ROOT = Path(__file__).parents[2]
SYSTEM, OPERATOR, UNLABELLED = "wahealth-system", "deployment/wahealth-operator", "pod/unlabelled"
FLAGS = ["--run-firewall=true", "--run-router=false", "--run-service-proxy=false", "--iptables-sync-period=10s"]
FILES, DNS = 6250, 53
SERVICE = ("10.96.0.1", 443)  # of the API server
# Prints of each address of its arguments, HOST/PORT, whether somebody can be reached there.
LOOK = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def reached(address):
    host, port, kind = address.split("/")
    try:
        with socket.socket(type=socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as one:
            one.settimeout(5)
            one.connect((host, int(port)))
            return kind == "tcp" or one.send(b"?") and one.recv(1) == b"!"
    except OSError:
        return False
with ThreadPoolExecutor() as all: print(json.dumps(list(all.map(reached, sys.argv[1:]))))
"""
# In place of a DNS server: whoever asks is answered.
ANSWER = f"""
import socket, threading
streams, datagrams = socket.create_server(("", {DNS})), socket.socket(type=socket.SOCK_DGRAM)
datagrams.bind(("", {DNS}))
def accept():
    while True: streams.accept()[0].close()
threading.Thread(target=accept, daemon=True).start()
while True: datagrams.sendto(b"!", datagrams.recvfrom(1)[1])
"""


@pytest.fixture(scope="module")
def enforced(plane: Plane) -> Iterator[ControlPlane]:
    """A node on which policies are enforced, for as long as this module runs."""
    if not isinstance(plane, ControlPlane):
        pytest.skip("who enforces policies on a cluster in use is not for us to say")
    if not cached(programs()["kube-router"]).exists() or shutil.which("ipset") is None:
        pytest.skip("make e2e ARGS=--network-policy builds kube-router, which needs ipset")
    program = str(provide(["kube-router"], say=print)["kube-router"])
    flags = [f"--kubeconfig={plane.kubeconfig}", f"--hostname-override={NODE}"]
    running = plane.start("kube-router", [program, *FLAGS, *flags])
    yield plane
    running.stop()
    # kube-router 2.1.0 leaves its rules behind, also where it is told to clean up.
    for chain in ("INPUT", "FORWARD", "OUTPUT"):
        subprocess.run(["iptables", "-F", f"KUBE-ROUTER-{chain}"], check=True, capture_output=True)


@pytest.fixture(scope="module")
def shell(enforced: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """With the operator in its namespace, installed by the chart without a policy."""
    names = provide(("helm", "kubectl"), say=print)
    shell = Shell(ROOT, tmp_path_factory.mktemp("home"), names, KUBECONFIG=str(enforced.kubeconfig))
    registry, _, tagged = IMAGE.partition("/")
    image = f"--set=image.registry={registry} --set=image.tag={tagged.partition(':')[2]}"
    shell.run(f"helm install wahealth charts/wahealth -n {SYSTEM} --create-namespace --wait {image}")
    yield shell
    shell.run(f"helm uninstall wahealth -n {SYSTEM} --wait")
    shell.run(f"kubectl delete crd {PLURAL}.{GROUP}")
    shell.run(f"kubectl delete namespace {SYSTEM}")


@pytest.fixture(scope="module")
def client(enforced: ControlPlane) -> Iterator[Client]:
    with running_client(enforced, "guarded") as client:
        yield client


def pod(plane: ControlPlane, namespace: str, name: str, code: str) -> str:
    """A pod that runs this code, with no label at all; its address."""
    container = {"name": "python", "image": IMAGE, "command": ["python3", "-c", code], "securityContext": RESTRICTED}
    spec = {
        "containers": [container],
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]},
    }
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": spec}
    plane.kubectl("apply", "-f", "-", input=yaml.safe_dump(document))
    plane.kubectl("-n", namespace, "wait", f"pod/{name}", "--for=condition=Ready", "--timeout=110s")
    address: str = plane.read(f"/api/v1/namespaces/{namespace}/pods/{name}")["status"]["podIP"]
    return address


@pytest.fixture(scope="module")
def addresses(enforced: ControlPlane, shell: Shell, client: Client) -> dict[str, tuple[str, int, str]]:
    """Of whoever answers, by what it is."""
    (web, coreapp) = (client.pods(role)[0]["status"]["podIP"] for role in ("web", "coreapp"))
    dns = pod(enforced, client.namespace, "dns", ANSWER)
    pod(enforced, SYSTEM, "unlabelled", "import time; time.sleep(86400)")
    return {
        "waweb": (web, PORT, "tcp"),
        "the API server": (*SERVICE, "tcp"),
        "DNS": (dns, DNS, "tcp"),
        "DNS by datagrams": (dns, DNS, "udp"),
        "the sidecar": (web, PROBES, "tcp"),
        "another port of a client's pod": (coreapp, FILES, "tcp"),
        "kubelet": (real_node.ADDRESS, 10250, "tcp"),
    }


NEEDED = {"waweb", "the API server", "DNS", "DNS by datagrams"}


def reached(plane: ControlPlane, who: str, addresses: Mapping[str, tuple[str, int, str]]) -> set[str]:
    asked = ["/".join(map(str, address)) for address in addresses.values()]
    said = json.loads(plane.kubectl("-n", SYSTEM, "exec", who, "--", "python3", "-c", LOOK, *asked))
    return {name for name, yes in zip(addresses, said, strict=True) if yes}


def test_the_operator_reaches_what_it_must_and_nothing_else(
    enforced: ControlPlane, shell: Shell, client: Client, addresses: dict[str, tuple[str, int, str]]
) -> None:
    with step("without the policy it reaches everything"):
        everything = addresses.keys()
        until(lambda: reached(enforced, OPERATOR, addresses) == everything, "everything is reached", 120)
    with step("with it, what it needs"):
        api_server = enforced.url.rpartition(":")[2]
        policy = f"enabled=true,networkPolicy.wawebPorts={{{PORT}}},networkPolicy.apiServerPorts={{{api_server}}}"
        upgrade = f"helm upgrade wahealth charts/wahealth -n {SYSTEM} --reuse-values --set networkPolicy."
        shell.run(f"{upgrade}{policy} --wait")
        with contextlib.suppress(Exception):
            until(lambda: reached(enforced, OPERATOR, addresses) == NEEDED, "only what it needs", 120)
        assert reached(enforced, OPERATOR, addresses) == NEEDED
    with step("of the same namespace, a pod that is not the operator is free"):
        assert reached(enforced, UNLABELLED, addresses) == everything
    with step("and the operator does its work, and answers who asks it"):
        manifest = yaml.safe_load((EXAMPLES / "client-high-availability.yaml").read_text())
        manifest["spec"]["target"]["workload"]["port"] = PORT
        manifest["metadata"]["namespace"] = client.namespace
        client.apply(manifest)
        client.kubectl("wait", "wac/support", "--for=condition=Ready", "--timeout=110s")
        shell.run(f"helm test wahealth -n {SYSTEM}")
    with step("an API server on a port that is not named is out of reach"):
        shell.run(upgrade + policy.replace(api_server, "1"))
        until(lambda: reached(enforced, OPERATOR, addresses) == NEEDED - {"the API server"}, "no API server", 120)
