"""kubelet itself probes the sidecar, in web, coreapp and master pods: what it does to pods, and what it never does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from e2e.conftest import KEY, Client
from wahealth.playground.cluster.control_plane import ControlPlane, ControlPlaneFailed
from wahealth.playground.environment import until

FAST = {"failover_seconds": 1, "startup_seconds": 0.2}


@pytest.fixture(scope="module")
def ha(plane: ControlPlane) -> Client:
    client = Client(plane, "ha", {"shards": 1, **FAST})
    client.example("web-native-sidecar", "web", 2)
    client.example("coreapp-sidecar", "coreapp", 2)
    client.example("master-sidecar", "master", 2)
    return client


@pytest.fixture(scope="module")
def multiconnect(plane: ControlPlane) -> Client:
    client = Client(plane, "mc", {"shards": 2, "multiconnect": True, **FAST})
    client.example("web-native-sidecar", "web", 1)
    client.example("coreapp-sidecar", "coreapp", 3)
    client.example("master-sidecar", "master", 2)
    return client


def all_ready(client: Client, pods: int) -> Callable[[], bool]:
    return lambda: client.ready() == [True] * pods


def wait(client: Client, seen: Callable[[], bool], what: str, seconds: float = 120) -> None:
    try:
        until(seen, what, seconds)
    except Exception:
        print(client.kubectl("get", "pods", "-o", "wide"), client.kubectl("describe", "pods")[-6000:])
        raise


def test_all_pods_of_a_high_availability_client_become_ready(ha: Client) -> None:
    """The standby coreapp, the primary and the secondary master, all disconnected, among them."""
    wait(ha, all_ready(ha, 6), "six pods ready")


def test_all_pods_of_a_multiconnect_client_become_ready(multiconnect: Client) -> None:
    wait(multiconnect, all_ready(multiconnect, 6), "six pods ready")


def test_a_standby_stays_ready(ha: Client) -> None:
    for _ in range(10):
        assert ha.ready("coreapp") == [True, True]
        time.sleep(1)


def test_a_pod_tells_what_it_is(ha: Client) -> None:
    roles = []
    for pod in ha.pods("coreapp"):
        code = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8086/readyz').read().decode())"
        roles.append(ha.kubectl("exec", pod["metadata"]["name"], "-c", "wahealth", "--", "python3", "-c", code))
    assert sorted(role.split('"reason": "')[1].split('"')[0] for role in roles) == ["ActiveCoreapp", "StandbyCoreapp"]


def test_a_rolling_update_of_the_web_workload_finishes(ha: Client) -> None:
    ha.kubectl("rollout", "restart", "deployment/whatsapp-web-deployment")
    ha.kubectl("rollout", "status", "deployment/whatsapp-web-deployment", "--timeout=100s")
    wait(ha, all_ready(ha, 6), "six pods ready")


@pytest.mark.parametrize(
    ("manifest", "ready"), [("web-native-sidecar", True), ("web-sidecar", False)], ids=["reachable", "registered"]
)
def test_an_unregistered_client_is_reached_through_its_service(plane: ControlPlane, manifest: str, ready: bool) -> None:
    """Whoever registers it must reach it; with the manifest that looks as deep as `registered` nobody does."""
    client = Client(plane, f"unregistered-{manifest}", {"registered": False, **FAST})
    client.example("coreapp-sidecar", "coreapp", 1)
    client.example(manifest, "web", 1)
    wait(client, lambda: settled(client), "waweb answers its sidecar")
    time.sleep(10)
    assert client.ready("web") == [ready]
    assert len(client.served()) == (1 if ready else 0)
    client.kubectl("delete", "deployments", "--all", "--wait=false")


def settled(client: Client) -> bool:
    """The sidecar of the web pod has heard of a client that is not registered."""
    return '"Unregistered"' in page(client, "status")


def page(client: Client, name: str) -> str:
    """What the sidecar of the web pod says there; empty while it does not run."""
    code = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:8086/{name}').read().decode())"
    pods = [pod["metadata"]["name"] for pod in client.pods("web")]
    try:
        return client.kubectl("exec", pods[0], "-c", "wahealth", "--", "python3", "-c", code)
    except (ControlPlaneFailed, IndexError):
        return ""


def test_a_refused_key_takes_no_pod_away(plane: ControlPlane) -> None:
    client = Client(plane, "refused", FAST, key="another-key-than-waweb-has")
    client.example("web-native-sidecar", "web", 1)
    client.example("coreapp-sidecar", "coreapp", 1)
    wait(client, lambda: client.ready("web") == [True], "the web pod ready")
    time.sleep(10)
    assert client.ready("web") == [True]
    # A rotation of the Secret comes through kubelet's mount, and nothing is restarted for it.
    before = client.restarts()
    client.kubectl("patch", "secret", "web-api-key", "-p", json.dumps({"stringData": {"WA_API_KEY": KEY}}))
    wait(client, lambda: '"reason": "Connected"' in page(client, "readyz"), "the new key is in use", 150)
    assert client.restarts() == before
    client.kubectl("delete", "deployments", "--all", "--wait=false")


def test_without_a_key_the_start_up_of_the_native_sidecar_holds_up_nobody(plane: ControlPlane) -> None:
    client = Client(plane, "keyless", FAST)
    client.kubectl("delete", "secret", "web-api-key")
    client.example("web-native-sidecar", "web", 1)

    def runs() -> bool:
        statuses = [s for pod in client.pods("web") for s in pod["status"].get("containerStatuses", ())]
        return bool(statuses) and all("running" in s["state"] for s in statuses)

    wait(client, runs, "waweb runs", 60)
    wait(client, lambda: client.ready("web") == [True], "the web pod ready")
    client.kubectl("delete", "deployments", "--all", "--wait=false")


def test_a_dead_waweb_is_restarted_by_kubelets_own_tcp_probe(multiconnect: Client) -> None:
    (pod,) = (pod["metadata"]["name"] for pod in multiconnect.pods("web"))
    before = multiconnect.restarts()
    multiconnect.set(pod, refuse=True)
    wait(multiconnect, lambda: multiconnect.restarts()[f"{pod}/waweb"] > before[f"{pod}/waweb"], "a restart of waweb")
    after = multiconnect.restarts()
    assert {name for name in after if after[name] != before[name]} == {f"{pod}/waweb"}
    wait(multiconnect, all_ready(multiconnect, 6), "six pods ready")


def test_with_everything_disconnected_nothing_is_restarted(multiconnect: Client) -> None:
    (pod,) = (pod["metadata"]["name"] for pod in multiconnect.pods("web"))
    before = multiconnect.restarts()
    multiconnect.set(pod, gateway_status="disconnected")
    deadline = time.monotonic() + 130
    while time.monotonic() < deadline:
        assert multiconnect.restarts() == before
        time.sleep(5)
    assert multiconnect.ready("web") == [True]
