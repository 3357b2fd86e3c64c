"""Rounds of numbers that share a token, through the gatherer: within the budget, and the state says so."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import pytest

from support.builders import Story, any_targets, at, condition_of, resource
from support.phone_numbers import body, response
from support.played import Played
from wahealth.api.credential_source import CredentialSource
from wahealth.api.v1alpha1 import Tls
from wahealth.core.answer import Unreachable
from wahealth.core.cloud.quota import AT_ONCE, Quota
from wahealth.core.cloud.wanted import Provider
from wahealth.core.signin.flow import Reading
from wahealth.core.status import ConditionType
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.credential import Credential, bearer_token
from wahealth.probe.message import Reader, Request
from wahealth.probe.trust import Trust, unverified

T = TypeVar("T")
PERIOD = 300


class Secrets(Played):
    """One token for all."""

    async def secret(self, namespace: str, source: CredentialSource, labelled: bool = False) -> Reading[Credential]:
        return Reading(bearer_token(b"an-invented-token"))

    async def trust(self, entry: ResourceEntry, tls: Tls | None) -> Trust:
        return unverified()


class Counting(Prober):
    """Every number may send; counts the requests about one."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def exchange(self, request: Request, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        if "/debug_token?" in request.target:
            return ProbeResponse(await read(response(200, b'{"data": {"is_valid": true}}')))
        self.asked += 1
        return ProbeResponse(await read(response(200, body())))


def number(name: str, namespace: str = "acme") -> ResourceEntry:
    target = {"cloud": {"phoneNumberID": f"9000{name}"}}
    auth = {"bearerToken": {"secretKeyRef": {"name": "t", "key": "token"}}}
    return entry_of(resource(name, namespace, target=target, auth=auth, probe={"periodSeconds": PERIOD}))


def played(numbers: int, rounds: int, namespaces: int = 1) -> tuple[Counting, list[Story], list[ResourceEntry]]:
    """That many numbers, each with so many rounds, a period apart."""
    inventory, prober = Inventory(), Counting()
    targets = any_targets(inventory, lookup=lambda _: ["192.0.2.1"])
    gatherer = Gatherer(inventory, targets, Secrets(), prober, {Provider.GRAPH: Quota()})
    entries = [number(str(n), f"team-{n % namespaces}") for n in range(numbers)]
    stories = [Story() for _ in entries]

    async def story() -> None:
        began = asyncio.get_running_loop().time()
        for turn in range(rounds):
            for entry, one in zip(entries, stories, strict=True):
                now = at(began + turn * PERIOD)
                one.seconds = now.monotonic
                one.round(await gatherer.facts(entry, now))
                entry.probe.retry_after = {  # the loop's own clock stands still meanwhile
                    host: held for host, held in entry.probe.retry_after.items() if held.until > now.monotonic + PERIOD
                }

    asyncio.run(story())
    return prober, stories, entries


def test_a_few_numbers_are_asked_in_each_round() -> None:
    prober, stories, entries = played(3, 4)
    assert prober.asked == 12
    assert all(condition_of(story.written, ConditionType.READY)[0] == "True" for story in stories)
    assert {entry.probe.pace for entry in entries} == {PERIOD}


@pytest.mark.parametrize("namespaces", [1, 60])
def test_many_numbers_wait_for_their_turn_and_say_so(namespaces: int) -> None:
    """Also if each has a Secret of its own with the same token."""
    prober, stories, _ = played(60, 1, namespaces)
    assert 0.9 * AT_ONCE - 1 <= prober.asked <= AT_ONCE + 1  # what is looked at besides them costs a tenth
    waiting = [story for story in stories if not story.written.nodes]
    assert len(waiting) == 60 - prober.asked
    reasons = {condition_of(story.written, ConditionType.REACHABLE) for story in waiting}
    assert reasons == {("Unknown", "NotProbedYet")}


def test_the_status_says_how_often_a_number_is_really_asked() -> None:
    _, stories, entries = played(60, 8)
    assert {entry.probe.pace for entry in entries} == {1800.0}  # 60 numbers, 140 requests an hour, by periods of 300 s
    said = [story.written.cloud.period_seconds for story in stories if story.written.cloud]
    assert 1800 in said


def test_edits_in_a_loop_send_no_request_a_piece() -> None:
    """The vendor's own host is asked once in a minute at most, however often a Secret is written."""
    inventory, prober = Inventory(), Counting()
    gatherer = Gatherer(
        inventory, any_targets(inventory, lookup=lambda _: ["192.0.2.1"]), Secrets(), prober, {Provider.GRAPH: Quota()}
    )
    entry = number("1")
    entry.cloud_floors = {Provider.GRAPH: 60.0}

    async def story() -> None:
        began = asyncio.get_running_loop().time()
        for turn in range(50):
            entry.secret_changed("t")
            await gatherer.facts(entry, at(began + turn))

    asyncio.run(story())
    assert prober.asked == 1
