"""From nothing to a verdict and an alert, on a real node: the lines of the documentation, by the real Helm.

What the README installs is kept for all tests that only look; one that changes it takes `to_change`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from e2e.conftest import EXAMPLES, IMAGE, PORT, Client, Document, Plane, running_client
from support.gitops.tools import NoGo, ask, program
from support.kinds import monitoring_crds
from support.monitoring.prometheus import scraping
from support.pages import commands
from support.steps import step
from wahealth.api.v1alpha1 import API_VERSION, GROUP, PLURAL
from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.control_plane import ControlPlane, ControlPlaneFailed, printed
from wahealth.playground.environment import until, until_kinds_are_served

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "wahealth"
SYSTEM, RELEASE, NAME = "wahealth-system", "wahealth", "wahealth-operator"
OURS = f"system:serviceaccount:{SYSTEM}:{NAME}"
REGISTRY, _, TAGGED = IMAGE.partition("/")
TAG = f"--set=image.tag={TAGGED.partition(':')[2]}"
WALK = commands(__file__, "README.md")
(MONITORED,) = commands(__file__, "docs/monitoring.md")
CLIENT_LINE = next(line for line in WALK if "client-high-availability" in line)
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}

_LONGEST = 900  # seconds; Helm waits


def say(text: str) -> None:
    print(text, file=sys.stderr)


class Cluster:
    """A shell's two programs, with an empty home; and what they have installed."""

    as_the_readme_says = False  # as its lines have installed it, and unchanged since

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

    def clear(self) -> None:
        """No release, no CRD; and a namespace under Pod Security `restricted`."""
        self.as_the_readme_says = False
        self.run(f"helm uninstall {RELEASE} -n {SYSTEM} --ignore-not-found --wait")
        self.run(f"kubectl delete crd {PLURAL}.{GROUP} --ignore-not-found")
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM, "labels": RESTRICTED}}
        self.plane.kubectl("apply", "-f", "-", input=yaml.safe_dump(namespace))

    def walk(self, folder: Path) -> str:
        """The README's lines, from nothing to a verdict; what the last one says."""
        for line in WALK:
            said = self.run(as_written(line, folder))
        self.as_the_readme_says = True
        return said

    def uninstall(self) -> None:
        self.as_the_readme_says = False
        self.run(f"helm uninstall {RELEASE} -n {SYSTEM} --wait")

    def read(self, what: str, namespace: str = SYSTEM, api: str = "api/v1") -> Document:
        """What the API server has there in that namespace."""
        found: Document = self.plane.read(f"/{api}/namespaces/{namespace}/{what}")
        return found

    def whatsapp_client(self, name: str = "support", namespace: str = "acme") -> Document:
        return self.read(f"{PLURAL}/{name}", namespace, f"apis/{API_VERSION}")

    def may(self, verb: str, resource: str, namespace: str, *flags: str) -> bool:
        with contextlib.suppress(ControlPlaneFailed):  # its exit code says no
            asked = ("auth", "can-i", verb, resource, f"--as={OURS}", "-n", namespace, *flags)
            return self.plane.kubectl(*asked).strip() == "yes"
        return False

    def pods(self) -> list[Document]:
        items: list[Document] = self.read("pods?labelSelector=app.kubernetes.io/component=operator")["items"]
        return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]

    def log(self) -> list[Document]:
        """What the operator said, a line each."""
        return [json.loads(line) for line in self.run(f"kubectl -n {SYSTEM} logs deployment/{NAME}").splitlines()]

    def denied(self) -> list[Document]:
        """Lines that tell of a right that it lacks."""
        return [line for line in self.log() if "403" in str({**line, "uid": "", "asctime": "", "holder": ""})]

    def leader(self) -> str:
        """The name of its pod."""
        lease = self.read(f"leases/{NAME}", api="apis/coordination.k8s.io/v1")
        holder: str = lease["spec"].get("holderIdentity", "")
        return holder.partition("_")[0]


@pytest.fixture(scope="module")
def cluster(plane: Plane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if not isinstance(plane, ControlPlane):
        pytest.skip("it would install and remove the CRD of a cluster that is in use")
    cluster = Cluster(plane, tmp_path_factory.mktemp("home"))
    yield cluster
    cluster.clear()
    cluster.run(f"kubectl delete namespace {SYSTEM}")


@pytest.fixture(scope="module")
def client(plane: Plane, cluster: Cluster) -> Iterator[Client]:
    """A simulated client whose pods are real, and ready; nobody watches it yet."""
    with running_client(plane, "acme") as client:
        yield client


@pytest.fixture
def bare(cluster: Cluster, client: Client) -> None:
    """Nothing is installed, as before everything; the client runs."""
    cluster.clear()


@pytest.fixture
def installed(cluster: Cluster, client: Client, tmp_path: Path) -> None:
    """By the README's lines, with a client that is available; to look at."""
    if not cluster.as_the_readme_says:
        cluster.clear()
        cluster.walk(tmp_path)
    wait_for(cluster, "Available")


@pytest.fixture
def to_change(cluster: Cluster, installed: None) -> None:
    """The same, to do anything with: for the next test it is installed anew."""
    cluster.as_the_readme_says = False


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
    conditions = cluster.whatsapp_client(name, namespace)["status"]["conditions"]
    return next((str(c["reason"]) for c in conditions if c["type"] == "Ready"), "")


def wait_for(cluster: Cluster, reason: str, seconds: float = 120) -> None:
    """Until the client is Ready, or not, for that reason."""
    try:
        until(lambda: ready_reason(cluster) == reason, f"acme/support with {reason}", seconds)
    except Exception:
        print(cluster.run("kubectl -n acme get wac,pods -o yaml")[-12000:])
        print(cluster.run(f"kubectl -n {SYSTEM} logs deployment/{NAME}")[-4000:])
        raise


def hurry(client: Client) -> None:
    """Its resource asks to be watched closely, and to be believed at once."""
    faster = {
        "probe": {"periodSeconds": 5, "failureThreshold": 1},
        "grace": {"failoverSeconds": 5, "connectingSeconds": 5},
    }
    client.kubectl("patch", "wac", "support", "--type=merge", "-p", json.dumps({"spec": faster}))


def columns(cluster: Cluster) -> int:
    return len(cluster.run("kubectl get wac -A").splitlines()[0].split())


def test_the_previous_chart_with_another_crd(cluster: Cluster, bare: None, tmp_path: Path) -> None:
    """A field and a column less, as a chart of before would have; a resource of that time stays."""
    previous = tmp_path / "wahealth"
    shutil.copytree(CHART, previous)
    about = previous / "Chart.yaml"
    about.write_text(about.read_text().replace("\nversion: 0.1.0", "\nversion: 0.0.9"))
    crd = previous / "files" / "crd.yaml"
    document = yaml.safe_load(crd.read_text())
    version = document["spec"]["versions"][0]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    del spec["properties"]["pods"]
    spec["x-kubernetes-validations"] = [one for one in spec["x-kubernetes-validations"] if "pods" not in one["rule"]]
    version["additionalPrinterColumns"] = version["additionalPrinterColumns"][:3]
    crd.write_text(yaml.safe_dump(document, sort_keys=False))
    with step("installed, with a client that is available"):
        image = f"--set=image.registry={REGISTRY} {TAG}"
        cluster.run(f"helm install {RELEASE} {previous} -n {SYSTEM} --create-namespace --wait {image}")
        cluster.run(as_written(CLIENT_LINE, tmp_path))
        wait_for(cluster, "Available")
        assert columns(cluster) == 5  # namespace, name and three columns
    with step("upgraded"):
        cluster.upgrade()
        assert columns(cluster) > 5
        assert ready_reason(cluster) == "Available"
    with step("the new field is taken"):
        patch = """'{"spec":{"pods":{"roleLabels":"Disabled"}}}'"""
        cluster.run(f"kubectl -n acme patch wac support --type=merge -p {patch}")
        assert cluster.whatsapp_client()["spec"]["pods"]
    with step("all of it goes"):
        cluster.run("kubectl delete wac support -n acme")
        cluster.uninstall()


def test_the_lines_of_the_readme(cluster: Cluster, bare: None, tmp_path: Path) -> None:
    """Under Pod Security `restricted`; with the verdict two minutes after `kubectl apply` at the latest."""
    assert [line.split()[1] for line in WALK] == ["install", "test", "apply", "wait", "get"]
    row = cluster.walk(tmp_path).splitlines()[1].split()
    assert row[:5] == ["support", "HighAvailability", "True", "Connected", "1/1"]


def test_it_runs_as_its_service_account_with_the_rights_it_needs_and_no_more(cluster: Cluster, installed: None) -> None:
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
    assert "watching resources" in {line["message"] for line in cluster.log()}
    assert cluster.denied() == []


def test_an_image_without_tools_to_build_with(cluster: Cluster, client: Client, installed: None) -> None:
    """And one image for operator, sidecar and simulator: the pods of the client are made of it, too."""
    code = "import importlib.util as u, shutil; print(u.find_spec('pip'), shutil.which('pip3'), shutil.which('gcc'))"
    found = cluster.run(f'kubectl -n {SYSTEM} exec deployment/{NAME} -- python3 -c "{code}"')
    assert found.split() == ["None", "None", "None"]
    images = {status["image"] for pod in client.pods() for status in pod["status"]["containerStatuses"]}
    assert images == {cluster.pods()[0]["status"]["containerStatuses"][0]["image"]}


@pytest.fixture
def team(cluster: Cluster, installed: None, tmp_path: Path) -> Iterator[Path]:
    """A chart of a team, whose release goes with the test."""
    chart = tmp_path / "team"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: team\nversion: 0.1.0\n")
    yield chart
    cluster.run("helm uninstall team -n acme --ignore-not-found --wait")


def test_helm_waits_for_a_client_that_becomes_ready_and_not_for_one_that_cannot(
    cluster: Cluster, client: Client, team: Path
) -> None:
    """A chart of a team, with a client in it. A key that is too short is told at once, long before the timeout."""
    manifest = yaml.safe_load((EXAMPLES / "client-high-availability.yaml").read_text())
    manifest["metadata"]["name"] = "gated"
    manifest["spec"]["target"]["workload"]["port"] = PORT
    template = team / "templates" / "client.yaml"
    template.write_text(yaml.safe_dump(manifest))
    cluster.run(f"helm install team {team} -n acme --wait --timeout=120s")
    assert ready_reason(cluster, "gated") == "Available"
    client.apply(client.object("v1", "Secret", "short", stringData={"WA_API_KEY": "short"}))
    manifest["spec"]["auth"]["apiKey"]["secretKeyRef"]["name"] = "short"
    template.write_text(yaml.safe_dump(manifest))
    with pytest.raises(ControlPlaneFailed, match=r"(?i)failed|stalled") as refused:
        cluster.run(f"helm upgrade team {team} -n acme --wait --timeout=10m")
    assert "deadline" not in str(refused.value)


def test_what_gitops_tools_say_of_it(cluster: Cluster, installed: None) -> None:
    try:
        program()
    except NoGo as why:
        pytest.skip(str(why))
    (said,) = ask([cluster.whatsapp_client()])
    assert (said.kstatus, said.argocd, set(said.flux.values())) == ("Current", "Healthy", {"Current"})


def test_an_alert_with_a_runbook_when_it_breaks(
    plane: ControlPlane, cluster: Cluster, client: Client, to_change: None, tmp_path: Path
) -> None:
    """The rules as the Prometheus operator is given them; waited for some seconds instead of minutes."""
    if not (crds := monitoring_crds()):
        pytest.skip("there is no Go to get the Prometheus operator's CRDs with")
    for crd in crds:
        cluster.run(f"kubectl apply --server-side -f {crd}")
    until_kinds_are_served(plane.read)
    cluster.run(MONITORED)
    rule = cluster.read(f"prometheusrules/{NAME}", api="apis/monitoring.coreos.com/v1")["spec"]
    for group in rule["groups"]:
        for one in group["rules"]:
            one |= {name: "3s" for name in ("for", "keep_firing_for") if name in one}
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump(rule))
    hurry(client)
    address = cluster.pods()[0]["status"]["podIP"]
    with scraping(plane, f"{address}:8080", rules) as prometheus:

        def firing() -> list[Document]:
            alerts: list[Document] = [
                alert for rule in prometheus.rules() for alert in rule["alerts"] if alert["state"] == "firing"
            ]
            return [alert for alert in alerts if alert["labels"]["alertname"] == "WhatsAppClientDown"]

        with step("the operator is scraped"):
            until(lambda: [one["health"] for one in prometheus.targets()] == ["up"], "the target is up", 120)
        with step("disconnected, and the alert"), client.saying("disconnected"):
            (alert,) = until(firing, "the alert", 120)
            assert (alert["labels"]["namespace"], alert["labels"]["name"]) == ("acme", "support")
            assert (ROOT / alert["annotations"]["runbook"]).exists()
        with step("connected again, and no alert"):
            until(lambda: not firing(), "the alert is over", 120)


def test_when_the_leaders_pod_goes_the_other_takes_over(cluster: Cluster, client: Client, to_change: None) -> None:
    def leads() -> bool:
        return cluster.leader() in {pod["metadata"]["name"] for pod in cluster.pods()}

    cluster.upgrade("--set=replicas=2")
    assert cluster.read(f"poddisruptionbudgets/{NAME}", api="apis/policy/v1")["spec"]["maxUnavailable"] == 1
    until(leads, "one of the two leads", 120)
    gone = cluster.leader()
    cluster.run(f"kubectl delete pod {gone} -n {SYSTEM} --wait=false")
    until(lambda: cluster.leader() not in {gone, ""}, "another leads", 120)
    assert leads()
    hurry(client)
    with client.saying("disconnected"):
        wait_for(cluster, "Disconnected")
    wait_for(cluster, "Available")


def test_watched_namespaces_really_narrow_the_rights(cluster: Cluster, client: Client, to_change: None) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "elsewhere"}}
    cluster.plane.kubectl("apply", "-f", "-", input=yaml.safe_dump(namespace))
    cluster.upgrade("--set=watch.namespaces={acme}", "--set=replicas=1")
    assert cluster.may("get", "secrets", "acme")
    for verb, resource in (("get", "secrets"), ("list", "pods"), ("list", "whatsappclients")):
        assert not cluster.may(verb, resource, "elsewhere"), f"{verb} {resource}"
    manifest = yaml.safe_load((EXAMPLES / "client-single.yaml").read_text())
    manifest["metadata"] |= {"namespace": "elsewhere"}
    cluster.plane.kubectl("apply", "-f", "-", input=yaml.safe_dump(manifest))
    client.kubectl("patch", "wac", "support", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    until(lambda: "Suspended" in str(cluster.whatsapp_client()["status"]), "that one is watched", 120)
    client.kubectl("patch", "wac", "support", "--type=merge", "-p", '{"spec":{"suspend":false}}')
    wait_for(cluster, "Available")
    assert ready_reason(cluster, "helpdesk", "elsewhere") == "WaitingForOperator"
    assert cluster.denied() == []


def test_uninstalled_it_leaves_the_resources_and_hangs_nothing(
    cluster: Cluster, to_change: None, tmp_path: Path
) -> None:
    with step("uninstalled"):
        cluster.uninstall()
        assert not cluster.pods()
        assert not cluster.run(
            "kubectl get clusterrole,clusterrolebinding -o name -l app.kubernetes.io/part-of=wahealth"
        )
        assert ready_reason(cluster) == "Available"  # the CRD is there, and what was said last
    with step("deleted"):
        cluster.run("kubectl delete wac support -n acme --timeout=90s")
    with step("installed over the CRD that stayed"):
        cluster.walk(tmp_path)


@pytest.fixture
def overlay(cluster: Cluster, tmp_path: Path) -> Iterator[Path]:
    """With the components that need nothing more than Kubernetes; what is made of it goes with the test."""
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    manifests = Path(os.path.relpath(ROOT / "manifests", overlay.resolve()))
    components = (
        *("high-availability", "mark-pods", "restart-on-change", "secret-policy", "single-instance-policy"),
        "watch-secrets",
    )
    kustomization = {
        "resources": [str(manifests)],
        "components": [str(manifests / "components" / name) for name in components],
        "images": [{"name": "wahealth", "newName": f"{REGISTRY}/wahealth", "newTag": TAGGED.partition(":")[2]}],
    }
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    yield overlay
    cluster.run(f"kubectl delete -k {overlay} --ignore-not-found")


def test_kustomize_does_the_same(
    cluster: Cluster, client: Client, to_change: None, overlay: Path, tmp_path: Path
) -> None:
    """The CRD that Helm leaves is taken over."""
    with step("Helm goes"):
        cluster.run("kubectl delete wac support -n acme")
        cluster.uninstall()
    with step("Kustomize comes"):
        cluster.run(f"kubectl apply --server-side --force-conflicts -k {overlay}")
        cluster.run(f"kubectl -n {SYSTEM} rollout status deployment/{NAME} --timeout=120s")
        cluster.run(as_written(CLIENT_LINE, tmp_path))
        cluster.run(next(line for line in WALK if line.startswith("kubectl wait")))
        assert len(cluster.pods()) == 2
        assert cluster.may("watch", "secrets", "acme")
    with step("a key that is too short is refused"):
        short = client.object("v1", "Secret", "short", stringData={"WA_API_KEY": "short"})
        short["metadata"]["labels"] = {"wahealth.io/api-key": "WA_API_KEY"}
        with pytest.raises(ControlPlaneFailed, match="too short"):
            client.apply(short)
    with step("and it goes"):
        cluster.run("kubectl delete wac --all -n acme")
        cluster.run(f"kubectl delete -k {overlay}")
