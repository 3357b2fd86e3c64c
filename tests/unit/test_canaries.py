"""What was learned for one target is never sent to another, whatever is edited beside it in the same write."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any, TypeVar

import pytest

from support.builders import CONNECTED, any_targets, at, resource, single
from support.phone_numbers import envelope, response
from support.played import Played
from wahealth.api.credential_source import CredentialSource
from wahealth.api.v1alpha1 import Tls
from wahealth.core.answer import Outcome, Unauthorized, Unreachable
from wahealth.core.signin.flow import LoggedIn, LoginOutcome, Reading
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.credential import Credential, bearer_token
from wahealth.probe.message import Reader, Request
from wahealth.probe.reading import reading_of
from wahealth.probe.trust import Trust, unverified
from wahealth.probe.waweb import ProbeRequest

T = TypeVar("T")
AUTH: dict[str, Any] = {
    "key": {"apiKey": {"secretKeyRef": {"name": "first"}}},
    "token": {"bearerToken": {"secretKeyRef": {"name": "first", "key": "token"}}},
    "login": {"userCredentials": {"secretRef": {"name": "first"}}},
}
WEB: dict[str, Any] = {"workload": {"kind": "StatefulSet", "name": "web"}}
NUMBER: dict[str, Any] = {"target": {"cloud": {"phoneNumberID": "900000000000001"}}}
ELSEWHERE: dict[str, dict[str, Any]] = {
    "another workload": {"target": {"workload": {"kind": "StatefulSet", "name": "other"}}},
    "another port": {"target": {"workload": {"kind": "StatefulSet", "name": "web", "port": 8443}}},
    "another path": {"target": {**WEB, "path": "/elsewhere/v1/health"}},
    "another scheme": {"target": {**WEB, "scheme": "HTTP"}},
    "another trust": {"tls": {"verification": "None"}},
    "another name": {"tls": {"verification": "Full", "serverName": "other"}},
}


class Secrets(Played):
    """In each Secret stands something that begins with its name."""

    async def secret(self, namespace: str, source: CredentialSource, labelled: bool = False) -> Reading[Credential]:
        return reading_of(source.kind, [f"{source.secret}-{entry}-canary".encode() for entry in source.entries])

    async def trust(self, entry: ResourceEntry, tls: Tls | None) -> Trust:
        return unverified()


class Listening(Prober):
    """Notes all that is sent; takes nothing that it does not `take`."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Credential | None] = []
        self.takes: set[Credential | None] | None = None

    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        self.sent.append(probe_request.credential)
        taken = self.takes is None or probe_request.credential in self.takes
        return ProbeResponse(single(CONNECTED) if taken else Unauthorized())

    async def exchange(self, request: Request, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        """A number of the Cloud API, which rejects the token: the header is noted as the credential that it is."""
        said = next(value for name, value in request.headers if name == "Authorization")
        self.sent.append(bearer_token(said.removeprefix("Bearer ").encode()))
        return ProbeResponse(await read(response(401, envelope(190))))

    async def log_in(self, probe_request: ProbeRequest) -> ProbeResponse[LoginOutcome[Credential]]:
        self.sent.append(probe_request.credential)
        return ProbeResponse(LoggedIn(bearer_token(b"given-by-a-login")) if self.takes is None else Unauthorized())


def sent(before: dict[str, Any], *after: dict[str, Any], takes_old: bool = False) -> tuple[set[Any], list[Any]]:
    """What was sent before the edits, and with them. From then on what was sent before is taken or nothing is."""
    inventory = Inventory()
    for name, address in (("web", "10.0.0.1"), ("other", "10.0.0.2")):
        inventory.workloads["StatefulSet"].put({"metadata": {"namespace": "acme", "name": name, "uid": name}})
        owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": name, "controller": True}
        pod = {"namespace": "acme", "name": f"{name}-0", "ownerReferences": [owner]}
        inventory.pods.put({"metadata": pod, "status": {"phase": "Running", "podIP": address}})
    prober = Listening()
    targets = any_targets(inventory, lookup=lambda _: ["192.0.2.1"])
    gatherer = Gatherer(inventory, targets, Secrets(), prober)
    entry = entry_of(resource(**({"target": WEB} | before)))

    async def story() -> tuple[set[Any], list[Any]]:
        await gatherer.facts(entry, at(0))
        old = set(prober.sent)
        prober.sent, prober.takes = [], old if takes_old else set()
        for number, edit in enumerate(after, 2):
            document = resource(generation=number, version=str(number), **({"target": WEB} | before | edit))
            entry.renew(document)
            await gatherer.facts(entry, at(30.0 * number))
        return old, prober.sent

    return asyncio.run(story())


@pytest.mark.parametrize("before", list(AUTH))
def test_an_edit_to_a_number_of_the_cloud_api_takes_no_credential_along(before: str) -> None:
    old, new = sent(named("first", before), named("second", "token") | NUMBER)
    assert new
    assert not old & set(new)


@pytest.mark.parametrize("after", list(AUTH))
def test_nor_does_an_edit_from_a_number(after: str) -> None:
    old, new = sent(named("first", "token") | NUMBER, named("second", after) | {"target": WEB})
    assert old
    assert new
    assert not old & set(new)


def named(secret: str, kind: str) -> dict[str, Any]:
    """Signed in with the Secret of that name."""
    (how, inner), *_ = AUTH[kind].items()
    (ref, of), *_ = inner.items()
    return {"auth": {how: {ref: of | {"name": secret}}}}


@pytest.mark.parametrize("edit", list(ELSEWHERE.values()), ids=list(ELSEWHERE))
@pytest.mark.parametrize(("before", "after"), list(itertools.product(AUTH, AUTH)))
def test_target_and_reference_in_one_write(before: str, after: str, edit: dict[str, Any]) -> None:
    old, new = sent(named("first", before), named("second", after) | edit)
    assert new
    assert not old & set(new)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(AUTH, 2)))
def test_another_kind_for_the_same_target_is_no_rotation(before: str, after: str) -> None:
    old, new = sent(named("first", before), named("second", after))
    assert new
    assert not old & set(new)


@pytest.mark.parametrize("edit", list(ELSEWHERE.values()), ids=list(ELSEWHERE))
def test_nor_when_the_spec_comes_back_to_the_first_target(edit: dict[str, Any]) -> None:
    """What was learned there is forgotten by then."""
    old, new = sent(named("first", "key"), named("second", "key") | edit, named("second", "key"))
    assert len(new) == 2
    assert not old & set(new)


def test_another_name_for_the_same_target_is_a_rotation() -> None:
    old, new = sent(named("first", "key"), named("second", "key"), takes_old=True)
    assert len(new) == 2
    assert new[0] not in old
    assert new[1] in old


SHOWING: dict[str, Any] = {"tls": {"verification": "Full", "clientCertificateRef": {"name": "own"}}}
ANOTHER: dict[str, Any] = {"tls": {"verification": "Full", "clientCertificateRef": {"name": "another"}}}


def test_another_client_certificate_for_the_same_target_is_a_rotation_too() -> None:
    old, new = sent(named("first", "key") | SHOWING, named("second", "key") | ANOTHER, takes_old=True)
    assert new[1] in old


@pytest.mark.parametrize("edit", list(ELSEWHERE.values()), ids=list(ELSEWHERE))
@pytest.mark.parametrize("shown", [SHOWING, ANOTHER], ids=["the same certificate", "another certificate"])
def test_a_client_certificate_makes_another_target_no_better_known(shown: dict[str, Any], edit: dict[str, Any]) -> None:
    now = shown | edit
    if "tls" in edit:
        now["tls"] = shown["tls"] | edit["tls"]
    old, new = sent(named("first", "key") | SHOWING, named("second", "key") | now)
    assert new
    assert not old & set(new)


@pytest.mark.parametrize("kind", ["token", "login"])
def test_of_tokens_and_logins_none_is_held(kind: str) -> None:
    old, new = sent(named("first", kind), named("second", kind), takes_old=True)
    assert not old & set(new)


@pytest.mark.parametrize("spec", [named("first", "key"), named("first", "login"), {"tls": {"verification": "None"}}])
def test_no_key_of_waweb_goes_to_the_cloud_api_although_no_rule_of_the_schema_is_there(spec: dict[str, Any]) -> None:
    document = resource(**(named("first", "token") | spec | NUMBER))
    entry = entry_of(document)
    assert entry.spec is None
    assert entry.invalid is not None
    assert entry.invalid.reason == "InvalidSpec"
