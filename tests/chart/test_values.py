"""Every value of the chart does what it says, and a value that cannot be meant is refused with a sentence."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.rendered import CHART, Document, Refused, documents, helm
from wahealth.chart_values import Values
from wahealth.playground.cluster.versions import chosen

DEFAULTS: Document = yaml.safe_load((CHART / "values.yaml").read_text())
Seen = Callable[["Rendered"], Any]


class Rendered:
    """The objects of a release, by kind."""

    def __init__(self, values: Document) -> None:
        self.all = documents(values)

    def every(self, kind: str) -> list[Document]:
        return [document for document in self.all if document["kind"] == kind]

    def one(self, kind: str) -> Document:
        """The only one, or what there is of one that is not there: nothing."""
        found = self.every(kind)
        return found[0] if found else {}

    @property
    def pod(self) -> Document:
        spec: Document = self.one("Deployment")["spec"]["template"]["spec"]
        return spec

    @property
    def container(self) -> Document:
        first: Document = self.pod["containers"][0]
        return first

    @property
    def pull_secrets(self) -> list[str]:
        return [one["name"] for one in self.pod.get("imagePullSecrets", ())]

    @property
    def images(self) -> set[str]:
        return {self.container["image"], self.one("Pod")["spec"]["containers"][0]["image"]}

    def env(self, name: str) -> str | None:
        return next((one.get("value") for one in self.container["env"] if one["name"] == name), None)

    def secret(self, name: str) -> Document | None:
        """From where the variable comes."""
        found = (one for one in self.container["env"] if one["name"] == name)
        return next((one.get("valueFrom", {}).get("secretKeyRef") for one in found), None)

    def labels(self, kind: str) -> Document:
        labels: Document = self.one(kind).get("metadata", {}).get("labels", {})
        return labels

    def spec(self, kind: str) -> Document:
        spec: Document = self.one(kind).get("spec", {})
        return spec

    def may(self, verb: str, resource: str, kind: str = "ClusterRole") -> bool:
        rules = [rule for role in self.every(kind)[:1] for rule in role["rules"]]
        return any(verb in rule["verbs"] and resource in rule["resources"] for rule in rules)


def crd_is_kept(rendered: Rendered) -> bool:
    annotations: dict[str, str] = rendered.one("CustomResourceDefinition")["metadata"].get("annotations", {})
    return annotations.get("helm.sh/resource-policy") == "keep"


def alerts(rendered: Rendered) -> list[Document]:
    return [rule for group in rendered.spec("PrometheusRule").get("groups", ()) for rule in group["rules"]]


CA_ENTRY = [{"key": "ca.crt", "path": "ca.crt"}]


def authorities(rendered: Rendered) -> Document:
    """The volume that is mounted where the operator reads them."""
    path = rendered.env("WAHEALTH_EGRESS_CA_FILE") or ""
    mounts = {one["mountPath"]: one for one in rendered.container.get("volumeMounts", ())}
    mount = mounts.get(path.removesuffix("/ca.crt"), {})
    volumes = (one for one in rendered.pod.get("volumes", ()) if one["name"] == mount.get("name"))
    return next(volumes, {}) if "subPath" not in mount else {}


def egress_ports(rendered: Rendered, which: int) -> list[int]:
    egress = rendered.spec("NetworkPolicy").get("egress", [])
    return [port["port"] for port in egress[which]["ports"]] if egress else []


def everywhere(name: str, value: str) -> Seen:
    """That all objects but those of the extra values have the label."""
    ours = ("CustomResourceDefinition",)
    return lambda r: all(d["metadata"]["labels"].get(name) == value for d in r.all if d["kind"] not in ours)


DIGEST = "sha256:" + "0" * 64
RULE, POLICY = {"prometheusRule": {"enabled": True}}, {"enabled": True}
TEST_NET = ["192.0.2.0/24"]
GUARDED, PROXIED = {"networkPolicy": POLICY}, {"egress": {"proxy": "http://10.2.0.8:3128"}}
# Path of the value, what it is set to, what is seen of it then; what else is to be set for it to be seen.
TRIED: list[tuple[str, Any, Seen, Document]] = [
    (
        "global.imageRegistry",
        "r.example",
        lambda r: r.images == {"r.example/wahealth:0.1.0"},
        {"image": {"registry": "x"}},
    ),
    ("global.imagePullSecrets", ["s", {"name": "t"}], lambda r: r.pull_secrets == ["s", "t"], {}),
    ("image.registry", "r.example", lambda r: r.images == {"r.example/wahealth:0.1.0"}, {}),
    ("image.repository", "team/w", lambda r: r.images == {"team/w:0.1.0"}, {}),
    ("image.tag", "2", lambda r: r.images == {"wahealth:2"}, {}),
    ("image.digest", DIGEST, lambda r: r.images == {f"wahealth@{DIGEST}"}, {"image": {"tag": "2"}}),
    ("image.pullPolicy", "Always", lambda r: r.container["imagePullPolicy"] == "Always", {}),
    ("nameOverride", "own", everywhere("app.kubernetes.io/name", "own"), {"metrics": {"service": {"enabled": False}}}),
    ("fullnameOverride", "whole", lambda r: {d["metadata"]["name"][:5] for d in r.all} == {"whole", "whats"}, {}),
    ("commonLabels", {"a": "b"}, everywhere("a", "b"), {}),
    ("replicas", 3, lambda r: r.spec("Deployment")["replicas"] == 3, {}),
    ("shards", 4, lambda r: r.env("WAHEALTH_SHARDS") == "4", {}),
    ("podDisruptionBudget", "Disabled", lambda r: not r.every("PodDisruptionBudget"), {"replicas": 2}),
    (
        *("unhealthyPodEvictionPolicy", "IfHealthyBudget"),
        lambda r: r.spec("PodDisruptionBudget")["unhealthyPodEvictionPolicy"] == "IfHealthyBudget",
        {"replicas": 2},
    ),
    ("watch.namespaces", ["a", "b"], lambda r: r.env("WAHEALTH_WATCH_NAMESPACES") == "a,b", {}),
    ("secretRefreshSeconds", 60, lambda r: r.env("WAHEALTH_SECRET_REFRESH") == "60", {}),
    ("restartOnChange", True, lambda r: r.may("patch", "deployments"), {}),
    (
        "watch.workloads",
        ["Rollout"],
        lambda r: r.may("watch", "rollouts") and r.env("WAHEALTH_WATCH_WORKLOADS") == "Rollout",
        {},
    ),
    (
        "restartOnChange",
        True,
        lambda r: r.may("patch", "rollouts") and not r.may("patch", "deploymentconfigs"),
        {"watch": {"workloads": ["Rollout"]}},
    ),
    ("watchSecrets", True, lambda r: r.may("watch", "secrets") and r.env("WAHEALTH_WATCH_SECRETS") == "true", {}),
    ("markPods", True, lambda r: r.may("patch", "pods"), {}),
    ("requireSecretLabel", True, lambda r: r.env("WAHEALTH_REQUIRE_SECRET_LABEL") == "true", {}),
    ("allowUrlHosts", ["a.example", "b"], lambda r: r.env("WAHEALTH_ALLOW_URL_HOSTS") == "a.example,b", {}),
    ("allowUrlNetworks", ["10.0.0.0/8"], lambda r: r.env("WAHEALTH_ALLOW_URL_NETWORKS") == "10.0.0.0/8", {}),
    ("allowPodNetworks", ["240.0.0.0/4"], lambda r: r.env("WAHEALTH_ALLOW_POD_NETWORKS") == "240.0.0.0/4", {}),
    ("cloud.enabled", True, lambda r: r.env("WAHEALTH_ALLOW_CLOUD") == "true", {}),
    ("cloud.origin", "https://graph.test", lambda r: r.env("WAHEALTH_CLOUD_ORIGIN") == "https://graph.test", {}),
    (
        *("cloud.dialog360Origin", "https://key.test"),
        *(lambda r: r.env("WAHEALTH_DIALOG360_ORIGIN") == "https://key.test", {}),
    ),
    ("egress.proxy", "http://p:1", lambda r: r.env("WAHEALTH_EGRESS_PROXY") == "http://p:1", {}),
    ("egress.proxySecret.name", "p", lambda r: r.secret("WAHEALTH_EGRESS_PROXY") == {"name": "p", "key": "proxy"}, {}),
    (
        *("egress.proxySecret.key", "url"),
        lambda r: r.secret("WAHEALTH_EGRESS_PROXY") == {"name": "p", "key": "url"},
        {"egress": {"proxySecret": {"name": "p"}}},
    ),
    ("egress.ca.configMap", "c", lambda r: authorities(r).get("configMap") == {"name": "c", "items": CA_ENTRY}, {}),
    ("egress.ca.secret", "c", lambda r: authorities(r).get("secret") == {"secretName": "c", "items": CA_ENTRY}, {}),
    (
        *("egress.ca.key", "bundle.pem"),
        lambda r: authorities(r)["configMap"]["items"] == [{"key": "bundle.pem", "path": "ca.crt"}],
        {"egress": {"ca": {"configMap": "c"}}},
    ),
    ("logLevel", "debug", lambda r: r.env("WAHEALTH_LOG_LEVEL") == "debug", {}),
    ("logFormat", "text", lambda r: r.env("WAHEALTH_LOG_FORMAT") == "text", {}),
    ("crds.enabled", False, lambda r: not r.every("CustomResourceDefinition"), {}),
    ("crds.keep", False, lambda r: not crd_is_kept(r), {}),
    ("rbac.create", False, lambda r: not r.every("ClusterRoleBinding") and not r.every("Role"), {}),
    ("rbac.userRoles", False, lambda r: len(r.every("ClusterRole")) == 1, {}),
    ("serviceAccount.create", False, lambda r: not r.every("ServiceAccount"), {"serviceAccount": {"name": "own"}}),
    ("serviceAccount.name", "own", lambda r: r.pod["serviceAccountName"] == "own", {}),
    ("serviceAccount.annotations", {"a": "b"}, lambda r: r.one("ServiceAccount")["metadata"].get("annotations"), {}),
    ("secretPolicy.enabled", True, lambda r: r.every("ValidatingAdmissionPolicyBinding"), {}),
    ("singleInstancePolicy.enabled", True, lambda r: len(r.every("ValidatingAdmissionPolicyBinding")) == 2, {}),
    (
        *("singleInstancePolicy.workloads", ["acme/wacore"]),
        lambda r: (
            [p["spec"]["variables"][0]["expression"] for p in r.every("ValidatingAdmissionPolicy")]
            == ['["acme/wacore"]'] * 2
        ),
        {"singleInstancePolicy": POLICY},
    ),
    ("metrics.nodes", True, lambda r: r.env("WAHEALTH_NODE_METRICS") == "true", {}),
    ("metrics.service.enabled", False, lambda r: not r.every("Service") and not r.every("Pod"), {}),
    ("metrics.service.annotations", {"a": "b"}, lambda r: r.one("Service")["metadata"].get("annotations"), {}),
    ("metrics.serviceMonitor.enabled", True, lambda r: r.spec("ServiceMonitor").get("endpoints"), {}),
    (
        *("metrics.serviceMonitor.interval", "7s"),
        *(lambda r: "7s" in str(r.spec("ServiceMonitor")), {"metrics": {"serviceMonitor": POLICY}}),
    ),
    (
        *("metrics.serviceMonitor.labels", {"a": "b"}),
        *(lambda r: r.labels("ServiceMonitor").get("a"), {"metrics": {"serviceMonitor": POLICY}}),
    ),
    (
        *("metrics.serviceMonitor.relabelings", [{"targetLabel": "cluster", "replacement": "a"}]),
        lambda r: r.spec("ServiceMonitor")["endpoints"][0].get("relabelings"),
        {"metrics": {"serviceMonitor": POLICY}},
    ),
    (
        *("metrics.serviceMonitor.metricRelabelings", [{"targetLabel": "cluster", "replacement": "a"}]),
        lambda r: r.spec("ServiceMonitor")["endpoints"][0].get("metricRelabelings"),
        {"metrics": {"serviceMonitor": POLICY}},
    ),
    ("metrics.podMonitor.enabled", True, lambda r: r.spec("PodMonitor").get("podMetricsEndpoints"), {}),
    (
        *("metrics.podMonitor.interval", "7s"),
        *(lambda r: "7s" in str(r.spec("PodMonitor")), {"metrics": {"podMonitor": POLICY}}),
    ),
    (
        *("metrics.podMonitor.labels", {"a": "b"}),
        *(lambda r: r.labels("PodMonitor").get("a"), {"metrics": {"podMonitor": POLICY}}),
    ),
    (
        *("metrics.podMonitor.relabelings", [{"targetLabel": "cluster", "replacement": "a"}]),
        lambda r: r.spec("PodMonitor")["podMetricsEndpoints"][0].get("relabelings"),
        {"metrics": {"podMonitor": POLICY}},
    ),
    (
        *("metrics.podMonitor.metricRelabelings", [{"targetLabel": "cluster", "replacement": "a"}]),
        lambda r: r.spec("PodMonitor")["podMetricsEndpoints"][0].get("metricRelabelings"),
        {"metrics": {"podMonitor": POLICY}},
    ),
    ("metrics.prometheusRule.enabled", True, lambda r: len(alerts(r)) == 40, {}),
    ("metrics.prometheusRule.labels", {"a": "b"}, lambda r: r.labels("PrometheusRule").get("a"), {"metrics": RULE}),
    (
        *("metrics.prometheusRule.additionalRuleLabels", {"team": "a", "scope": "theirs"}),
        lambda r: all(rule["labels"].get("team") == "a" and rule["labels"]["scope"] != "theirs" for rule in alerts(r)),
        {"metrics": RULE},
    ),
    (
        *("metrics.prometheusRule.clusterLabel", "k8s_cluster"),
        lambda r: all("cluster" not in rule["expr"].replace("k8s_cluster", "") for rule in alerts(r)),
        {"metrics": RULE},
    ),
    ("metrics.prometheusRule.disabled", ["TLSExpiring"], lambda r: len(alerts(r)) == 38, {"metrics": RULE}),
    (
        *("metrics.prometheusRule.runbookUrl", "https://x/runbooks/"),
        lambda r: "https://x/runbooks/Flapping.md" in {rule["annotations"].get("runbook_url") for rule in alerts(r)},
        {"metrics": RULE},
    ),
    (
        "metrics.dashboard.enabled",
        True,
        lambda r: "panels" in r.one("ConfigMap").get("data", {}).get("wahealth.json", ""),
        {},
    ),
    (
        "metrics.dashboard.labels",
        {"a": "b"},
        lambda r: r.labels("ConfigMap").get("a"),
        {"metrics": {"dashboard": POLICY}},
    ),
    (
        *("metrics.dashboard.annotations", {"a": "b"}),
        lambda r: r.one("ConfigMap")["metadata"].get("annotations"),
        {"metrics": {"dashboard": POLICY}},
    ),
    ("networkPolicy.enabled", True, lambda r: r.spec("NetworkPolicy").get("policyTypes") == ["Ingress", "Egress"], {}),
    (
        *("networkPolicy.apiServerCidrs", ["192.0.2.1/32"]),
        *(lambda r: "192.0.2.1/32" in str(r.spec("NetworkPolicy")), {"networkPolicy": POLICY}),
    ),
    ("networkPolicy.apiServerPorts", [8], lambda r: egress_ports(r, 0) == [8], {"networkPolicy": POLICY}),
    ("networkPolicy.wawebPorts", [8, 9], lambda r: egress_ports(r, 2) == [8, 9], {"networkPolicy": POLICY}),
    ("networkPolicy.wawebCidrs", TEST_NET, lambda r: TEST_NET[0] in str(r.spec("NetworkPolicy")), GUARDED),
    ("networkPolicy.urlCidrs", TEST_NET, lambda r: TEST_NET[0] in str(r.spec("NetworkPolicy")), GUARDED),
    (
        *("networkPolicy.cloudCidrs", TEST_NET),
        *(lambda r: TEST_NET[0] in str(r.spec("NetworkPolicy")), GUARDED | {"cloud": {"enabled": True}}),
    ),
    (
        *("networkPolicy.proxyCidrs", TEST_NET),
        *(lambda r: TEST_NET[0] in str(r.spec("NetworkPolicy")), GUARDED | PROXIED),
    ),
    ("networkPolicy.proxyPorts", [8, 9], lambda r: egress_ports(r, -1) == [8, 9], GUARDED | PROXIED),
    (
        *("networkPolicy.ingressFrom", [{"podSelector": {}}]),
        *(lambda r: "from" in r.spec("NetworkPolicy")["ingress"][0], {"networkPolicy": POLICY}),
    ),
    (
        *("networkPolicy.extraEgress", [{"ports": [{"port": 9}]}]),
        *(lambda r: egress_ports(r, -1) == [9], {"networkPolicy": POLICY}),
    ),
    ("resources", {"limits": {"cpu": "1"}}, lambda r: r.container["resources"]["limits"].get("cpu") == "1", {}),
    (
        *("podAnnotations", {"a": "b"}),
        *(lambda r: r.spec("Deployment")["template"]["metadata"]["annotations"].get("a"), {}),
    ),
    ("podLabels", {"a": "b"}, lambda r: r.spec("Deployment")["template"]["metadata"]["labels"].get("a"), {}),
    ("priorityClassName", "high", lambda r: r.pod.get("priorityClassName") == "high", {}),
    ("dnsPolicy", "Default", lambda r: r.pod.get("dnsPolicy") == "Default", {}),
    ("dnsConfig", {"searches": ["a.example"]}, lambda r: r.pod.get("dnsConfig") == {"searches": ["a.example"]}, {}),
    ("hostAliases", [{"ip": "192.0.2.1"}], lambda r: r.pod.get("hostAliases") == [{"ip": "192.0.2.1"}], {}),
    ("nodeSelector", {"a": "b"}, lambda r: r.pod["nodeSelector"].get("a") == "b", {}),
    ("tolerations", [{"operator": "Exists"}], lambda r: r.pod.get("tolerations"), {}),
    ("affinity", {"nodeAffinity": {}}, lambda r: r.pod.get("affinity") == {"nodeAffinity": {}}, {"replicas": 2}),
    ("topologySpreadConstraints", [{"maxSkew": 1}], lambda r: r.pod.get("topologySpreadConstraints"), {}),
    ("podSecurityContext", {"fsGroup": 1}, lambda r: r.pod["securityContext"].get("fsGroup") == 1, {}),
    ("securityContext", {"privileged": False}, lambda r: "privileged" in r.container["securityContext"], {}),
    ("extraArgs", ["--resync=9"], lambda r: r.container["args"] == ["operator", "--resync=9"], {}),
    ("extraEnv", [{"name": "A", "value": "b"}], lambda r: r.env("A") == "b", {}),
    ("extraVolumes", [{"name": "v", "emptyDir": {}}], lambda r: r.pod.get("volumes"), {}),
    ("extraVolumeMounts", [{"name": "v", "mountPath": "/v"}], lambda r: r.container.get("volumeMounts"), {}),
    (
        *("extraObjects", ['{kind: Extra, metadata: {name: "{{ .Release.Name }}"}}']),
        *(lambda r: r.every("Extra") == [{"kind": "Extra", "metadata": {"name": "wahealth"}}], {}),
    ),
]


def _paths(values: Document, above: str = "") -> Iterator[str]:
    """Of all values: one is what is set as a whole."""
    for name, value in values.items():
        path = f"{above}{name}"
        if isinstance(value, dict) and value and path not in {tried[0] for tried in TRIED}:
            yield from _paths(value, f"{path}.")
        else:
            yield path


def _at(path: str) -> Any:
    value: Any = DEFAULTS
    for name in path.split("."):
        value = value[name]
    return value


def merged(base: Document, more: Document) -> Document:
    both = {name: merged(base[name], more[name]) for name in base.keys() & more.keys() if isinstance(base[name], dict)}
    return {**base, **more, **both}


def _set(path: str, value: Any) -> Document:
    for name in reversed(path.split(".")):
        value = {name: value}
    found: Document = value
    return found


@pytest.mark.parametrize(("path", "value", "seen", "needed"), TRIED, ids=[tried[0] for tried in TRIED])
def test_a_value_does_what_it_says(path: str, value: Any, seen: Seen, needed: Document) -> None:
    assert not seen(Rendered(needed))
    assert seen(Rendered(merged(needed, _set(path, value))))


def test_each_value_is_tried() -> None:
    for_umbrellas = "enabled"  # a chart above reads it: `condition: wahealth.enabled`
    assert set(_paths(DEFAULTS)) == {for_umbrellas, *(tried[0] for tried in TRIED)}


def test_the_schema_knows_the_values_and_their_defaults() -> None:
    assert Values().model_dump(by_alias=True) == DEFAULTS


def test_some_watched_namespaces_narrow_the_rights() -> None:
    """Nothing is granted beyond them but what users get."""
    rendered = Rendered({"watch": {"namespaces": ["a", "b"]}, "rbac": {"userRoles": False}})
    assert not rendered.every("ClusterRole")
    assert not rendered.every("ClusterRoleBinding")
    roles = {role["metadata"]["namespace"]: role["rules"] for role in rendered.every("Role")}
    whole = Rendered({}).every("ClusterRole")[0]["rules"]
    assert roles.keys() == {"a", "b", "wahealth-system"}
    assert roles["a"] == roles["b"] == whole
    assert {tuple(rule["resources"]) for rule in roles["wahealth-system"]} == {("leases",)}


@pytest.mark.parametrize(
    ("replicas", "budget", "there"), [(1, "Auto", 0), (2, "Auto", 1), (2, "Enabled", 1), (2, "Disabled", 0)]
)
def test_a_disruption_budget_comes_with_the_second_replica(replicas: int, budget: str, there: int) -> None:
    rendered = Rendered({"replicas": replicas, "podDisruptionBudget": budget})
    assert len(rendered.every("PodDisruptionBudget")) == there


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"podDisruptionBudget": "Enabled"}, "keeps nothing up: set replicas to 2, or leave it at Auto"),
        ({"fullnameOverride": "1st"}, "at '/fullnameOverride': '1st' does not match pattern"),
        ({"extraEnv": [{"name": "WAHEALTH_SHARDS", "value": "2"}]}, "WAHEALTH_SHARDS is set by the chart"),
        (
            {"metrics": {"prometheusRule": {"enabled": True, "disabled": ["Flaping"]}}},
            "there is no alert Flaping; there are WhatsAppClientDown,",
        ),
        ({"image": {"registry": "https://registry.example.com"}}, "at '/image/registry'"),
        ({"allowUrlHosts": ["a host"]}, "at '/allowUrlHosts/0': 'a host' does not match pattern"),
        ({"allowPodNetworks": ["240.0.0.0"]}, "at '/allowPodNetworks/0': '240.0.0.0' does not match pattern"),
        ({"egress": {"proxy": "http://u:p@proxy:3128"}}, "at '/egress/proxy'"),
        ({"egress": {"proxy": "socks5://proxy:1080"}}, "at '/egress/proxy'"),
        (
            {"egress": {"proxy": "http://proxy:3128", "proxySecret": {"name": "p"}}},
            "egress.proxy and egress.proxySecret.name both name a proxy",
        ),
        (
            {"egress": {"ca": {"configMap": "a", "secret": "b"}}},
            "egress.ca.configMap and egress.ca.secret both hold authorities",
        ),
        ({"priorityClassName": "a\n      hostNetwork: true"}, "at '/priorityClassName'"),
        (
            {"metrics": {"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}},
            "would scrape everything twice: enable one of them",
        ),
        (
            {"metrics": {"serviceMonitor": {"enabled": True}, "service": {"enabled": False}}},
            "needs a Service: set metrics.service.enabled to true",
        ),
        ({"serviceAccount": {"create": False}}, "name the ServiceAccount to run as in serviceAccount.name"),
        ({"singleInstancePolicy": {"workloads": ["wacore"]}}, "at '/singleInstancePolicy/workloads/0'"),
        ({"replica": 2}, "additional properties 'replica' not allowed"),
        ({"replicas": "two"}, "at '/replicas': got string, want integer"),
        ({"replicas": -1}, "at '/replicas': minimum: got -1, want 0"),
        ({"shards": 65}, "at '/shards': maximum: got 65, want 64"),
        ({"watch": {"namespaces": "a"}}, "at '/watch/namespaces': got string, want array"),
        ({"watch": {"namespaces": ["a", "a"]}}, "at '/watch/namespaces'"),
        ({"watch": {"namespaces": ["A"]}}, "at '/watch/namespaces/0': 'A' does not match pattern"),
        ({"image": {"digest": "sha256:1"}}, "at '/image/digest': 'sha256:1' does not match pattern"),
        ({"logLevel": "loud"}, "value must be one of 'debug', 'info', 'warning', 'error'"),
        ({"secretRefreshSeconds": 0}, "at '/secretRefreshSeconds'"),
        ({"commonLabels": {"a": 1}}, "at '/commonLabels/a': got number, want string"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_values_that_cannot_be_meant_are_refused(values: Document, said: str) -> None:
    with pytest.raises(Refused) as refused:
        documents(values)
    assert said in " ".join(str(refused.value).split())


@pytest.mark.parametrize("release", ["1st", "team.a"])
def test_a_release_whose_name_no_service_can_have_is_told_what_to_set(release: str) -> None:
    flags = [release, str(CHART), f"--kube-version={chosen().kubernetes}"]
    with pytest.raises(Refused, match="set fullnameOverride"):
        helm("template", *flags)
    assert 'name: "own"' in helm("template", *flags, "--set=fullnameOverride=own")


def test_the_operator_may_take_minutes_to_start() -> None:
    """On a busy node Python does; until then a livenessProbe would have it killed before it ever answers."""
    container = Rendered({}).container
    startup = container["startupProbe"]
    assert startup["httpGet"] == container["livenessProbe"]["httpGet"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 120


def test_a_namespace_of_many_services_keeps_the_operator_from_nothing() -> None:
    """Each of its Services would be some seven variables, and a process takes 2 MB of them: it would not start."""
    assert Rendered({}).pod["enableServiceLinks"] is False


def test_a_label_that_we_need_stays_what_it_is() -> None:
    """Whatever the values say: a selector would not find its pods."""
    theirs = {"app.kubernetes.io/name": "theirs", "team": "a"}
    deployment = Rendered({"commonLabels": theirs, "podLabels": theirs}).spec("Deployment")
    labels = deployment["template"]["metadata"]["labels"]
    assert labels.items() >= deployment["selector"]["matchLabels"].items()
    assert labels["team"] == "a"


def test_the_test_pod_has_the_labels_of_all_objects_and_no_label_twice() -> None:
    """Each by name: where one stands twice, kustomize takes none, and Helm the last, so that ours were lost."""
    theirs = {"app.kubernetes.io/name": "suite", "app.kubernetes.io/part-of": "suite", "team": "a"}
    rendered = Rendered({"commonLabels": theirs})
    labels, others = rendered.labels("Pod"), rendered.labels("Service")
    assert labels == others | {"app.kubernetes.io/name": "wahealth-test", "app.kubernetes.io/component": "test"}
    assert labels["team"] == "a"
    assert labels["app.kubernetes.io/part-of"] == "wahealth"


def test_no_windows_node_gets_a_pod() -> None:
    """Mixed clusters leave theirs without a taint."""
    rendered = Rendered({})
    for pod in (rendered.pod, rendered.spec("Pod")):
        assert pod["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert "nodeSelector" not in Rendered({"nodeSelector": {"kubernetes.io/os": None}}).pod


@pytest.mark.parametrize("path", [path for path in _paths(DEFAULTS) if _at(path) in ({}, [], "")])
def test_a_value_without_a_value_is_as_an_empty_one(path: str) -> None:
    """`podAnnotations:` with nothing behind it, as people leave it when they take out the last line."""
    needed = next((tried[3] for tried in TRIED if tried[0] == path), {})
    assert documents(merged(needed, _set(path, None))) == documents(merged(needed, _set(path, _at(path))))


def test_an_extra_object_with_braces_of_its_own_stands_as_it_is() -> None:
    extra = {"kind": "Extra", "metadata": {"name": "extra"}, "summary": "{{ $labels.pod }} is down"}
    assert Rendered({"extraObjects": [extra]}).every("Extra") == [extra]


def test_it_can_be_a_part_of_another_chart(tmp_path: Path) -> None:
    """Twice, each switched on by a condition, with names of their own and the image's registry from above."""
    names = ("a", "b", "c")
    about = {"name": "wahealth", "version": "0.1.0"}
    parts = [{**about, "alias": name, "condition": f"{name}.enabled"} for name in names]
    above = {"apiVersion": "v2", "name": "above", "version": "1.0.0", "dependencies": parts}
    (tmp_path / "Chart.yaml").write_text(yaml.safe_dump(above))
    switches: Document = {name: {"enabled": name != "c", "crds": {"enabled": False}} for name in names}
    (tmp_path / "values.yaml").write_text(yaml.safe_dump({"global": {"imageRegistry": "r.example"}, **switches}))
    shutil.copytree(CHART, tmp_path / "charts" / "wahealth")
    printed = helm("template", "p", str(tmp_path), f"--kube-version={chosen().kubernetes}")
    rendered = [one for one in yaml.safe_load_all(printed) if one]
    deployments = [one for one in rendered if one["kind"] == "Deployment"]
    assert [one["metadata"]["name"] for one in deployments] == ["p-a-operator", "p-b-operator"]
    images = {one["spec"]["template"]["spec"]["containers"][0]["image"] for one in deployments}
    assert images == {"r.example/wahealth:0.1.0"}
    objects = [(one["kind"], one["metadata"]["name"]) for one in rendered]
    assert len(objects) == len(set(objects))


def test_a_value_shared_with_other_charts_is_let_be() -> None:
    assert documents({"global": {"storageClass": "fast"}}) == documents()


def test_helm_has_nothing_against_it() -> None:
    assert "1 chart(s) linted, 0 chart(s) failed" in helm("lint", "--strict", str(CHART))
