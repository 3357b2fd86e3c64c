"""A kind of workloads that we may not list holds up nobody: its pods are asked, and who needs more is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import looptime
import pytest

from support.builders import any_targets, resource
from wahealth.core.instant import Instant
from wahealth.core.status import Finding
from wahealth.kube.apiserver.api import ApiError
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.inventory.keys import WorkloadRef
from wahealth.kube.inventory.kinds import BASIC, KINDS
from wahealth.kube.targets import ResolvedTarget
from wahealth.telemetry import metrics

Object = dict[str, Any]
WEB = WorkloadRef("acme", "StatefulSet", "web")
ON_CHANGE = {"apiKeyRotation": {"restartPolicy": "OnChange"}}


class Server:
    """An API server that lists what is in `there`, by a collection's path, and may `refuse` some of them."""

    def __init__(self, *refuse: str) -> None:
        self.refuse = set(refuse)
        self.absent: set[str] = set()
        self.there: dict[str, list[Object]] = {}

    async def read(self, path: str, **_: object) -> Object:
        if path in self.refuse:
            raise ApiError(403, "Forbidden")
        if path in self.absent:
            raise ApiError(404, "NotFound")
        return {"metadata": {"resourceVersion": "1"}, "items": self.there.get(path, [])}

    async def watch(self, _: str, **__: object) -> AsyncIterator[Object]:
        await asyncio.sleep(3600)
        yield {}


def path_of(kind: str, namespace: str = "") -> str:
    within = f"namespaces/{namespace}/" if namespace else ""
    return f"/apis/apps/v1/{within}{KINDS[kind].plural}"


class World:
    """What is known of a server after some time; the clock is a fake one."""

    def __init__(
        self, server: Server, namespaces: tuple[str, ...], inventory: Inventory, runner: asyncio.Runner
    ) -> None:
        self.server = server
        self.inventory = inventory
        self._runner = runner
        self._synced = asyncio.Event()
        self._keeping = self._begun(namespaces)

    def _begun(self, namespaces: tuple[str, ...]) -> asyncio.Task[None]:
        keep = self.inventory.run(self.server, self._synced, namespaces=namespaces)  # type: ignore[arg-type]

        async def begin() -> asyncio.Task[None]:
            return asyncio.create_task(keep)

        return self._runner.run(begin())

    def after(self, seconds: float) -> bool:
        """Whether it may begin to ask, after so many seconds more."""
        self._runner.run(asyncio.sleep(seconds))
        assert not self._keeping.done()
        return self._synced.is_set()

    def located(self, entry: ResourceEntry) -> ResolvedTarget | Finding:
        assert entry.spec is not None
        return self._runner.run(any_targets(self.inventory).resolve(entry, entry.spec))


@contextmanager
def world(
    *refuse: str,
    pods: int = 0,
    namespaces: tuple[str, ...] = (),
    kinds: frozenset[str] = frozenset(),
    absent: tuple[str, ...] = (),
) -> Iterator[World]:
    """With a StatefulSet `web` of so many pods; `kinds` by option, and paths that are `absent`."""
    server = Server(*refuse)
    server.absent |= set(absent)
    within = f"namespaces/{namespaces[0]}/" if namespaces else ""
    metadata = {"namespace": "acme", "name": "web", "uid": "w", "generation": 1}
    server.there[f"/apis/apps/v1/{within}statefulsets"] = [{"metadata": metadata, "spec": {}}]
    server.there[f"/api/v1/{within}pods"] = [pod(number) for number in range(pods)]
    with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=0, end=10_000)) as runner:
        yield World(server, namespaces, Inventory(kinds=kinds), runner)


def pod(number: int) -> Object:
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "controller": True}
    metadata = {"namespace": "acme", "name": f"web-{number}", "ownerReferences": [owner]}
    return {"metadata": metadata, "status": {"phase": "Running", "podIP": f"10.0.0.{number}"}}


def of_web(**more: Any) -> ResourceEntry:
    return entry_of(resource(target={"workload": {"kind": "StatefulSet", "name": "web"}}, **more))


@pytest.mark.parametrize("kind", sorted(BASIC))
def test_a_kind_that_may_not_be_listed_holds_up_nobody(kind: str) -> None:
    with world(path_of(kind)) as now:
        assert now.after(1)
        assert [each for each in KINDS if now.inventory.may_not_list(WEB._replace(kind=each))] == [kind]


ROLLOUTS = KINDS["Rollout"].path


def of_rollout() -> ResourceEntry:
    return entry_of(resource(target={"workload": {"kind": "Rollout", "name": "web"}}))


def test_a_kind_by_option_that_nobody_wants_is_not_looked_at_and_says_how() -> None:
    with world() as now:
        assert now.after(1)
        found = now.located(of_rollout())
        assert isinstance(found, Finding)
        assert found.message == (
            "Rollout web cannot be looked up, because the operator does not watch Rollouts: start it with "
            "--watch-workloads Rollout, or name waweb's Service in spec.target.service."
        )


def test_one_that_the_cluster_does_not_have_holds_up_nobody_and_is_asked_for_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with world(kinds=frozenset({"Rollout"}), absent=(ROLLOUTS,)) as now, caplog.at_level("INFO"):
        assert now.after(1)
        found = now.located(of_rollout())
        assert isinstance(found, Finding)
        assert found.message.startswith("Rollout web does not exist, because this cluster has no Rollouts: correct")
        assert not now.inventory.may_not_list(WEB._replace(kind="Rollout"))
        now.after(500)
        said = [one.message for one in caplog.records if "rollouts" in str(vars(one).get("path"))]
        assert said == ["kind not served by the API server"]
        metadata = {"namespace": "acme", "name": "web", "uid": "w", "generation": 1}
        now.server.absent.clear()
        now.server.there[ROLLOUTS] = [{"metadata": metadata, "spec": {}}]
        now.after(700)
        assert isinstance(now.located(of_rollout()), ResolvedTarget)


@pytest.mark.parametrize("path", ["/api/v1/pods", "/api/v1/services"])
def test_a_kind_that_is_needed_is_never_absent(path: str) -> None:
    with world(absent=(path,)) as now:
        assert not now.after(300)


@pytest.mark.parametrize("path", ["/api/v1/pods", "/api/v1/services"])
def test_without_pods_or_services_nothing_begins(path: str) -> None:
    with world(path) as now:
        assert not now.after(300)
        now.server.refuse.clear()
        assert now.after(31)


def test_its_pods_are_asked_all_the_same() -> None:
    with world(path_of("StatefulSet"), pods=2) as now:
        assert now.after(1)
        found = now.located(of_web())
        assert isinstance(found, ResolvedTarget)
        assert sorted(found.targets) == ["web-0", "web-1"]


def test_where_there_is_none_it_says_what_is_missing() -> None:
    with world(path_of("StatefulSet")) as now:
        assert now.after(1)
        found = now.located(of_web())
        assert isinstance(found, Finding)
        assert found.reason == "TargetNotFound"
        assert "give the operator the right to list and watch StatefulSets" in found.message


def test_it_is_known_within_half_a_minute_of_the_right() -> None:
    with world(path_of("StatefulSet")) as now:
        assert now.after(300)
        now.server.refuse.clear()
        now.after(31)
        assert not now.inventory.may_not_list(WEB)
        assert isinstance(now.located(of_web()), ResolvedTarget)


def test_a_right_that_is_taken_away_takes_nothing_that_is_known() -> None:
    with world() as now:
        assert now.after(1)
        now.server.refuse.add(path_of("StatefulSet"))
        now.after(2000)
        assert not now.inventory.may_not_list(WEB)
        assert isinstance(now.located(of_web()), ResolvedTarget)


def test_where_namespaces_are_watched_each_is_a_matter_of_its_own() -> None:
    with world(path_of("StatefulSet", "other"), namespaces=("acme", "other")) as now:
        assert now.after(1)
        assert not now.inventory.may_not_list(WEB)
        assert now.inventory.may_not_list(WEB._replace(namespace="other"))


def test_what_cannot_be_seen_is_not_restarted_and_says_why() -> None:
    with world(path_of("StatefulSet"), pods=1) as now:
        assert now.after(1)
        entry = of_web(**ON_CHANGE)
        assert entry.spec is not None
        gatherer = Gatherer(now.inventory, targets=None, references=None, prober=None)  # type: ignore[arg-type]
        found = gatherer._web_workload(entry, entry.spec, {"web-0"}, Instant(0.0, datetime(2026, 1, 1, tzinfo=UTC)))
        assert found is not None
        assert found.blocker == (
            "The operator may not list StatefulSets: give it that right, or restart StatefulSet web by hand."
        )


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    metrics.watch_refused.clear()


def refused(namespace: str) -> tuple[str, ...]:
    within = f"/api/v1/namespaces/{namespace}"
    return (f"{within}/pods", f"{within}/services", *(path_of(kind, namespace) for kind in KINDS))


def told() -> set[tuple[str, str]]:
    """What the metric shows as refused: namespaces, and what of."""
    samples = [sample for family in metrics.watch_refused.collect() for sample in family.samples]
    return {(sample.labels["namespace"], sample.labels["resource"]) for sample in samples if sample.value}


def test_a_namespace_without_rights_does_not_stop_the_others() -> None:
    with world(*refused("beta"), pods=1, namespaces=("acme", "beta")) as now:
        assert now.after(1)
        assert isinstance(now.located(of_web()), ResolvedTarget)
        assert {("beta", "pods"), ("beta", "services"), ("beta", "daemonsets")} <= told()
        now.server.refuse.clear()
        now.after(31)
        assert not told()


def test_there_it_says_what_is_missing() -> None:
    with world(*refused("acme"), pods=1, namespaces=("acme", "beta")) as now:
        assert now.after(1)
        found = now.located(of_web())
        assert isinstance(found, Finding)
        assert "The pods of StatefulSet web cannot be looked up" in found.message
        now.server.refuse.clear()
        now.after(31)
        assert isinstance(now.located(of_web()), ResolvedTarget)


def test_without_any_namespace_nothing_begins() -> None:
    with world(*refused("acme"), *refused("beta"), namespaces=("acme", "beta")) as now:
        assert not now.after(300)
        now.server.refuse = set(refused("beta"))
        assert now.after(31)


def test_later_the_others_go_on_and_what_is_known_stays() -> None:
    with world(pods=1, namespaces=("acme", "beta")) as now:
        assert now.after(1)
        now.server.refuse = set(refused("acme"))
        now.after(700)  # so that all was to be listed anew
        assert ("acme", "pods") in told()
        assert isinstance(now.located(of_web()), ResolvedTarget)
        now.server.refuse.clear()
        now.after(31)
        assert not told()


def test_no_deployment_config_is_restarted() -> None:
    with world(kinds=frozenset({"DeploymentConfig"})) as now:
        assert now.after(1)
        target = {"workload": {"kind": "DeploymentConfig", "name": "web"}}
        entry = entry_of(resource(target=target, apiKeyRotation=ON_CHANGE["apiKeyRotation"]))
        assert entry.spec is not None
        gatherer = Gatherer(now.inventory, targets=None, references=None, prober=None)  # type: ignore[arg-type]
        found = gatherer._web_workload(entry, entry.spec, {"web-0"}, Instant(0.0, datetime(2026, 1, 1, tzinfo=UTC)))
        assert found is not None
        assert found.blocker == "The operator restarts no DeploymentConfig: restart DeploymentConfig web by hand."
