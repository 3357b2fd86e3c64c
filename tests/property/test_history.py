"""The law of the history, and what is never trusted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from support.builders import CONNECTED, CONNECTING, DISCONNECTED, IMMEDIATE, START, answer, core, primary, single
from support.phone_numbers import answer as number_answer
from wahealth.api.convert import status_document, written_status
from wahealth.api.v1alpha1 import HistoryEntry
from wahealth.core.answer import FailureReason, Outcome, PodOutcome, Unauthorized, Unreachable
from wahealth.core.cloud.versions import DEFAULT
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.facts import Desired, Facts, Thresholds
from wahealth.core.history.history import with_written
from wahealth.core.instant import Instant
from wahealth.core.plan import Plan
from wahealth.core.reconcile import reconcile
from wahealth.core.restore import restore_state
from wahealth.core.state import State
from wahealth.core.status import Status

MOST = 20
NUMBER = CloudDesired(DEFAULT, number="900000000000001")
HA = [answer(primary(f"m{n}"), core("c0", CONNECTED), core("c1")) for n in range(2)]
SHARDS = [(CONNECTED, CONNECTED), (CONNECTED, CONNECTING)]
MC = [answer(primary("m0", CONNECTED), core("c0", one), core("c1", other)) for one, other in SHARDS]
OUTCOMES: list[Outcome] = [
    single(CONNECTED),
    single(DISCONNECTED),
    *HA,
    *MC,
    Unauthorized(),
    Unreachable(FailureReason.READ_TIMEOUT),
]
CLIENT = st.builds(lambda outcome: (Desired(), outcome), st.sampled_from(OUTCOMES))
OF_CLOUD = st.just((Desired(cloud=NUMBER), number_answer()))
SUSPENDED = st.just((Desired(suspended=True), None))
patiences = st.sampled_from([IMMEDIATE, Thresholds(period=30.0, failure_threshold=2), Thresholds(period=5.0)])
# A round: what is wanted and heard, whether the status can be written after it, and whether a new process comes then.
rounds = st.tuples(CLIENT | OF_CLOUD | SUSPENDED, st.integers(0, 3).map(bool), st.integers(0, 9).map(lambda n: not n))
stories = st.tuples(patiences, st.lists(rounds, min_size=1, max_size=60))


def facts_of(desired: Desired, heard: Any, generation: int) -> Facts:
    outcomes = () if heard is None else (PodOutcome("web-0", "10.0.0.1", heard),)
    return Facts(desired, generation, outcomes)


def as_read(status: Status) -> Status:
    """As a process reads it that comes later."""
    return written_status({"status": json.loads(json.dumps(status_document(status)))})


def shown(status: Status) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = status_document(status).get("history", [])
    return listed


def believed(desired: Status, confirmed: bool) -> dict[str, Any]:
    """What a status says, in the words of an entry; read from the document that is written."""
    document = status_document(desired)
    ready = next((c for c in document["conditions"] if c["type"] == "Ready"), None)
    verdict = {"ready": ready["status"], "reason": ready["reason"]} if ready else {"ready": "Unknown"}
    if ready is None:
        verdict["reason"] = "Suspended"
    if not confirmed:
        return {**verdict, "gateway": "Unknown"}
    few = len(document.get("connectedCoreapps", [])) <= 8
    more = {
        "gateway": document["gateway"],
        "mode": document.get("mode"),
        "connected": document.get("connected", {}).get("summary"),
        "primaryMaster": document.get("primaryMaster"),
        "connectedCoreapps": document.get("connectedCoreapps") if few else None,
        "keyInUse": document.get("credentials", {}).get("keyInUse"),
    }
    return verdict | {name: value for name, value in more.items() if value is not None}


class Expected:
    """The law: what the status held when the leader took over, and every state believed since."""

    def __init__(self, held: list[dict[str, Any]]) -> None:
        self.entries = held
        self.flapped = False

    def believe(self, todo: Plan, now: datetime) -> None:
        """A state is told once, from its beginning; while the client flaps, by one entry that shows the last."""
        flapping = todo.state.flapping and not todo.state.suspended
        if todo.desired is None:  # nothing has changed, or it flaps and its write must wait
            if flapping and not self.flapped:
                self._add({}, now)
        else:
            state = believed(todo.desired, todo.state.confirmed is not None)
            if flapping and self.flapped:
                self.entries[0] = {**state, "time": self.entries[0]["time"]}
            elif not self.entries or state != _state(self.entries[0]) or flapping is not self.flapped:
                self._add(state, now)
        self.flapped = flapping

    def _add(self, state: dict[str, Any], now: datetime) -> None:
        self.entries = [{**state, "time": now.strftime("%Y-%m-%dT%H:%M:%SZ")}, *self.entries][:MOST]


def _state(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in {"time", "note"}}


@given(stories)
def test_after_any_write_it_is_what_was_there_and_every_state_since(
    story: tuple[Thresholds, list[tuple[tuple[Desired, Any], bool, bool]]],
) -> None:
    thresholds, said = story
    written, expected = Status(), Expected([])
    state: State | None = None
    seconds, generation, wanted = 0.0, 1, said[0][0][0]
    for (desired, heard), writable, replaced in said:
        generation, wanted = generation + (desired != wanted), desired
        facts = facts_of(replace(desired, thresholds=thresholds), heard, generation)
        now = Instant(seconds, START + timedelta(seconds=seconds))
        state = state or restore_state(written, generation, thresholds, now)
        todo = reconcile(state, facts, written, now)
        state = todo.state
        expected.believe(todo, now.wall)
        if todo.status is not None and writable:
            written = todo.status
            assert [{**_state(one), "time": one["time"]} for one in shown(written)] == expected.entries
        if replaced:
            state, written = None, as_read(written)
            expected = Expected([{**_state(one), "time": one["time"]} for one in shown(written)])
        seconds += thresholds.period


times = st.datetimes(timezones=st.just(UTC)) | st.integers(-100, 400).map(
    lambda second: START + timedelta(seconds=second)
)
entries = st.fixed_dictionaries(
    {
        "time": times.map(datetime.isoformat) | st.text(max_size=4),
        "ready": st.sampled_from(["True", "False", "Unknown", "Perhaps"]),
        "reason": st.sampled_from(["Available", "Disconnected", ""]),
        "gateway": st.sampled_from(["Connected", "Disconnected", "Asleep"]),
    },
    optional={
        "connected": st.sampled_from(["1/1", "0/1"]) | st.integers(),
        "connectedCoreapps": st.lists(st.text(max_size=3), max_size=10),
        "note": st.text(max_size=3),
        "foreign": st.none(),
    },
)
stored = st.lists(entries | st.none() | st.text(max_size=3), max_size=30)


@given(stored, st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=5))
def test_whatever_is_stored_what_is_written_could_be_true(found: list[Any], said: list[Outcome]) -> None:
    written = written_status({"status": {"gateway": "Unknown", "history": found}})
    state: State | None = None
    for turn, outcome in enumerate(said):
        now = Instant(30.0 * turn, START + timedelta(seconds=30 * turn))
        facts = facts_of(Desired(thresholds=IMMEDIATE), outcome, 1)
        state = state or restore_state(written, 1, IMMEDIATE, now)
        todo = reconcile(state, facts, written, now)
        state, written = todo.state, todo.status or written
    listed = shown(written)
    begun = [HistoryEntry.model_validate(one).time for one in listed]
    assert begun == sorted(begun, reverse=True)
    assert 1 <= len(listed) <= MOST
    assert begun[0] <= START + timedelta(minutes=6)
    assert shown(as_read(written)) == listed


@given(stored, stored)
def test_two_histories_join_into_one_that_joins_with_both(ours: list[Any], found: list[Any]) -> None:
    """Nothing is told twice, and to join once more changes nothing."""
    now = START + timedelta(days=1)
    mine, theirs = (written_status({"status": {"history": listed}}).history for listed in (ours, found))
    mine = restore_state(Status(history=mine), 1, IMMEDIATE, Instant(0.0, now)).history.packed
    merged = with_written(mine, theirs, now)
    assert with_written(merged, theirs, now) == merged
    assert len(shown(Status(history=merged))) <= MOST
    once = [json.dumps(one, sort_keys=True) for one in shown(Status(history=merged))]
    begun = [one["time"] for one in shown(Status(history=merged))]
    assert begun == sorted(begun, reverse=True)
    assert len(once) == len(set(once))
