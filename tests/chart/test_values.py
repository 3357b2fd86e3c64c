"""Every value of the chart does what it says, and a value that cannot be meant is refused with a sentence."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart.seen import Rendered, Seen
from chart.tried import DEFAULTS, TRIED, merged, paths, set_to
from support.rendered import CHART, Document, Refused, documents, helm
from wahealth.chart_values import Values
from wahealth.playground.cluster.versions import chosen


@pytest.mark.parametrize(("path", "value", "seen", "needed"), TRIED, ids=[tried[0] for tried in TRIED])
def test_a_value_does_what_it_says(path: str, value: Any, seen: Seen, needed: Document) -> None:
    assert not seen(Rendered(needed))
    assert seen(Rendered(merged(needed, set_to(path, value))))


def test_each_value_is_tried() -> None:
    for_umbrellas = "enabled"  # a chart above reads it: `condition: wahealth.enabled`
    assert set(paths(DEFAULTS)) == {for_umbrellas, *(tried[0] for tried in TRIED)}


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
def test_a_release_whose_name_no_service_can_have_is_told_what_toset_to(release: str) -> None:
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


@pytest.mark.parametrize(
    ("values", "given"),
    [
        ({}, {"requests": {"cpu": "50m", "memory": "192Mi"}, "limits": {"memory": "512Mi"}}),
        (
            {"resources": {"limits": {"memory": "1Gi"}, "requests": {"cpu": None}}},
            {"requests": {"memory": "192Mi"}, "limits": {"memory": "1Gi"}},
        ),
        ({"resources": {"limits": None}}, {"requests": {"cpu": "50m", "memory": "192Mi"}}),
        ({"resourcesPreset": "none"}, {}),
        ({"resourcesPreset": "none", "resources": {"claims": [{"name": "a"}]}}, {"claims": [{"name": "a"}]}),
    ],
)
def test_resources_say_what_differs_from_the_preset(values: Document, given: Document) -> None:
    assert Rendered(values).container["resources"] == given


def test_only_the_operator_gets_a_token() -> None:
    """Not each pod that happens to run with its ServiceAccount."""
    rendered = Rendered({})
    assert rendered.one("ServiceAccount")["automountServiceAccountToken"] is False
    assert rendered.one("Pod")["spec"]["automountServiceAccountToken"] is False
    assert rendered.pod["automountServiceAccountToken"] is True


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


def test_an_autoscaler_says_how_many() -> None:
    """A number that is written would be set again by each upgrade, or refused as that of another."""
    rendered = Rendered({"replicas": None})
    assert "replicas" not in rendered.spec("Deployment")
    assert rendered.every("PodDisruptionBudget")
    assert "podAntiAffinity" in rendered.pod["affinity"]


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
