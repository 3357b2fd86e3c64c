"""A pause that the Cloud API asks for is one token's, although all numbers have one host."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import looptime
import pytest

from support.builders import CONNECTED, any_targets, at, resource, single
from support.phone_numbers import envelope, response
from support.played import Played
from wahealth.api.credential_source import CredentialSource
from wahealth.api.v1alpha1 import Tls
from wahealth.core.answer import Outcome, Unreachable
from wahealth.core.signin.flow import Reading
from wahealth.core.status import Status
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.process.client_metrics import ClientSample, probe_period
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.credential import Credential
from wahealth.probe.message import Reader, Request
from wahealth.probe.reading import reading_of
from wahealth.probe.trust import Trust, unverified
from wahealth.probe.waweb import ProbeRequest

T = TypeVar("T")
UNTIL = (datetime.now(UTC) + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Secrets(Played):
    async def secret(self, namespace: str, source: CredentialSource, labelled: bool = False) -> Reading[Credential]:
        return reading_of(source.kind, [f"{source.secret}-of-enough-characters".encode() for _ in source.entries])

    async def trust(self, entry: ResourceEntry, tls: Tls | None) -> Trust:
        return unverified()


class Throttling(Prober):
    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def exchange(self, request: Request, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        self.asked += 1
        usage = '{"1": [{"estimated_time_to_regain_access": 1440}]}'
        return ProbeResponse(await read(response(400, envelope(4), x_business_use_case_usage=usage)))

    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        self.asked += 1
        return ProbeResponse(single(CONNECTED))


def spec(number: str = "1", secret: str = "first", **more: Any) -> dict[str, Any]:
    auth = {"bearerToken": {"secretKeyRef": {"name": secret, "key": "token"}}}
    return {"target": {"cloud": {"phoneNumberID": number}}, "auth": auth, **more}


WEB = spec(target={"workload": {"kind": "StatefulSet", "name": "web"}})


def asked(prober: Throttling, *specs: dict[str, Any], status: dict[str, Any] | None = None) -> int:
    """How often in one round of each of these specs; `status`: what is written before the last of them."""
    inventory = Inventory()
    inventory.workloads["StatefulSet"].put({"metadata": {"namespace": "acme", "name": "web", "uid": "w"}})
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "controller": True}
    pod = {"namespace": "acme", "name": "web-0", "ownerReferences": [owner]}
    inventory.pods.put({"metadata": pod, "status": {"phase": "Running", "podIP": "10.0.0.1"}})
    targets = any_targets(inventory, lookup=lambda _: ["192.0.2.1"])
    gatherer = Gatherer(inventory, targets, Secrets(), prober)
    documents = [resource(generation=n, version=str(n), **one) for n, one in enumerate(specs, 1)]
    entry = entry_of({**documents[0], "status": status or {}})

    async def story() -> int:
        for number, document in enumerate(documents):
            entry.renew(document)
            await gatherer.facts(entry, at(300.0 * number))
        return prober.asked

    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        return runner.run(story())


def test_a_number_that_is_throttled_is_left_alone() -> None:
    assert asked(Throttling(), spec(), spec(grace={"connectingSeconds": 5})) == 1


def test_another_token_is_asked_with_at_once() -> None:
    assert asked(Throttling(), spec(), spec(secret="second")) == 2


def test_another_number_of_the_same_token_is_left_alone() -> None:
    """Both count in one quota, and asking on prolongs a throttle."""
    assert asked(Throttling(), spec(), spec("2")) == 1


def written(generation: int) -> dict[str, Any]:
    return {
        "gateway": "Connected",
        "observedGeneration": generation,
        "cloud": {"graphVersion": "v26.0", "throttledUntilTime": UNTIL},
    }


def test_a_new_process_honours_what_is_written() -> None:
    assert asked(Throttling(), spec(), status=written(1)) == 0


@pytest.mark.parametrize(("now", "generation"), [(spec(), 7), (WEB, 1), (WEB, 7)])
def test_but_not_for_a_target_that_it_is_not_about(now: dict[str, Any], generation: int) -> None:
    """Pods were given an answer of the Cloud API, which ended each of their rounds with a bug."""
    assert asked(Throttling(), now, status=written(generation)) == 1


def test_a_client_that_was_a_number_is_probed_at_its_own_period_and_says_so() -> None:
    entry = entry_of(resource(generation=1, version="1", **spec()))
    entry.probe.pace = 3600.0  # the budget of a token that many numbers share
    entry.renew(resource(generation=2, version="2"))
    assert list(probe_period(ClientSample(Status(), entry))) == [((), entry.timing.period)]
