"""kubelet itself probes the sidecar, in web, coreapp and master pods: what it does to pods, and what it never does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from e2e.conftest import KEY, Client, Document, Plane
from wahealth.playground.environment import until

FAST = {"failover_seconds": 1, "startup_seconds": 0.2}
_LONGEST = 240  # seconds until six pods are ready, on a busy machine
_QUIET = 10  # seconds in which nothing is to happen

Make = Callable[..., Client]


@pytest.fixture(scope="module")
def kept(plane: Plane) -> Iterator[Make]:
    """Makes clients whose pods stay for the module."""
    with ExitStack() as leaving:
        yield maker(plane, leaving)


@pytest.fixture
def passing(plane: Plane) -> Iterator[Make]:
    """Makes clients whose pods go with the test."""
    with ExitStack() as leaving:
        yield maker(plane, leaving)


def maker(plane: Plane, leaving: ExitStack) -> Make:
    def make(namespace: str, settings: Document, key: str = KEY) -> Client:
        client = Client(plane, namespace, settings, key)
        leaving.callback(client.leave)
        return client

    return make


@pytest.fixture(scope="module")
def fresh_ha(kept: Make) -> Client:
    client = kept("ha", {"shards": 1, **FAST})
    client.example("web-native-sidecar", "web", 2)
    client.example("coreapp-sidecar", "coreapp", 2)
    client.example("master-sidecar", "master", 2)
    return client


@pytest.fixture(scope="module")
def fresh_multiconnect(kept: Make) -> Client:
    client = kept("mc", {"shards": 2, "multiconnect": True, **FAST})
    client.example("web-native-sidecar", "web", 1)
    client.example("coreapp-sidecar", "coreapp", 3)
    client.example("master-sidecar", "master", 2)
    return client


@pytest.fixture
def ha(fresh_ha: Client) -> Client:
    wait(fresh_ha, all_ready(fresh_ha, 6), "six pods ready")
    return fresh_ha


@pytest.fixture
def multiconnect(fresh_multiconnect: Client) -> Client:
    wait(fresh_multiconnect, all_ready(fresh_multiconnect, 6), "six pods ready")
    return fresh_multiconnect


def all_ready(client: Client, pods: int) -> Callable[[], bool]:
    return lambda: client.ready() == [True] * pods


def wait(client: Client, seen: Callable[[], object], what: str, seconds: float = _LONGEST) -> None:
    try:
        until(seen, what, seconds)
    except Exception:
        print(told(client))
        raise


def told(client: Client) -> str:
    return client.kubectl("get", "pods", "-o", "wide") + client.kubectl("describe", "pods")[-6000:]


def stays(client: Client, seen: Callable[[], bool], what: str, seconds: float = _QUIET) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert seen(), f"{what}: no more\n{told(client)}"
        time.sleep(1)


def test_all_pods_of_a_high_availability_client_become_ready(fresh_ha: Client) -> None:
    """The standby coreapp, the primary and the secondary master, all disconnected, among them."""
    wait(fresh_ha, all_ready(fresh_ha, 6), "six pods ready")


def test_all_pods_of_a_multiconnect_client_become_ready(fresh_multiconnect: Client) -> None:
    wait(fresh_multiconnect, all_ready(fresh_multiconnect, 6), "six pods ready")


def test_a_standby_stays_ready(ha: Client) -> None:
    stays(ha, lambda: ha.ready("coreapp") == [True, True], "both coreapps ready")


def test_a_pod_tells_what_it_is(ha: Client) -> None:
    def roles() -> list[str]:
        return sorted(page.get("reason", "") for page in ha.page("coreapp", "readyz"))

    wait(ha, lambda: roles() == ["ActiveCoreapp", "StandbyCoreapp"], "one is active, one stands by")


def test_a_rolling_update_of_the_web_workload_finishes(ha: Client) -> None:
    def finished() -> bool:
        """As `kubectl rollout status` sees it."""
        deployment = ha.read("deployments/whatsapp-web-deployment", "apis/apps/v1")
        status = deployment["status"]
        seen = status["observedGeneration"] == deployment["metadata"]["generation"]
        counts = {status.get(name) for name in ("replicas", "updatedReplicas", "availableReplicas")}
        return bool(seen) and counts == {2}

    ha.kubectl("rollout", "restart", "deployment/whatsapp-web-deployment")
    wait(ha, finished, "the update is over")
    wait(ha, all_ready(ha, 6), "six pods ready")


@pytest.mark.parametrize(
    ("manifest", "ready"), [("web-native-sidecar", True), ("web-sidecar", False)], ids=["reachable", "registered"]
)
def test_an_unregistered_client_is_reached_through_its_service(passing: Make, manifest: str, ready: bool) -> None:
    """Whoever registers it must reach it; with the manifest that looks as deep as `registered` nobody does."""
    client = passing(f"unregistered-{manifest}", {"registered": False, **FAST})
    client.example("coreapp-sidecar", "coreapp", 1)
    client.example(manifest, "web", 1)

    def as_it_should() -> bool:
        return client.ready("web") == [ready] and len(client.served()) == (1 if ready else 0)

    wait(client, lambda: '"Unregistered"' in json.dumps(client.page("web", "status")), "waweb answers its sidecar")
    wait(client, as_it_should, "the Service sends to it" if ready else "the Service sends to nobody")
    stays(client, as_it_should, "the Service sends to it" if ready else "the Service sends to nobody")


def test_a_refused_key_takes_no_pod_away(passing: Make) -> None:
    client = passing("refused", FAST, key="another-key-than-waweb-has")
    client.example("web-native-sidecar", "web", 1)
    client.example("coreapp-sidecar", "coreapp", 1)
    wait(client, lambda: client.ready("web") == [True], "the web pod ready")
    stays(client, lambda: client.ready("web") == [True], "the web pod ready")
    # A rotation of the Secret comes through kubelet's mount, and nothing is restarted for it.
    before = client.restarts()
    client.kubectl("patch", "secret", "web-api-key", "-p", json.dumps({"stringData": {"WA_API_KEY": KEY}}))

    def in_use() -> bool:
        return [page.get("reason") for page in client.page("web", "readyz")] == ["Connected"]

    wait(client, in_use, "the new key is in use")
    assert client.restarts() == before, told(client)


def test_without_a_key_the_start_up_of_the_native_sidecar_holds_up_nobody(passing: Make) -> None:
    client = passing("keyless", FAST)
    client.kubectl("delete", "secret", "web-api-key")
    client.example("web-native-sidecar", "web", 1)

    def runs() -> bool:
        statuses = [s for pod in client.pods("web") for s in pod["status"].get("containerStatuses", ())]
        return bool(statuses) and all("running" in s["state"] for s in statuses)

    wait(client, runs, "waweb runs")
    wait(client, lambda: client.ready("web") == [True], "the web pod ready")


def test_a_dead_waweb_is_restarted_by_kubelets_own_tcp_probe(multiconnect: Client) -> None:
    (pod,) = (pod["metadata"]["name"] for pod in multiconnect.pods("web"))
    before = multiconnect.restarts()
    multiconnect.set(pod, refuse=True)
    wait(multiconnect, lambda: multiconnect.restarts()[f"{pod}/waweb"] > before[f"{pod}/waweb"], "a restart of waweb")
    after = multiconnect.restarts()
    assert {name for name in after if after[name] != before[name]} == {f"{pod}/waweb"}
    wait(multiconnect, all_ready(multiconnect, 6), "six pods ready")


def test_with_everything_disconnected_nothing_is_restarted(multiconnect: Client) -> None:
    before = multiconnect.restarts()
    with multiconnect.saying("disconnected"):
        stays(multiconnect, lambda: multiconnect.restarts() == before, "no restart", 130)
        assert multiconnect.ready("web") == [True]
