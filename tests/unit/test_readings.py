"""When a Secret need not be read again, and that nobody believes it for longer than if it were."""

from __future__ import annotations

import random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.builders import at
from wahealth.api.credential_source import CredentialSource
from wahealth.core.instant import LONG_AGO
from wahealth.core.signin.flow import Authenticator, Reading
from wahealth.core.signin.keys import KeyRing
from wahealth.core.signin.kinds import Kind
from wahealth.kube.inventory.keys import Key
from wahealth.kube.readings import Known, Place, Readings
from wahealth.probe.credential import Credential, api_key

PLACE = Place("acme", CredentialSource(Kind.API_KEY, "k", ("WA_API_KEY",)), labelled=False)
SAID = Reading(api_key(b"a-key-of-enough-characters"))
ANOTHER = Reading(api_key(b"another-key-of-enough-characters"))
REFRESH = 300.0


class Watch:
    """Shows one version of the Secret."""

    def __init__(self, version: str, heard: float) -> None:
        self.version, self.heard = version, heard

    def shown(self, key: Key, version: str) -> float:
        return self.heard if (key, version) == (("acme", "k"), self.version) else LONG_AGO


def known(read: float, reading: Reading[Credential], now: float, watch: Watch | None = None) -> float | None:
    """What is known at `now` after a reading of version 7 at `read`."""
    readings = Readings(REFRESH, watch.shown) if watch else Readings(REFRESH)
    readings.note(PLACE, Known(SAID, (("k", "7"),), read))
    return readings.known_at(PLACE, reading, now)


def test_what_another_resource_has_just_read_counts() -> None:
    assert known(1000, SAID, 1149) == 1000


def test_it_counts_for_half_the_time_after_which_a_secret_is_read_again() -> None:
    assert known(1000, SAID, 1150) is None


def test_whoever_holds_something_else_reads_it() -> None:
    assert known(1000, ANOTHER, 1001) is None


def test_where_nothing_was_read_nothing_is_known() -> None:
    assert Readings(REFRESH).known_at(PLACE, SAID, 0) is None


def test_a_version_that_the_watch_still_shows_counts_as_read() -> None:
    assert known(1000, SAID, 9000, Watch("7", heard=8990)) == 8990


@pytest.mark.parametrize("watch", [Watch("8", heard=8990), Watch("7", heard=8850)], ids=["another version", "silent"])
def test_a_watch_counts_only_for_what_it_shows_and_while_it_is_heard(watch: Watch) -> None:
    assert known(1000, SAID, 9000, watch) is None


def test_of_two_secrets_both_must_be_shown() -> None:
    readings = Readings(REFRESH, Watch("7", heard=8990).shown)
    readings.note(PLACE, Known(SAID, (("k", "7"), ("app", "7")), 1000))
    assert readings.known_at(PLACE, SAID, 9000) is None


def test_what_nobody_asks_for_any_more_is_dropped() -> None:
    readings = Readings(REFRESH)
    for number in range(10_000):
        readings.note(PLACE._replace(namespace=f"n{number}"), Known(SAID, (), float(number)))
    assert len(readings._known) <= 2 * REFRESH


class Resource(NamedTuple):
    signin: Authenticator[Credential]
    known: float  # when the Secret last said what it holds


class World:
    """Resources of one Secret that never changes, each with a round a period."""

    def __init__(self, resources: int, seed: int) -> None:
        self.readings, self.random = Readings(REFRESH), random.Random(seed)
        self.resources = [Resource(KeyRing(), 0.0) for _ in range(resources)]
        self.reads = 0

    def round(self, one: Resource, now: float) -> Resource:
        """As `ProbeRun` does it."""
        signin, refresh = one.signin, REFRESH * self.random.uniform(0.5, 1.5)
        if not signin.is_due(at(now)):
            return one
        shared = self.readings.known_at(PLACE, SAID, now) if signin.is_due_by_time(at(now)) else None
        if shared is not None:
            return Resource(signin.confirmed(shared, refresh), shared)
        self.reads += 1
        self.readings.note(PLACE, Known(SAID, (("k", "7"),), now))
        return Resource(signin.confirmed(now, refresh), now)


@given(st.integers(1, 30), st.integers(0, 1000), st.sampled_from([7.0, 30.0, 100.0]))
def test_no_reading_is_believed_for_longer_and_no_secret_is_read_more_often(
    count: int, seed: int, period: float
) -> None:
    world, rounds = World(count, seed), int(3600 // period)
    for turn in range(rounds):
        now = turn * period
        world.resources = [world.round(one, now) for one in world.resources]
        assert all(now - one.known <= 1.5 * REFRESH + period for one in world.resources)
    assert world.reads - count <= 3600 / (REFRESH / 2)
