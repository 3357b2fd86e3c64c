"""Each value of the chart: what it is set to, and what is seen of it then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from chart.seen import (
    CA_ENTRY,
    Tried,
    annotated_everywhere,
    are_kept,
    authorities,
    egress_ports,
    everywhere,
    policies,
)
from chart.tried_metrics import TRIED_METRICS
from support.rendered import CHART, Document
from wahealth.api.admission import crd_revision, secrets, single_instance

DEFAULTS: Document = yaml.safe_load((CHART / "values.yaml").read_text())
DIGEST = "sha256:" + "0" * 64
POLICY = {"enabled": True}
BAN_GUARD = (single_instance.REFUSING, single_instance.WARNING)
TEST_NET = ["192.0.2.0/24"]
GUARDED, PROXIED = {"networkPolicy": POLICY}, {"egress": {"proxy": "http://10.2.0.8:3128"}}
TRIED: list[Tried] = [
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
    (
        "fullnameOverride",
        "whole",
        lambda r: {d["metadata"]["name"][:5] for d in r.all} == {"whole", "whats", "crd-r"},
        {},
    ),
    ("commonLabels", {"a": "b"}, everywhere("a", "b"), {}),
    ("commonAnnotations", {"a": "b"}, annotated_everywhere("a", "b"), {}),
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
    (
        *("crds.keep", False),
        *(lambda r: not are_kept([*r.every("CustomResourceDefinition"), *policies(r, crd_revision.NAME)]), {}),
    ),
    ("crds.refuseOlder", False, lambda r: not policies(r, crd_revision.NAME), {}),
    ("rbac.create", False, lambda r: not r.every("ClusterRoleBinding") and not r.every("Role"), {}),
    ("rbac.userRoles", False, lambda r: len(r.every("ClusterRole")) == 1, {}),
    ("serviceAccount.create", False, lambda r: not r.every("ServiceAccount"), {"serviceAccount": {"name": "own"}}),
    ("serviceAccount.name", "own", lambda r: r.pod["serviceAccountName"] == "own", {}),
    ("serviceAccount.annotations", {"a": "b"}, lambda r: r.one("ServiceAccount")["metadata"].get("annotations"), {}),
    (
        *("serviceAccount.automountServiceAccountToken", True),
        *(lambda r: r.one("ServiceAccount")["automountServiceAccountToken"] is True, {}),
    ),
    ("secretPolicy.enabled", True, lambda r: len(policies(r, secrets.NAME)) == 2, {}),
    ("singleInstancePolicy.enabled", True, lambda r: len(policies(r, *BAN_GUARD)) == 4, {}),
    (
        *("singleInstancePolicy.workloads", ["acme/wacore"]),
        lambda r: (
            [p["spec"]["variables"][0]["expression"] for p in policies(r, *BAN_GUARD)[:2]] == ['["acme/wacore"]'] * 2
        ),
        {"singleInstancePolicy": POLICY},
    ),
    *TRIED_METRICS,
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
    ("resourcesPreset", "large", lambda r: r.container["resources"]["requests"]["cpu"] == "500m", {}),
    ("resources", {"limits": {"cpu": "1"}}, lambda r: r.container["resources"]["limits"].get("cpu") == "1", {}),
    ("deploymentAnnotations", {"a": "b"}, lambda r: r.annotations("Deployment").get("a"), {}),
    ("strategy", {"type": "Recreate"}, lambda r: r.spec("Deployment").get("strategy") == {"type": "Recreate"}, {}),
    ("revisionHistoryLimit", 2, lambda r: r.spec("Deployment")["revisionHistoryLimit"] == 2, {}),
    (
        *("podAnnotations", {"a": "b"}),
        *(lambda r: r.spec("Deployment")["template"]["metadata"]["annotations"].get("a"), {}),
    ),
    ("podLabels", {"a": "b"}, lambda r: r.spec("Deployment")["template"]["metadata"]["labels"].get("a"), {}),
    ("priorityClassName", "high", lambda r: r.pod.get("priorityClassName") == "high", {}),
    ("runtimeClassName", "gvisor", lambda r: r.pod.get("runtimeClassName") == "gvisor", {}),
    ("automountServiceAccountToken", False, lambda r: r.pod["automountServiceAccountToken"] is False, {}),
    ("hostUsers", False, lambda r: r.pod.get("hostUsers") is False, {}),
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


def paths(values: Document, above: str = "") -> Iterator[str]:
    """Of all values: one is what is set as a whole."""
    for name, value in values.items():
        path = f"{above}{name}"
        if isinstance(value, dict) and value and path not in {tried[0] for tried in TRIED}:
            yield from paths(value, f"{path}.")
        else:
            yield path


def at(path: str) -> Any:
    value: Any = DEFAULTS
    for name in path.split("."):
        value = value[name]
    return value


def merged(base: Document, more: Document) -> Document:
    both = {name: merged(base[name], more[name]) for name in base.keys() & more.keys() if isinstance(base[name], dict)}
    return {**base, **more, **both}


def set_to(path: str, value: Any) -> Document:
    for name in reversed(path.split(".")):
        value = {name: value}
    found: Document = value
    return found
