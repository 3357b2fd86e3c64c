"""The ban guard on a real API server: a second replica is refused whichever way it is asked for, and so is a surge."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import yaml

from wahealth.api.admission import single_instance
from wahealth.api.labels import MARKED, SINGLE_INSTANCE
from wahealth.playground.environment import Environment, until

NAMESPACE = "guarded"
NAMED = "named"  # guarded by name: its selector cannot have the label any more
MARK = {SINGLE_INSTANCE: MARKED}
RECREATE = {"strategy": {"type": "Recreate"}}
TOO_MANY = "must have at most one replica, because two live instances of one phone number get it banned by WhatsApp"
SURGE = "its rollouts must not start a pod beside the one that runs"

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def guarded(environment: Environment) -> Iterator[Environment]:
    policies = single_instance.policies(f'["{NAMESPACE}/{NAMED}"]')
    environment.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, *policies])
    until(lambda: refused(apply(environment, workload("probe", replicas=2), dry=True)), "the policy is in force", 30)
    until(lambda: "Warning" in apply(environment, half_marked(), dry=True).stderr, "the advice is in force", 30)
    yield environment
    for document in policies:
        environment.plane.kubectl("delete", document["kind"], document["metadata"]["name"])
    environment.plane.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def workload(
    name: str, kind: str = "Deployment", replicas: int = 1, labels: dict[str, str] | None = None, **spec: Any
) -> dict[str, Any]:
    labels = {"app": name, **(MARK if labels is None else labels)}
    if kind == "Deployment":
        spec = RECREATE | spec
    template = {
        "metadata": {"labels": labels},
        "spec": {
            "nodeSelector": {"type": "kwok"},
            "containers": [{"name": "coreapp", "image": "localhost/coreapp"}],
            "terminationGracePeriodSeconds": 0,
        },
    }
    content = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, **spec}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": content}


def half_marked(**spec: Any) -> dict[str, Any]:
    """It is marked, and its pods are not, so its Scale says nothing of it."""
    document = workload("half", labels={}, **spec)
    document["metadata"]["labels"] = MARK
    return document


def run(environment: Environment, *words: str, given: str | None = None) -> Done:
    argv = [str(environment.plane.binaries["kubectl"]), "--kubeconfig", str(environment.plane.kubeconfig)]
    argv += [*words, "--namespace", NAMESPACE]
    return subprocess.run(argv, input=given, text=True, capture_output=True, check=False, timeout=60)


def apply(environment: Environment, *documents: dict[str, Any], dry: bool = False) -> Done:
    flags = ["--dry-run=server"] if dry else []
    return run(environment, "apply", "--server-side", *flags, "-f", "-", given=yaml.safe_dump_all(documents))


def refused(done: Done, why: str = TOO_MANY) -> bool:
    return done.returncode != 0 and why in done.stderr


def scale(environment: Environment, what: str, replicas: int) -> Done:
    return run(environment, "scale", what, f"--replicas={replicas}")


def put_scale(environment: Environment, plural: str, name: str, replicas: int) -> Done:
    """A PUT of a bare Scale, which has no label, no selector and no resourceVersion."""
    metadata = {"name": name, "namespace": NAMESPACE}
    bare = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": metadata, "spec": {"replicas": replicas}}
    path = f"/apis/apps/v1/namespaces/{NAMESPACE}/{plural}/{name}/scale"
    return run(environment, "replace", "--raw", path, "-f", "-", given=json.dumps(bare))


def made(environment: Environment, document: dict[str, Any]) -> str:
    """The workload, as kubectl names it."""
    done = apply(environment, document)
    assert done.returncode == 0, done.stderr
    return f"{document['kind'].lower()}/{document['metadata']['name']}"


def replicas_of(environment: Environment, what: str) -> str:
    return run(environment, "get", what, "-o", "jsonpath={.spec.replicas}").stdout


KINDS = ("Deployment", "StatefulSet", "ReplicaSet")


@pytest.mark.parametrize("kind", KINDS)
def test_one_is_admitted_and_two_are_refused_in_every_way(guarded: Environment, kind: str) -> None:
    name = f"one-{kind.lower()}"
    what, plural = made(guarded, workload(name, kind)), f"{kind.lower()}s"
    assert refused(scale(guarded, what, 2))
    assert refused(put_scale(guarded, plural, name, 2))
    assert refused(apply(guarded, workload(name, kind, replicas=2)))
    assert refused(apply(guarded, workload(f"{name}-new", kind, replicas=2)))
    merge = ["--type=merge", "--patch", '{"spec": {"replicas": 2}}']
    assert refused(run(guarded, "patch", what, *merge))
    assert refused(run(guarded, "patch", what, "--subresource=scale", *merge))
    assert replicas_of(guarded, what) == "1"
    for replicas in (0, 1):
        assert scale(guarded, what, replicas).returncode == 0
        assert put_scale(guarded, plural, name, replicas).returncode == 0


def test_whoever_is_refused_reads_which_workload_and_what_to_do(guarded: Environment) -> None:
    what = made(guarded, workload("told"))
    said = scale(guarded, what, 3).stderr
    assert 'deployments.apps "told" is forbidden' in said
    assert "set replicas to 1 or 0, and let no autoscaler scale it" in said


def test_an_autoscaler_is_refused_and_says_so(guarded: Environment) -> None:
    what = made(guarded, workload("scaled"))
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "scaled"}
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "scaled", "namespace": NAMESPACE},
        "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5},
    }
    assert apply(guarded, autoscaler).returncode == 0  # it names its target, whose labels are not to be seen

    def told() -> Any:
        path = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers/scaled"
        conditions = guarded.plane.read(path).get("status", {}).get("conditions", ())
        return next((c for c in conditions if c["type"] == "AbleToScale" and c["status"] == "False"), None)

    found = until(told, "the autoscaler was refused", 60)
    assert found["reason"] == "FailedUpdateScale"
    assert TOO_MANY in found["message"]
    assert replicas_of(guarded, what) == "1"
    run(guarded, "delete", "hpa", "scaled")


DEFAULT: dict[str, Any] = {}  # 25 % of one is rounded up to one


@pytest.mark.parametrize(
    "rolling", [DEFAULT, {"maxSurge": 1}, {"maxSurge": "1%"}, {"maxSurge": "100%", "maxUnavailable": 0}]
)
def test_a_rollout_must_not_surge(guarded: Environment, rolling: dict[str, Any]) -> None:
    surging: dict[str, Any] = {"strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}
    for replicas in (0, 1):  # it would surge once it is scaled up
        assert refused(apply(guarded, workload("surging", replicas=replicas, **surging), dry=True), SURGE)
    made(guarded, workload("rolling"))
    patch = json.dumps({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": rolling or None}}})
    assert refused(run(guarded, "patch", "deployment/rolling", "--patch", patch), SURGE)


def test_without_a_strategy_the_default_one_surges(guarded: Environment) -> None:
    document = workload("default")
    del document["spec"]["strategy"]
    assert refused(apply(guarded, document, dry=True), SURGE)


@pytest.mark.parametrize("surge", [0, "0%"])
def test_without_a_surge_it_is_admitted_with_a_warning(guarded: Environment, surge: int | str) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": 1}}
    done = apply(guarded, workload("overlapping", strategy=strategy), dry=True)
    assert done.returncode == 0
    assert "starts a pod while the one before may still be ending" in done.stderr


def test_a_rollout_of_recreate_is_admitted_and_makes_one_pod(guarded: Environment) -> None:
    what = made(guarded, workload("restarted"))
    assert run(guarded, "rollout", "status", what, "--timeout=60s").returncode == 0
    assert run(guarded, "rollout", "restart", what).returncode == 0
    assert run(guarded, "rollout", "status", what, "--timeout=60s").returncode == 0
    assert replicas_of(guarded, what) == "1"


def test_a_mark_that_the_pods_have_not_is_warned_of(guarded: Environment) -> None:
    done = apply(guarded, half_marked())
    assert done.returncode == 0
    assert f"Warning: Validation failed for ValidatingAdmissionPolicy '{single_instance.WARNING}'" in done.stderr
    assert "is not in spec.selector" in done.stderr
    assert refused(apply(guarded, half_marked(replicas=2)))
    assert scale(guarded, "deployment/half", 2).returncode == 0  # as it was told
    assert scale(guarded, "deployment/half", 0).returncode == 0


def test_a_fully_marked_one_is_not_warned_of(guarded: Environment) -> None:
    assert "Warning" not in apply(guarded, workload("quiet"), dry=True).stderr


@pytest.mark.parametrize("operator", ["In", "Exists"])
def test_a_selector_of_expressions_is_understood(guarded: Environment, operator: str) -> None:
    document = workload(f"by-{operator.lower()}")
    term = {"key": SINGLE_INSTANCE, "operator": operator} | ({"values": [MARKED]} if operator == "In" else {})
    document["spec"]["selector"] = {"matchExpressions": [term]}
    what = made(guarded, document)
    document["spec"]["replicas"] = 2
    assert refused(apply(guarded, document))
    assert refused(scale(guarded, what, 2))


def test_one_that_is_named_needs_no_label(guarded: Environment) -> None:
    what = made(guarded, workload(NAMED, labels={}))
    assert refused(scale(guarded, what, 2))
    assert refused(put_scale(guarded, "deployments", NAMED, 2))
    assert refused(apply(guarded, workload(NAMED, labels={}, replicas=2)))
    assert refused(apply(guarded, workload(NAMED, labels={}, strategy={"type": "RollingUpdate"})), SURGE)


@pytest.mark.parametrize("labels", [{}, {SINGLE_INSTANCE: "false"}])
def test_any_other_workload_is_nobodys_business(guarded: Environment, labels: dict[str, str]) -> None:
    document = workload("free", labels=labels, replicas=3, strategy={"type": "RollingUpdate"})
    assert apply(guarded, document, dry=True).stderr == ""
    what = made(guarded, workload(f"free-{len(labels)}", labels=labels))
    assert scale(guarded, what, 2).returncode == 0
    run(guarded, "delete", what)


def unmarked_while(environment: Environment, name: str, replicas: int) -> str:
    """A marked workload that has too many replicas already, as one that was there before the policy."""
    bindings = [d for d in single_instance.policies() if d["kind"].endswith("Binding")]
    for binding in bindings:
        environment.plane.kubectl("delete", binding["kind"], binding["metadata"]["name"])
    many = workload(name, replicas=replicas)
    until(lambda: apply(environment, many).returncode == 0, "the policy is out of force", 30)
    environment.apply(bindings)
    until(lambda: refused(apply(environment, workload("probe", replicas=2), dry=True)), "it is in force again", 30)
    return f"deployment/{name}"


def test_one_that_has_too_many_may_have_fewer_and_may_go(guarded: Environment) -> None:
    what = unmarked_while(guarded, "many", 4)
    assert refused(scale(guarded, what, 5))
    assert refused(scale(guarded, what, 4))
    assert scale(guarded, what, 3).returncode == 0
    assert run(guarded, "delete", what, "--cascade=foreground", "--timeout=60s").returncode == 0


def test_the_expressions_have_no_error_of_type(guarded: Environment) -> None:
    for name in (single_instance.REFUSING, single_instance.WARNING):
        path = f"/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/{name}"

        def checked(path: str = path) -> Sequence[Any] | None:
            status = guarded.plane.read(path).get("status", {})
            return [status.get("typeChecking", {}).get("expressionWarnings", [])] if status else None

        assert until(checked, f"{name} was checked", 30) == [[]]
