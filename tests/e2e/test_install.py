"""From nothing to a verdict and an alert, on a real node: the lines of the README as they stand, by the real Helm.

In order: each test goes on where the one before it ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.conftest import EXAMPLES, IMAGE, PORT, Client
from support.gitops.tools import NoGo, ask, program
from support.kinds import monitoring_crds
from support.monitoring.prometheus import scraping
from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.control_plane import ControlPlane, ControlPlaneFailed, printed
from wahealth.playground.environment import until

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "wahealth"
SYSTEM, RELEASE, NAME = "wahealth-system", "wahealth", "wahealth-operator"
OURS = f"system:serviceaccount:{SYSTEM}:{NAME}"
REGISTRY, _, TAGGED = IMAGE.partition("/")
TAG = f"--set=image.tag={TAGGED.partition(':')[2]}"
WALK = re.findall(
    r"^\$ (.*)$", (ROOT / "README.md").read_text().split("## Install on a cluster")[1].split("\n## ")[0], re.MULTILINE
)

Document = dict[str, Any]
_LONGEST = 900  # seconds; Helm waits


def say(text: str) -> None:
    print(text, file=sys.stderr)


class Cluster:
    """A shell's two programs, with an empty home."""

    def __init__(self, plane: ControlPlane, home: Path) -> None:
        self.plane, self._home = plane, home
        names = provide(("helm", "kubectl"), say=say)
        self._programs = {name: str(path) for name, path in names.items()}

    def run(self, line: str) -> str:
        """Raises with what it says when it fails."""
        program, *arguments = shlex.split(line)
        kubeconfig = str(self.plane.kubeconfig)
        environment = {"KUBECONFIG": kubeconfig, "HOME": str(self._home), "PATH": os.environ["PATH"]}
        return printed([self._programs[program], *arguments], line, seconds=_LONGEST, cwd=ROOT, env=environment)

    def upgrade(self, *flags: str) -> None:
        self.run(f"helm upgrade {RELEASE} {CHART} -n {SYSTEM} --reuse-values --wait {' '.join(flags)}")

    def get(self, *what: str) -> Document:
        found: Document = json.loads(self.plane.kubectl("get", *what, "-o", "json"))
        return found

    def may(self, verb: str, resource: str, namespace: str, *flags: str) -> bool:
        with contextlib.suppress(ControlPlaneFailed):  # its exit code says no
            asked = ("auth", "can-i", verb, resource, f"--as={OURS}", "-n", namespace, *flags)
            return self.plane.kubectl(*asked).strip() == "yes"
        return False

    def pods(self) -> list[Document]:
        items: list[Document] = self.get("pods", "-n", SYSTEM, "-l", "app.kubernetes.io/component=operator")["items"]
        return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]

    def log(self) -> list[Document]:
        """What the operator said, a line each."""
        return [json.loads(line) for line in self.run(f"kubectl -n {SYSTEM} logs deployment/{NAME}").splitlines()]

    def denied(self) -> list[Document]:
        """Lines that tell of a right that it lacks."""
        return [line for line in self.log() if "403" in str({**line, "uid": "", "asctime": "", "holder": ""})]

    def leader(self) -> str:
        """The name of its pod."""
        holder: str = self.get("lease", NAME, "-n", SYSTEM)["spec"].get("holderIdentity", "")
        return holder.partition("_")[0]


@pytest.fixture(scope="module")
def cluster(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    if not isinstance(plane, ControlPlane):
        pytest.skip("it would install and remove the CRD of a cluster that is in use")
    return Cluster(plane, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def client(plane: ControlPlane, cluster: Cluster) -> Iterator[Client]:
    """A simulated client whose pods are real; nobody watches it yet."""
    client = Client(plane, "acme", {"shards": 1, "failover_seconds": 1, "startup_seconds": 0.2})
    client.example("web-native-sidecar", "web", 1)
    client.example("coreapp-sidecar", "coreapp", 2)
    client.example("master-sidecar", "master", 2)
    restricted = "pod-security.kubernetes.io/enforce=restricted"
    cluster.run(f"kubectl create namespace {SYSTEM}")
    cluster.run(f"kubectl label namespace {SYSTEM} {restricted}")
    yield client
    client.kubectl("delete", "deployments", "--all", "--wait=false")


def as_written(line: str, folder: Path) -> str:
    """A line of the README with this place's registry, tag, and port of waweb."""
    line = line.replace("REGISTRY", REGISTRY)
    if line.startswith("helm install"):
        line += f" {TAG}"
    if found := re.search(r"manifests/examples/(\S+)", line):
        manifest = yaml.safe_load((EXAMPLES / found[1]).read_text())
        manifest["spec"]["target"]["workload"]["port"] = PORT
        copy = folder / found[1]
        copy.write_text(yaml.safe_dump(manifest))
        line = line.replace(found[0], str(copy))
    return line


def ready_reason(cluster: Cluster, name: str = "support", namespace: str = "acme") -> str:
    conditions = cluster.get("wac", name, "-n", namespace)["status"]["conditions"]
    return next((str(c["reason"]) for c in conditions if c["type"] == "Ready"), "")


def wait_for(cluster: Cluster, reason: str, seconds: float = 60) -> None:
    """Until the client is Ready, or not, for that reason."""
    try:
        until(lambda: ready_reason(cluster) == reason, f"acme/support with {reason}", seconds)
    except Exception:
        print(cluster.run("kubectl -n acme get wac,pods -o yaml")[-12000:])
        print(cluster.run(f"kubectl -n {SYSTEM} logs deployment/{NAME}")[-4000:])
        raise


def test_the_previous_chart_with_another_crd(cluster: Cluster, client: Client, tmp_path: Path) -> None:
    """A field and a column less, as a chart of before would have; a resource of that time stays."""
    previous = tmp_path / "wahealth"
    shutil.copytree(CHART, previous)
    about = previous / "Chart.yaml"
    about.write_text(about.read_text().replace("\nversion: 0.1.0", "\nversion: 0.0.9"))
    crd = previous / "files" / "crd.yaml"
    document = yaml.safe_load(crd.read_text())
    version = document["spec"]["versions"][0]
    del version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["pods"]
    version["additionalPrinterColumns"] = version["additionalPrinterColumns"][:3]
    crd.write_text(yaml.safe_dump(document, sort_keys=False))
    image = f"--set=image.registry={REGISTRY} {TAG}"
    cluster.run(f"helm install {RELEASE} {previous} -n {SYSTEM} --create-namespace --wait {image}")
    cluster.run(as_written(next(line for line in WALK if "client-high-availability" in line), tmp_path))
    wait_for(cluster, "Available", 120)
    assert len(cluster.run("kubectl get wac -A").splitlines()[0].split()) == 5  # namespace, name and three columns
    cluster.upgrade()
    assert len(cluster.run("kubectl get wac -A").splitlines()[0].split()) > 5
    assert ready_reason(cluster) == "Available"
    cluster.run("""kubectl -n acme patch wac support --type=merge -p '{"spec":{"pods":{"roleLabels":"Disabled"}}}'""")
    assert cluster.get("wac", "support", "-n", "acme")["spec"]["pods"]
    cluster.run("kubectl delete wac support -n acme")
    cluster.run(f"helm uninstall {RELEASE} -n {SYSTEM} --wait")


def test_the_lines_of_the_readme(cluster: Cluster, client: Client, tmp_path: Path) -> None:
    """Under Pod Security `restricted`; with the verdict two minutes after `kubectl apply` at the latest."""
    walk = [line for line in WALK if "prometheusRule" not in line]
    assert [line.split()[1] for line in walk] == ["install", "test", "apply", "wait", "get"]
    for line in walk:
        said = cluster.run(as_written(line, tmp_path))
    row = said.splitlines()[1].split()
    assert row[:5] == ["support", "HighAvailability", "True", "Connected", "1/1"]


def test_it_runs_as_its_service_account_with_the_rights_it_needs_and_no_more(cluster: Cluster, client: Client) -> None:
    (pod,) = cluster.pods()
    assert pod["spec"]["serviceAccountName"] == NAME
    assert cluster.may("patch", "whatsappclients", "acme", "--subresource=status")
    assert cluster.may("get", "secrets", "acme")
    for verb, resource in (
        ("list", "secrets"),
        ("patch", "deployments"),
        ("patch", "pods"),
        ("create", "pods"),
        ("update", "whatsappclients"),
        ("delete", "whatsappclients"),
        ("get", "nodes"),
    ):
        assert not cluster.may(verb, resource, "acme"), f"{verb} {resource}"
    assert "watching" in {line["message"] for line in cluster.log()}
    assert cluster.denied() == []


def test_an_image_without_tools_to_build_with(cluster: Cluster, client: Client) -> None:
    """And one image for operator, sidecar and simulator: the pods of the client are made of it, too."""
    code = "import importlib.util as u, shutil; print(u.find_spec('pip'), shutil.which('pip3'), shutil.which('gcc'))"
    found = cluster.run(f'kubectl -n {SYSTEM} exec deployment/{NAME} -- python3 -c "{code}"')
    assert found.split() == ["None", "None", "None"]
    images = {status["image"] for pod in client.pods() for status in pod["status"]["containerStatuses"]}
    assert images == {cluster.pods()[0]["status"]["containerStatuses"][0]["image"]}


def test_helm_waits_for_a_client_that_becomes_ready_and_not_for_one_that_cannot(
    cluster: Cluster, client: Client, tmp_path: Path
) -> None:
    """A chart of a team, with a client in it. A key that is too short is told at once, long before the timeout."""
    gated = tmp_path / "team"
    (gated / "templates").mkdir(parents=True)
    (gated / "Chart.yaml").write_text("apiVersion: v2\nname: team\nversion: 0.1.0\n")
    manifest = yaml.safe_load((EXAMPLES / "client-high-availability.yaml").read_text())
    manifest["metadata"]["name"] = "gated"
    manifest["spec"]["target"]["workload"]["port"] = PORT
    template = gated / "templates" / "client.yaml"
    template.write_text(yaml.safe_dump(manifest))
    cluster.run(f"helm install team {gated} -n acme --wait --timeout=120s")
    assert ready_reason(cluster, "gated") == "Available"
    client.apply(client.object("v1", "Secret", "short", stringData={"WA_API_KEY": "short"}))
    manifest["spec"]["auth"]["apiKey"]["secretKeyRef"]["name"] = "short"
    template.write_text(yaml.safe_dump(manifest))
    with pytest.raises(ControlPlaneFailed, match=r"(?i)failed|stalled") as refused:
        cluster.run(f"helm upgrade team {gated} -n acme --wait --timeout=10m")
    assert "deadline" not in str(refused.value)
    cluster.run("helm uninstall team -n acme --wait")


def test_what_gitops_tools_say_of_it(cluster: Cluster, client: Client) -> None:
    try:
        program()
    except NoGo as why:
        pytest.skip(str(why))
    (said,) = ask([cluster.get("wac", "support", "-n", "acme")])
    assert (said.kstatus, said.argocd, set(said.flux.values())) == ("Current", "Healthy", {"Current"})


def test_an_alert_with_a_runbook_when_it_breaks(
    plane: ControlPlane, cluster: Cluster, client: Client, tmp_path: Path
) -> None:
    """The rules as the Prometheus operator is given them; waited for some seconds instead of minutes."""
    if not (crds := monitoring_crds()):
        pytest.skip("there is no Go to get the Prometheus operator's CRDs with")
    for crd in crds:
        cluster.run(f"kubectl apply --server-side -f {crd}")
    (line,) = (line for line in WALK if "prometheusRule" in line)
    cluster.run(line)
    rule = cluster.get("prometheusrule", NAME, "-n", SYSTEM)["spec"]
    for group in rule["groups"]:
        for one in group["rules"]:
            one["for"] = "3s"
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump(rule))
    faster = {
        "probe": {"periodSeconds": 5, "failureThreshold": 1},
        "grace": {"failoverSeconds": 5, "connectingSeconds": 5},
    }
    client.kubectl("patch", "wac", "support", "--type=merge", "-p", json.dumps({"spec": faster}))
    address = cluster.pods()[0]["status"]["podIP"]
    with scraping(plane, f"{address}:8080", rules) as prometheus:
        until(lambda: [one["health"] for one in prometheus.targets()] == ["up"], "the operator is scraped", 30)
        client.set(client.pods("web")[0]["metadata"]["name"], gateway_status="disconnected")

        def firing() -> list[Document]:
            alerts: list[Document] = [
                alert for rule in prometheus.rules() for alert in rule["alerts"] if alert["state"] == "firing"
            ]
            return [alert for alert in alerts if alert["labels"]["alertname"] == "WhatsAppClientDown"]

        (alert,) = until(firing, "the alert", 120)
        assert (alert["labels"]["namespace"], alert["labels"]["name"]) == ("acme", "support")
        assert (ROOT / alert["annotations"]["runbook"]).exists()
        client.set(client.pods("web")[0]["metadata"]["name"], gateway_status=None)
        until(lambda: not firing(), "the alert is over", 120)


def test_when_the_leaders_pod_goes_the_other_takes_over(cluster: Cluster, client: Client) -> None:
    cluster.upgrade("--set=replicas=2")
    assert cluster.get("poddisruptionbudget", NAME, "-n", SYSTEM)["spec"]["maxUnavailable"] == 1
    until(lambda: cluster.leader() in {pod["metadata"]["name"] for pod in cluster.pods()}, "one of the two leads", 60)
    gone = cluster.leader()
    cluster.run(f"kubectl delete pod {gone} -n {SYSTEM} --wait=false")
    until(lambda: cluster.leader() not in {gone, ""}, "another leads", 30)
    assert cluster.leader() in {pod["metadata"]["name"] for pod in cluster.pods()}
    client.set(client.pods("web")[0]["metadata"]["name"], gateway_status="disconnected")
    wait_for(cluster, "Disconnected", 60)
    client.set(client.pods("web")[0]["metadata"]["name"], gateway_status=None)
    wait_for(cluster, "Available", 60)


def test_watched_namespaces_really_narrow_the_rights(cluster: Cluster, client: Client) -> None:
    cluster.run("kubectl create namespace elsewhere")
    cluster.upgrade("--set=watch.namespaces={acme}", "--set=replicas=1")
    assert cluster.may("get", "secrets", "acme")
    for verb, resource in (("get", "secrets"), ("list", "pods"), ("list", "whatsappclients")):
        assert not cluster.may(verb, resource, "elsewhere"), f"{verb} {resource}"
    manifest = yaml.safe_load((EXAMPLES / "client-single.yaml").read_text())
    manifest["metadata"] |= {"namespace": "elsewhere"}
    cluster.plane.kubectl("apply", "-f", "-", input=yaml.safe_dump(manifest))
    client.kubectl("patch", "wac", "support", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    until(lambda: "Suspended" in str(cluster.get("wac", "support", "-n", "acme")["status"]), "that one is watched", 60)
    client.kubectl("patch", "wac", "support", "--type=merge", "-p", '{"spec":{"suspend":false}}')
    wait_for(cluster, "Available", 60)
    assert ready_reason(cluster, "helpdesk", "elsewhere") == "WaitingForOperator"
    assert cluster.denied() == []
    cluster.run("kubectl delete wac helpdesk -n elsewhere")


def test_uninstalled_it_leaves_the_resources_and_hangs_nothing(cluster: Cluster, client: Client) -> None:
    cluster.run(f"helm uninstall {RELEASE} -n {SYSTEM} --wait")
    assert not cluster.pods()
    assert not cluster.run("kubectl get clusterrole,clusterrolebinding -o name -l app.kubernetes.io/part-of=wahealth")
    assert ready_reason(cluster) == "Available"  # the CRD is there, and what was said last
    began = time.monotonic()
    cluster.run("kubectl delete wac support -n acme --timeout=20s")
    assert time.monotonic() - began < 20


def test_kustomize_does_the_same(cluster: Cluster, client: Client, tmp_path: Path) -> None:
    """With the components that need nothing more than Kubernetes; the CRD that stayed is taken over."""
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    manifests = Path(os.path.relpath(ROOT / "manifests", overlay.resolve()))
    components = ("high-availability", "mark-pods", "restart-on-change", "secret-policy", "watch-secrets")
    kustomization = {
        "resources": [str(manifests)],
        "components": [str(manifests / "components" / name) for name in components],
        "images": [{"name": "wahealth", "newName": f"{REGISTRY}/wahealth", "newTag": TAGGED.partition(":")[2]}],
    }
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    cluster.run(f"kubectl apply --server-side --force-conflicts -k {overlay}")
    cluster.run(f"kubectl -n {SYSTEM} rollout status deployment/{NAME} --timeout=120s")
    cluster.run(as_written(next(line for line in WALK if "client-high-availability" in line), tmp_path))
    cluster.run(next(line for line in WALK if line.startswith("kubectl wait")))
    assert len(cluster.pods()) == 2
    assert cluster.may("watch", "secrets", "acme")
    short = client.object("v1", "Secret", "short", stringData={"WA_API_KEY": "short"})
    short["metadata"]["labels"] = {"wahealth.io/api-key": "WA_API_KEY"}
    with pytest.raises(ControlPlaneFailed, match="too short"):
        client.apply(short)
    cluster.run("kubectl delete wac --all -n acme")
    cluster.run(f"kubectl delete -k {overlay}")
