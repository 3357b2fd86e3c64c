"""What a settled round rests on is read again when it is due, and must say what it said."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from support.builders import resource
from support.played import Played
from wahealth.core.references import ca_not_found
from wahealth.core.signin.flow import Reading
from wahealth.core.signin.keys import KeyRing
from wahealth.core.status import Finding
from wahealth.kube.apiserver.api import ApiUnavailable
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.lane.rereading import Rereading
from wahealth.kube.records import Cached
from wahealth.probe.credential import Credential, api_key
from wahealth.probe.trust import Trust, unverified

KEY = Reading(api_key(b"a-key-of-enough-characters"))
HELD, OTHER = unverified(), unverified()
AWAY = ApiUnavailable("away")


class Said(Played):
    """What Secret and CA say now."""

    def __init__(self, secret: Reading[Credential] = KEY, trust: Trust | Finding | ApiUnavailable = HELD) -> None:
        super().__init__()
        self._secret_says, self._ca_says = secret, trust

    def known_at(self, *_: object) -> None:
        return None

    async def secret(self, *_: object) -> Reading[Credential]:
        return self._secret_says

    async def trust(self, entry: ResourceEntry, _: object) -> Trust | Finding:
        if isinstance(self._ca_says, ApiUnavailable):
            raise self._ca_says
        entry.probe.trust = None if isinstance(self._ca_says, Finding) else Cached(self._ca_says, float("inf"))
        return self._ca_says


def entry_due(secret: bool = True, trust: bool = True) -> ResourceEntry:
    entry, later = entry_of(resource()), time.monotonic() + 3600
    entry.probe.reading = KEY
    entry.probe.signin = KeyRing(current=KEY.secret, read_again=0.0 if secret else later)
    entry.probe.trust = Cached(HELD, 0.0 if trust else later)
    return entry


@pytest.mark.parametrize(("secret", "trust"), [(True, True), (True, False), (False, True), (False, False)])
def test_either_is_due_by_its_own_time(secret: bool, trust: bool) -> None:
    assert Rereading(Said()).is_due(entry_due(secret, trust), time.monotonic()) is (secret or trust)


@pytest.mark.parametrize(
    ("said", "same"),
    [
        (Said(), True),
        (Said(secret=Reading(api_key(b"another-key-of-enough-characters"))), False),
        (Said(trust=OTHER), False),
        (Said(trust=ca_not_found("Secret", "ca")), False),
        (Said(trust=AWAY), False),
    ],
    ids=["the same", "another key", "another CA", "no CA", "the API server is away"],
)
def test_all_must_say_what_it_said(said: Said, same: bool) -> None:
    entry, rereading = entry_due(), Rereading(said)
    now = time.monotonic()
    assert asyncio.run(rereading.says_the_same(entry, now)) is same
    if same:
        assert not rereading.is_due(entry, now)


def test_a_ca_that_is_due_has_no_secret_read_that_is_known() -> None:
    class Known(Said):
        def known_at(self, *_: object) -> float:  # type: ignore[override]
            return time.monotonic()

        async def secret(self, *_: object) -> Reading[Credential]:
            raise AssertionError("it is known")

    entry = entry_due()
    assert asyncio.run(Rereading(Known()).says_the_same(entry, time.monotonic()))
    assert entry.probe.signin is not None
    assert entry.probe.signin.read_again > time.monotonic()


def test_a_spec_that_changes_meanwhile_makes_the_round_an_ordinary_one() -> None:
    entry = entry_due()

    class Meanwhile(Said):
        async def trust(self, *given: Any) -> Trust | Finding:
            entry.renew(resource(generation=2, version="2"))
            entry.probe.trust = Cached(HELD, float("inf"))
            return HELD

    assert not asyncio.run(Rereading(Meanwhile()).says_the_same(entry, time.monotonic()))


def test_a_secret_that_says_something_new_is_read_again_unless_that_is_taken_up() -> None:
    entry = entry_due(secret=False)
    entry.probe.secret_read(KEY)
    assert entry.probe.signin is not None
    assert entry.probe.signin.read_again > 0
    entry.probe.secret_read(Reading(api_key(b"another-key-of-enough-characters")))
    assert entry.probe.signin.read_again == float("-inf")
