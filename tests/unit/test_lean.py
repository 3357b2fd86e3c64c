"""What is let go of an object while a list is long is read by nobody, and is most of it."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from typing import Any

import pytest

from wahealth.core.control.pod_labels import GATE, Gate
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.inventory.keys import Key, WorkloadRef
from wahealth.kube.inventory.kinds import KINDS, RESTARTED_AT
from wahealth.kube.inventory.lean import lean
from wahealth.kube.inventory.pods import PATH, Pods
from wahealth.kube.inventory.services import service_of
from wahealth.kube.inventory.workloads import workload_of

WEB = WorkloadRef("acme", "StatefulSet", "web")
Object = dict[str, Any]


def container(name: str) -> Object:
    probe = {"httpGet": {"path": "/livez", "port": "http", "scheme": "HTTPS"}, "periodSeconds": 10}
    return {
        "name": name,
        "image": "docker.whatsapp.biz/web:v2.45.1",
        "env": [{"name": f"WA_{number}", "value": f"value {number}"} for number in range(20)],
        "ports": [{"name": "https", "containerPort": 443, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        "volumeMounts": [{"name": f"v{number}", "mountPath": f"/v/{number}"} for number in range(5)],
        "livenessProbe": probe,
        "readinessProbe": probe,
    }


def template(*containers: Object) -> Object:
    return {
        "nodeName": "node-1",
        "containers": list(containers),
        "readinessGates": [{"conditionType": GATE}],
        "volumes": [{"name": f"v{number}", "configMap": {"name": f"v{number}"}} for number in range(5)],
    }


def metadata(name: str) -> Object:
    managed: list[Object] = [
        {"manager": who, "fieldsV1": {f"f:{n}": {".": {}} for n in range(40)}} for who in ("kubelet", "kcm")
    ]
    return {
        "name": name,
        "namespace": "acme",
        "uid": f"uid-{name}",
        "generation": 2,
        "labels": {"app": "web"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "x" * 2000},
        "managedFields": managed,
    }


def pod(name: str) -> Object:
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "controller": True}
    conditions = [
        {"type": "Ready", "status": "True"},
        {"type": GATE, "status": "False", "reason": "Faulty", "message": Gate("False", "Faulty", "shop").message},
    ]
    state = {"name": "web", "ready": True, "state": {"running": {}}, "imageID": "sha256:" + "0" * 64}
    return {
        "metadata": metadata(name) | {"ownerReferences": [owner]},
        "spec": template(container("web"), container("proxy")),
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.1",
            "podIPs": [{"ip": "10.0.0.1"}, {"ip": "2001:db8::1"}],
            "conditions": conditions,
            "containerStatuses": [state, state],
        },
    }


def known(object_: Object) -> object:
    pods = Pods()
    pods.put(object_)
    marked = list(pods.current("acme", frozenset(), "shop"))
    places = pods.places("acme")
    return pods.of(WEB), marked, dict(places.by_address), dict(places.by_name), pods.clients()


def test_of_a_pod_the_same_is_known() -> None:
    assert known(lean(pod("web-0"))) == known(pod("web-0"))
    assert pods_asked(known(pod("web-0")))


def pods_asked(found: Any) -> bool:
    """The pod is none that nothing is known of anyway."""
    (asked,), (marked,), *_ = found
    return bool(asked.ports and marked.gate)


@pytest.mark.parametrize(
    "sign", [{"env": [{"name": "WA_MASTER_NODE", "value": "1"}]}, {"command": ["/start-coreapp"]}, {"image": "coreapp"}]
)
def test_of_a_workload_the_same_is_known(sign: Object) -> None:
    for kind in KINDS.values():
        annotations = {RESTARTED_AT: "2026-01-01T00:00:00Z"}
        spec = {"replicas": 2, "template": {"metadata": {"annotations": annotations}, "spec": template(container("a"))}}
        spec["template"]["spec"]["initContainers"] = [container("b") | sign]  # type: ignore[index]
        workload = {"metadata": metadata("web"), "spec": spec, "status": {"observedGeneration": 2, "replicas": 2}}
        found = workload_of(workload, kind)
        assert found.hosts_client_nodes
        assert found.restarted
        assert workload_of(lean(workload), kind) == found


def test_of_a_service_the_same_is_known() -> None:
    service = {"metadata": metadata("web"), "spec": {"selector": {"app": "web"}, "ports": [{"port": 443}]}}
    assert service_of(lean(service)) == service_of(service)


class Cluster:
    """An API server with many pods, a page at a time, and nothing else."""

    def __init__(self, pods: int, page: int) -> None:
        self._pods, self._page = pods, page

    async def read(self, path: str, **query: str | int) -> Object:
        begin = int(query.get("continue", 0))
        end = min(begin + self._page, self._pods) if path == PATH else begin
        more = str(end) if path == PATH and end < self._pods else ""
        items = [pod(f"web-{number}") for number in range(begin, end)]
        # As it comes over the wire: nothing of one pod is part of another.
        return json.loads(json.dumps({"metadata": {"resourceVersion": "1", "continue": more}, "items": items}))  # type: ignore[no-any-return]

    async def watch(self, _: str, **__: object) -> Any:
        await asyncio.sleep(3600)
        yield


def test_a_cluster_of_many_pods_is_not_held_whole() -> None:
    """Else an operator that looks at a cluster of 10,000 pods is killed for its memory, and again at each start."""
    inventory = Inventory()

    async def listed() -> int:
        synced = asyncio.Event()
        keeping = asyncio.create_task(inventory.run(Cluster(1000, page=50), synced))  # type: ignore[arg-type]
        tracemalloc.start()
        try:
            await synced.wait()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            keeping.cancel()

    peak = asyncio.run(listed())
    assert len(inventory.pods.of(WEB)) == 1000
    assert inventory.workload(WEB) is None
    assert Key("acme", "shop") in inventory.pods.clients()
    assert peak / 1000 < 14_000  # bytes a pod; held whole it has 55,000
