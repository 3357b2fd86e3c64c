"""A round against somebody else's writes: the double of the API server is these few lines."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from support.builders import CONNECTED, IMMEDIATE, START, any_targets, condition_of, single
from wahealth.api.convert import status_document
from wahealth.api.v1alpha1 import Target
from wahealth.api.v1alpha1.target import Workload
from wahealth.core.answer import FailureReason, PodOutcome, Unreachable
from wahealth.core.control.isolation_detector import Path, Vote
from wahealth.core.facts import Desired, Facts
from wahealth.core.instant import Instant
from wahealth.core.reasons.reason import Reason
from wahealth.core.restart import WebWorkload
from wahealth.core.status import Condition, ConditionStatus, ConditionType, Finding, Status
from wahealth.kube.cluster import Cluster, Conflict, Gone, StatusRejected
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.events import Recorder
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.isolation import IsolationGuard
from wahealth.kube.process.lag import Lag
from wahealth.kube.reconciler import Reconciler, vote_of


def document(uid: str = "uid-1", version: str = "1", generation: int = 1) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "a",
            "namespace": "default",
            "uid": uid,
            "generation": generation,
            "resourceVersion": version,
        },
        "spec": {"target": {"workload": {"name": "web"}}, "auth": {"apiKey": {"secretKeyRef": {"name": "k"}}}},
    }


class Contested(Cluster):
    """Somebody else wrote first, `times` times; a read shows `now`."""

    def __init__(self, times: int, now: dict[str, Any]) -> None:
        self.times = times
        self.now = now
        self.written: list[str] = []

    async def read(self, ref: object) -> dict[str, Any]:
        return self.now

    async def apply_status(self, entry: ResourceEntry, status: dict[str, Any], whole: bool = True) -> str:
        if self.times > 0:
            self.times -= 1
            raise Conflict
        self.written.append(entry.version)
        return "100"


class Silent(Recorder):
    has_room = True

    def __init__(self) -> None:
        pass

    async def post(self, *_: object) -> None:
        pass


def run_round(cluster: Cluster) -> ResourceEntry:
    entry = entry_of(document())
    inventory, recorder = Inventory(), Silent()
    gatherer = Gatherer(inventory, any_targets(inventory), references=None, prober=None)  # type: ignore[arg-type]
    asyncio.run(
        whole_round(Reconciler(gatherer, cluster, recorder, IsolationGuard(recorder, inventory, None), Lag()), entry)
    )
    return entry


async def whole_round(reconciler: Reconciler, entry: ResourceEntry) -> None:
    """With what comes of it."""
    act = await reconciler.reconcile(entry)
    if act is not None:
        await act()


def test_after_a_conflict_it_looks_again_and_writes_onto_what_is_there_now() -> None:
    cluster = Contested(1, document(version="7"))
    assert run_round(cluster).version == "100"
    assert cluster.written == ["7"]


def test_a_recreated_resource_never_gets_the_verdict_of_the_old_one() -> None:
    cluster = Contested(1, document(uid="uid-2", version="7"))
    with pytest.raises(Gone):
        run_round(cluster)
    assert cluster.written == []


def test_a_verdict_on_an_old_generation_is_not_written() -> None:
    cluster = Contested(1, document(version="7", generation=2))
    assert run_round(cluster).generation == 2
    assert cluster.written == []


def test_it_does_not_fight_for_ever() -> None:
    cluster = Contested(1000, document(version="7"))
    run_round(cluster)
    assert (cluster.written, cluster.times) == ([], 997)


class Connected(Gatherer):
    """A client whose answer is good; no pod is asked."""

    def __init__(self) -> None:
        super().__init__(Inventory(), targets=None, references=None, prober=None)  # type: ignore[arg-type]

    async def facts(self, entry: ResourceEntry, now: Instant) -> Facts:
        return Facts(entry.desired, 1, (PodOutcome("web-0", "10.0.0.1", single(CONNECTED)),))


def test_a_resource_that_may_write_onto_no_pod_says_so_in_its_first_round_and_not_once_more() -> None:
    without = document()
    without["spec"]["pods"] = {"roleLabels": "Enabled"}
    gatherer, cluster, recorder, entry = Connected(), Contested(0, without), Silent(), entry_of(without)
    reconciler = Reconciler(gatherer, cluster, recorder, IsolationGuard(recorder, gatherer.inventory, None), Lag())
    for _ in range(3):
        asyncio.run(whole_round(reconciler, entry))
    assert condition_of(entry.written, ConditionType.PODS_CLAIMED) == ("False", "SelectorMissing")
    assert condition_of(entry.written, ConditionType.READY) == ("True", "Available")
    assert len(cluster.written) == 1


class Saying(Gatherer):
    """These outcomes, or this finding for which nobody is asked."""

    def __init__(self, *outcomes: PodOutcome, reference: Finding | None = None) -> None:
        super().__init__(Inventory(), targets=None, references=None, prober=None)  # type: ignore[arg-type]
        self.outcomes, self.reference = outcomes, reference

    async def facts(self, entry: ResourceEntry, now: Instant) -> Facts:
        expected = Desired(thresholds=IMMEDIATE)
        return Facts(expected, entry.generation, self.outcomes, reference_problem=self.reference)


REFUSED = PodOutcome("web-0", "10.0.0.1", Unreachable(FailureReason.CONNECTION_REFUSED))
MISSING = Finding(ConditionStatus.FALSE, Reason.TARGET_NOT_FOUND, "there is none")


@pytest.mark.parametrize(
    ("gather", "told"), [(Saying(REFUSED), False), (Saying(), True), (Saying(reference=MISSING), True)]
)
def test_while_verdicts_are_frozen_what_asks_nobody_is_told(gather: Gatherer, told: bool) -> None:
    """The target is not there, or it has no pods: that is what the API server says."""
    recorder, cluster, entry = Silent(), Contested(0, document()), entry_of(document())
    guard = IsolationGuard(recorder, gather.inventory, None)
    for reached in (True, False):
        for number in range(30):
            vote = Vote(Path.CLUSTER, f"tenant-{number % 5}", f"Deployment/{number}")
            guard.detector.saw(f"uid-of-{number}", vote, reached, time.monotonic(), 30)
    assert guard.detector.isolated(Path.CLUSTER)
    asyncio.run(whole_round(Reconciler(gather, cluster, recorder, guard, Lag()), entry))
    assert bool(cluster.written) is told


@pytest.mark.parametrize(("generation", "lost"), [(1, True), (2, False)])
def test_what_was_reachable_before_is_so_by_the_same_spec(generation: int, lost: bool) -> None:
    """An edit of many resources that leads them all astray is no loss of the network."""
    gatherer, recorder = Saying(REFUSED), Silent()
    guard = IsolationGuard(recorder, gatherer.inventory, None)
    reconciler = Reconciler(gatherer, Contested(0, document()), recorder, guard, Lag())
    reachable = Condition(
        ConditionType.REACHABLE, ConditionStatus.TRUE, Reason.HEALTH_NODE_ANSWERED, "", observed_generation=1
    )

    async def rounds() -> None:
        for number in range(10):
            entry = entry_of(document(uid=f"uid-{number}", generation=generation))
            assert entry.spec is not None
            target = entry.spec.target.model_copy(update={"workload": Workload(name=f"web-{number}")})
            entry.spec = entry.spec.model_copy(update={"target": target})
            entry.written = Status(conditions=(reachable,))
            await reconciler.reconcile(entry)

    asyncio.run(rounds())
    assert guard.detector.isolated(Path.CLUSTER) is lost


@pytest.mark.parametrize(
    ("target", "path", "named"),
    [
        ({"workload": {"name": "web"}}, Path.CLUSTER, "Deployment/web"),
        ({"workload": {"kind": "StatefulSet", "name": "web"}}, Path.CLUSTER, "StatefulSet/web"),
        ({"service": {"name": "web"}}, Path.CLUSTER, "Service/web"),
        ({"url": "https://Web.example.com"}, Path.OUTSIDE, "https://web.example.com"),
        ({"url": "https://web.example.com:443"}, Path.OUTSIDE, "https://web.example.com"),
        ({"url": "https://web.example.com:8443"}, Path.OUTSIDE, "https://web.example.com:8443"),
    ],
)
def test_the_vote_of_a_target(target: dict[str, Any], path: Path, named: str) -> None:
    assert vote_of("acme", "uid", Target.model_validate(target)) == Vote(path, "acme", named)


class Behind(Gatherer):
    """A client whose web pods run the previous key; its workload is never seen to restart, for the watch is behind."""

    def __init__(self) -> None:
        super().__init__(Inventory(), targets=None, references=None, prober=None)  # type: ignore[arg-type]
        metadata = {"name": "web", "namespace": "default", "uid": "w"}
        self.inventory.workloads["Deployment"].put({"metadata": metadata, "spec": {"replicas": 0}})

    async def facts(self, entry: ResourceEntry, now: Instant) -> Facts:
        assert entry.spec is not None
        outcome = PodOutcome("web-0", "10.0.0.1", single(CONNECTED), previous_key=True)
        workload = self._web_workload(entry, entry.spec, {"web-0"}, now)
        expected = Desired(restart_period=300.0)
        return Facts(expected, 1, (outcome,), workload=workload, key_changed=0.0, rotated=START)


class Restarting(Contested):
    """`refuses`: why the API server would not have it."""

    def __init__(self, refuses: str = "") -> None:
        super().__init__(0, document())
        self.refuses = refuses
        self.restarts: list[str] = []

    async def restart(self, entry: ResourceEntry, workload: WebWorkload, now: object) -> str:
        self.restarts.append(workload.uid)
        return self.refuses


@pytest.mark.parametrize("refuses", ["", "The operator may not patch Deployment web."])
def test_a_workload_is_restarted_once_whatever_the_watch_tells(refuses: str) -> None:
    changed = document()
    changed["spec"]["apiKeyRotation"] = {"restartPolicy": "OnChange"}
    gatherer, cluster, recorder = Behind(), Restarting(refuses), Silent()
    reconciler = Reconciler(gatherer, cluster, recorder, IsolationGuard(recorder, gatherer.inventory, None), Lag())
    entries = [entry_of(changed), entry_of(changed)]  # two resources may name the same workload

    async def rounds() -> None:
        for _ in range(4):
            for entry in entries:
                await whole_round(reconciler, entry)

    asyncio.run(rounds())
    assert len(cluster.restarts) == (1 if not refuses else 2)


class Choosy(Cluster):
    """Rejects a status with any of these fields, as with a CRD that does not know them."""

    def __init__(self, *unknown: str) -> None:
        self.unknown = set(unknown)
        self.written: list[dict[str, Any]] = []

    async def apply_status(self, entry: ResourceEntry, status: dict[str, Any], whole: bool = True) -> str:
        if self.unknown & status.keys():
            raise StatusRejected("400 Bad Request")
        self.written.append(status)
        return str(100 + len(self.written))


@pytest.mark.parametrize(
    ("unknown", "says"),
    [
        ([], {"conditions", "connected", "credentials", "endpoints", "history", "mode"}),
        (["endpoints"], {"conditions", "history"}),
        (["endpoints", "history"], {"conditions"}),
        (["conditions"], None),
    ],
)
def test_of_a_rejected_status_the_history_stays_if_it_can(unknown: list[str], says: set[str] | None) -> None:
    """An apply removes what it leaves out."""
    gatherer, cluster, recorder, entry = Connected(), Choosy(*unknown), Silent(), entry_of(document())
    reconciler = Reconciler(gatherer, cluster, recorder, IsolationGuard(recorder, gatherer.inventory, None), Lag())
    for _ in range(2):
        asyncio.run(whole_round(reconciler, entry))
    expected = [] if says is None else [{"gateway", "observedGeneration", *says}]
    assert [set(status) for status in cluster.written] == expected


def test_what_another_leader_wrote_at_the_last_moment_stays_in_the_history() -> None:
    """This one took over what it had seen until then."""
    believed = {"ready": "False", "reason": "Disconnected", "gateway": "Disconnected"}
    seen, missed = ({"time": f"2026-01-01T00:0{minute}:00Z", **believed} for minute in (1, 5))
    missed["reason"] = "Connecting"
    at_first, later = document(), document(version="7")
    at_first["status"], later["status"] = {"history": [seen]}, {"history": [missed, seen]}
    gatherer, cluster, recorder, entry = Connected(), Contested(1, later), Silent(), entry_of(at_first)
    reconciler = Reconciler(gatherer, cluster, recorder, IsolationGuard(recorder, gatherer.inventory, None), Lag())
    asyncio.run(whole_round(reconciler, entry))
    newest, *others = status_document(entry.written)["history"]
    assert (newest["reason"], others) == ("Available", [missed, seen])
    assert entry.state is not None
    assert entry.state.history.packed == entry.written.history
