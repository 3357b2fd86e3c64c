"""More web pods than one round asks: who is asked when, and what the word of one that is not asked is worth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import ceil
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from support.builders import CONNECTED, DISCONNECTED, Story, any_targets, condition_of, resource, single
from wahealth.core.answer import FailureReason, Outcome, PodOutcome, Unauthorized, Unreachable
from wahealth.core.facts import Facts
from wahealth.core.instant import Instant
from wahealth.core.signin.flow import Reading
from wahealth.core.status import ConditionType
from wahealth.core.turns import MOST_ASKED, heard_of, whose_turn
from wahealth.kube.entry import ResourceEntry, entry_of
from wahealth.kube.gatherer import Gatherer
from wahealth.kube.inventory.inventory import Inventory
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.credential import Credential, api_key
from wahealth.probe.waweb import ProbeRequest

OWNER = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "controller": True}
HTTP = {"workload": {"kind": "StatefulSet", "name": "web"}, "scheme": "HTTP"}
SILENT = Unreachable(FailureReason.CONNECTION_REFUSED)
Says = Callable[[int], Outcome]  # of the pod of this number


class Keys:
    """A Secret with a key in it."""

    refresh = 300.0

    def known_at(self, *_: object) -> None: ...

    async def secret(self, *_: object) -> Reading[Credential]:
        return Reading(api_key(b"a-key-of-enough-characters"))


class Fleet(Prober):
    """Says what it is told to say of each pod, and notes who was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.says: Says = lambda _: single(CONNECTED)
        self.asked: list[str] = []

    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        self.asked.append(probe_request.endpoint.host)
        *_, third, fourth = probe_request.endpoint.host.split(".")
        return ProbeResponse(self.says(int(third) * 250 + int(fourth) - 1))


class World:
    """A client of so many web pods, asked as the operator asks."""

    def __init__(self, pods: int) -> None:
        inventory, self.prober = Inventory(), Fleet()
        inventory.workloads["StatefulSet"].put({"metadata": {"namespace": "acme", "name": "web", "uid": "w"}})
        for number in range(pods):
            pod = {"namespace": "acme", "name": f"web-{number:04}", "ownerReferences": [OWNER]}
            address = f"10.0.{number // 250}.{number % 250 + 1}"
            inventory.pods.put({"metadata": pod, "status": {"phase": "Running", "podIP": address}})
        keys: Any = Keys()
        self.gather = Gatherer(inventory, any_targets(inventory), keys, self.prober)
        self.record = entry_of(resource(target=HTTP))
        self.story = Story()

    def restarted(self) -> None:
        self.record, self.story = entry_of(resource(target=HTTP)), self.story.restarted()

    def rounds(self, times: int, says: Says) -> World:
        self.prober.says = says
        for _ in range(times):
            self.story.round(self.facts())
        return self

    def facts(self) -> Facts:
        self.prober.asked.clear()
        now = Instant(self.story.seconds, self.story.wall)
        return asyncio.run(self.gather.facts(self.record, now))

    def says(self, type_: ConditionType) -> tuple[str, str]:
        return condition_of(self.story.written, type_)


def connected(_: int) -> Outcome:
    return single(CONNECTED)


def silent(_: int) -> Outcome:
    return SILENT


numbers = st.integers(0, 999).map(lambda number: f"web-{number:03}")


@given(st.sets(numbers, max_size=300))
def test_each_pod_has_its_turn_once_in_as_many_rounds_as_it_takes(pods: set[str]) -> None:
    last, asked = "", list[str]()
    for _ in range(ceil(len(pods) / MOST_ASKED)):
        turn = whose_turn(pods, last)
        assert len(set(turn)) == len(turn) <= MOST_ASKED
        asked, last = [*asked, *turn], turn[-1]
    assert set(asked) == pods


@given(st.sets(numbers, min_size=MOST_ASKED + 1, max_size=300), numbers, numbers)
def test_the_order_does_not_depend_on_who_comes_or_goes(pods: set[str], last: str, other: str) -> None:
    """One that comes or goes moves the others by one place at most."""
    before, after = whose_turn(pods, last), whose_turn(pods ^ {other}, last)
    assert len(set(before) ^ set(after)) <= 2


def test_eighty_are_asked_in_a_round_and_the_others_keep_what_they_said() -> None:
    world = World(200)
    first = world.facts()
    assert len(world.prober.asked) == len(first.outcomes) == MOST_ASKED
    second = world.facts()
    assert len(world.prober.asked) == MOST_ASKED
    assert [len(second.outcomes), sum(o.asked for o in second.outcomes)] == [160, MOST_ASKED]
    third = world.facts()
    assert [len(third.outcomes), sum(o.asked for o in third.outcomes)] == [200, MOST_ASKED]


def test_up_to_eighty_are_all_asked_and_nothing_is_held() -> None:
    world = World(MOST_ASKED).rounds(3, connected)
    assert len(world.prober.asked) == MOST_ASKED
    assert world.record.probe.heard == {}
    assert world.story.written.condition(ConditionType.PROBING_REDUCED) is None


def test_it_is_told_that_they_are_asked_in_turns() -> None:
    world = World(MOST_ASKED + 1).rounds(10, connected)
    assert world.says(ConditionType.PROBING_REDUCED) == ("True", "TooManyPods")
    assert world.says(ConditionType.READY) == ("True", "Available")
    assert world.story.posted.count("ProbingReduced") == 1
    assert len(world.story.writes) == 1


def test_a_new_process_writes_nothing_because_it_has_not_asked_all_yet() -> None:
    world = World(200).rounds(5, connected)
    world.restarted()
    world.rounds(5, connected)
    assert (world.story.writes, world.story.posted) == ([], [])


def test_of_another_spec_nothing_is_kept() -> None:
    world = World(200).rounds(3, connected)
    world.record.renew(resource(target=HTTP, generation=2, version="2"))
    assert len(world.facts().outcomes) == MOST_ASKED


def test_of_a_pod_with_another_address_nothing_is_kept() -> None:
    was = PodOutcome("web-0", "10.0.0.1", SILENT)
    assert heard_of([was], [], {"web-0": "10.0.0.1"}) == {"web-0": was._replace(asked=False)}
    assert heard_of([was], [], {"web-0": "10.0.0.2"}) == heard_of([was], [], {}) == {}


def test_one_failed_question_is_one_in_all_the_rounds_until_the_next() -> None:
    """In its second turn it answers again: three rounds later nothing was ever told of it."""
    world = World(400).rounds(10, connected)
    writes = len(world.story.writes)
    world.rounds(5, lambda number: SILENT if number == 0 else single(CONNECTED))
    world.rounds(10, connected)
    assert len(world.story.writes) == writes


def test_a_pod_is_silent_when_it_was_asked_three_times() -> None:
    """Five turns: the pod of the first is asked in the rounds 11, 16 and 21."""
    world = World(400).rounds(10, connected)

    def one(number: int) -> Outcome:
        return SILENT if number == 0 else single(CONNECTED)

    world.rounds(10, one)
    assert world.story.written.endpoints[0].reachable
    world.rounds(1, one)
    assert not world.story.written.endpoints[0].reachable
    assert world.says(ConditionType.READY) == ("True", "Available")


def test_a_key_refused_once_is_no_evidence_in_each_round_after_it() -> None:
    world = World(400).rounds(10, connected)

    def once(number: int) -> Outcome:
        return Unauthorized() if number == 0 else single(CONNECTED)

    world.rounds(5, once)
    assert world.story.written.condition(ConditionType.RESTART_REQUIRED) is None
    world.rounds(7, once)
    assert world.story.written.condition(ConditionType.RESTART_REQUIRED) is None
    world.rounds(1, once)  # refused three times by now, which is believed of the pod; and then of the client
    assert world.says(ConditionType.RESTART_REQUIRED) == ("True", "PreviousKeyInUse")


def test_an_outage_counts_from_its_first_round() -> None:
    world = World(200).rounds(6, connected)
    world.rounds(2, lambda _: single(DISCONNECTED))
    assert world.says(ConditionType.READY) == ("True", "Available")
    world.rounds(3, lambda _: single(DISCONNECTED))
    assert world.says(ConditionType.READY) == ("False", "Disconnected")


def test_while_others_answered_a_turn_ago_silence_counts_for_nothing_and_then_it_counts() -> None:
    """Three turns: silence counts from the third round on, when all are silent, and is believed in the fifth."""
    world = World(200).rounds(6, connected)
    world.rounds(4, silent)
    assert world.says(ConditionType.READY) == ("True", "Available")
    world.rounds(1, silent)
    assert world.says(ConditionType.READY) == ("False", "ConnectionRefused")


def test_turns_that_differ_are_no_pods_that_disagree() -> None:
    """The client goes from one topology to another: for some rounds what is kept is the old one."""
    world = World(800).rounds(10, connected)
    world.rounds(20, lambda _: single(DISCONNECTED))
    assert "WebPodsDisagree" not in world.story.posted


def test_before_all_are_known_no_workload_is_restarted() -> None:
    """A pod that was never asked may be one that must not be restarted."""
    spec: dict[str, Any] = {"target": HTTP, "apiKeyRotation": {"restartPolicy": "OnChange"}}
    world = World(200)
    world.record = entry_of(resource(**spec))
    known = [world.facts().workload is not None for _ in range(4)]
    assert known == [False, False, True, True]


def record_with(*heard: PodOutcome) -> ResourceEntry:
    entry = entry_of(resource())
    entry.probe.turn, entry.probe.heard = "web-0", {o.pod: o for o in heard}
    return entry


def test_another_replica_begins_anew() -> None:
    entry = record_with(PodOutcome("web-0", "10.0.0.1", SILENT))
    entry.forget_rounds()
    assert (entry.probe.turn, entry.probe.heard) == ("", {})
