"""What is found before anybody is asked, and who is not asked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import looptime
import pytest

from support.builders import CONNECTED, any_targets, resource, single
from support.played import Played
from wahealth.api.credential_source import CredentialSource
from wahealth.core.answer import FailureReason, Outcome, Unauthorized, Unreachable
from wahealth.core.facts import Facts
from wahealth.core.instant import Instant
from wahealth.core.restart import WebWorkload
from wahealth.core.signin.flow import Reading
from wahealth.kube.entry import entry_of
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.probe_run import ProbeRun
from wahealth.kube.targets import ProbeTarget, ResolvedTarget
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.credential import Credential, api_key
from wahealth.probe.errors import ObserverFault
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest

OWNER = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "controller": True}
RESOURCE = resource(target={"workload": {"kind": "StatefulSet", "name": "web"}})


def facts(address: str) -> Facts:
    """Of a client whose one web pod claims this address; nothing that could read a key or ask is there."""
    inventory = Inventory()
    metadata = {"namespace": "acme", "name": "web", "uid": "w"}
    inventory.workloads["StatefulSet"].put({"metadata": metadata})
    pod = {"namespace": "acme", "name": "web-0", "ownerReferences": [OWNER]}
    inventory.pods.put({"metadata": pod, "status": {"phase": "Running", "podIP": address}})
    gatherer = Gatherer(inventory, any_targets(inventory), references=None, prober=None)  # type: ignore[arg-type]
    return asyncio.run(gatherer.facts(entry_of(RESOURCE), Instant(0.0, datetime(2026, 1, 1, tzinfo=UTC))))


@pytest.mark.parametrize("address", ["169.254.169.254", "127.0.0.1", "::ffff:169.254.169.254", "fe80::1"])
def test_a_pod_whose_address_no_pod_can_have_is_sent_no_key(address: str) -> None:
    found = facts(address).reference_problem
    assert found is not None
    assert found.reason == "TargetForbidden"
    assert "web-0" in found.message


class Scripted(Prober):
    """Says one outcome after the other, and counts."""

    def __init__(self, *outcomes: Outcome) -> None:
        super().__init__()
        self.left = list(outcomes)

    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        return ProbeResponse(self.left.pop(0))


KEY = api_key(b"a-key-of-enough-characters")


def probe_run(prober: Prober, targets: dict[str, ProbeTarget]) -> ProbeRun:
    entry = entry_of(RESOURCE)
    assert entry.spec is not None
    references: Any = None  # nothing is read
    return ProbeRun(references, prober, entry, entry.spec, ResolvedTarget(targets, {}), HealthEndpoint("", ()))


def asked_at(prober: Scripted, *seconds: float) -> list[Outcome]:
    """What is heard of one pod at these seconds; the period is 30 s."""
    run = probe_run(prober, {"web-0": ProbeTarget("10.0.0.1", ("10.0.0.1",), 443)})

    async def story() -> list[Outcome]:
        heard: list[Outcome] = []
        for second in seconds:
            await asyncio.sleep(second - asyncio.get_running_loop().time())
            heard += (await run._outcomes(("web-0",), KEY)).values()
        return heard

    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        return runner.run(story())


def busy(seconds: float) -> Unreachable:
    return Unreachable(FailureReason.HTTP_STATUS, "HTTP 429", retry_after=seconds)


def test_who_wants_to_be_left_alone_is_left_alone() -> None:
    prober = Scripted(busy(70), Unauthorized())
    assert asked_at(prober, 0, 30, 60, 90) == [busy(70)] * 3 + [Unauthorized()]


def test_but_not_for_more_than_five_periods() -> None:
    prober = Scripted(busy(86_400), Unauthorized())
    assert asked_at(prober, 0, 30, 140, 151) == [busy(0)] * 3 + [Unauthorized()]


class Faulty(Prober):
    """A question to the first address fails by our own fault; how many are under way is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way = 0

    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        self.under_way += 1
        try:
            if probe_request.endpoint.host == "10.0.0.1":
                raise ObserverFault
            await asyncio.sleep(10)
        finally:
            self.under_way -= 1
        return ProbeResponse(Unauthorized())


def test_with_a_fault_of_ours_the_other_questions_end() -> None:
    prober = Faulty()
    targets = {f"web-{n}": ProbeTarget(f"10.0.0.{n}", (f"10.0.0.{n}",), 443) for n in range(3)}
    run = probe_run(prober, targets)

    async def story() -> int:
        with pytest.raises(ObserverFault):
            await run._outcomes(tuple(targets), KEY)
        return prober.under_way

    assert asyncio.run(story()) == 0


def behind(*selected: str, workload: str = "web", scope: str = "EachPod", **more: Any) -> WebWorkload | None:
    """What would be restarted of a client whose target is a Service that selects these pods; the workload has web-0 and
    web-1."""
    inventory = Inventory()
    status: dict[str, Any] = {"currentRevision": "a", "updateRevision": "a"}
    metadata = {"namespace": "acme", "name": "web", "uid": "w"}
    inventory.workloads["StatefulSet"].put({"metadata": metadata, "status": status, **more})
    service = {"selector": {"app": "web"}, "ports": [{"port": 443}]}
    inventory.services.put({"metadata": {"namespace": "acme", "name": "front"}, "spec": service})
    for number, name in enumerate(dict.fromkeys(("web-0", "web-1", *selected))):
        metadata = {"namespace": "acme", "name": name}
        labels = {"app": "web"} if name in selected else {}
        owners = [OWNER] if name.startswith("web") else []
        status = {"phase": "Running", "podIP": f"10.0.0.{number + 1}", "conditions": READY}
        inventory.pods.put({"metadata": {**metadata, "labels": labels, "ownerReferences": owners}, "status": status})
    rotation = {"restartPolicy": "OnChange", "workload": {"kind": "StatefulSet", "name": workload}}
    target = {"service": {"name": "front"}, "scheme": "HTTP", "scope": scope}
    gatherer = Gatherer(inventory, any_targets(inventory), Secret(), Taking())
    entry = entry_of(resource(target=target, apiKeyRotation=rotation))
    return asyncio.run(gatherer.facts(entry, Instant(0.0, datetime(2026, 1, 1, tzinfo=UTC)))).workload


READY = [{"type": "Ready", "status": "True"}]


class Secret(Played):
    async def secret(self, namespace: str, source: CredentialSource, labelled: bool = False) -> Reading[Credential]:
        return Reading(api_key(b"a-key-of-enough-characters"))


class Taking(Prober):
    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        return ProbeResponse(single(CONNECTED))


class TestBehindAService:
    """A workload is restarted whose pods are all asked through the Service."""

    def test_one_whose_pods_are_all_asked(self) -> None:
        assert behind("web-0", "web-1") == WebWorkload("StatefulSet", "web", "w")
        assert behind("web-0", "web-1", "canary") == WebWorkload("StatefulSet", "web", "w")

    @pytest.mark.parametrize(("selected", "why"), [(("web-0",), "pod web-1"), (("other",), "pod web-0")])
    def test_not_one_with_another_pod(self, selected: tuple[str, ...], why: str) -> None:
        found = behind(*selected)
        assert found is not None
        assert f"because its {why} is not probed through Service front: correct" in found.blocker

    def test_not_where_one_pod_alone_is_asked(self) -> None:
        found = behind("web-0", "web-1", scope="Service")
        assert found is not None
        assert "because its pod web-0 is not probed" in found.blocker

    def test_not_one_that_is_not_there_or_has_no_pod(self) -> None:
        found = behind("web-0", workload="other")
        assert found is not None
        assert found.blocker.startswith("StatefulSet other does not exist: correct spec.apiKeyRotation.workload")

    def test_not_one_that_may_hold_a_coreapp(self) -> None:
        container = {"name": "wacore", "image": "coreapp"}
        found = behind("web-0", "web-1", spec={"template": {"spec": {"containers": [container]}}})
        assert found is not None
        assert "may hold a coreapp" in found.blocker
