"""The history of a resource: what becomes an entry, what is made of a stored list, and what it weighs."""

from __future__ import annotations

import gc
import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.builders import (
    CONNECTED,
    CONNECTING,
    DISCONNECTED,
    IMMEDIATE,
    START,
    Story,
    answer,
    at,
    core,
    facts,
    primary,
    resource,
    secondary,
    single,
)
from support.phone_numbers import answer as number_answer
from wahealth.api import v1alpha1 as api
from wahealth.api.convert import status_document, written_status
from wahealth.core.answer import FailureReason, PodOutcome, Unreachable
from wahealth.core.cloud.versions import DEFAULT
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.facts import Desired, Facts
from wahealth.core.history.believed import LONGEST_NAMES, Believed, HistoryEntry
from wahealth.core.history.history import with_written
from wahealth.core.history.packed import pack, unpack
from wahealth.core.history.stored import MOST, MOST_AHEAD, joined, mended
from wahealth.core.reconcile import reconcile
from wahealth.core.restore import restore_state
from wahealth.core.status import ConditionStatus, Gateway, KeyInUse, Mode, Status
from wahealth.kube.entry import ResourceEntry, entry_of

GOOD, BAD = facts(single(CONNECTED), thresholds=IMMEDIATE), facts(single(DISCONNECTED), thresholds=IMMEDIATE)
UP = Believed(ConditionStatus.TRUE, "Available", Gateway.CONNECTED, Mode.SINGLE, "1/1", key_in_use=KeyInUse.CURRENT)
DOWN = UP._replace(ready=ConditionStatus.FALSE, reason="Disconnected", gateway=Gateway.DISCONNECTED, connected="0/1")


def history(status: Status) -> list[dict[str, Any]]:
    """As the resource shows it."""
    shown: list[dict[str, Any]] = status_document(status).get("history", [])
    return shown


def told(story: Story) -> list[str]:
    """The reasons, newest first."""
    return [entry["reason"] for entry in history(story.written)]


def entry(seconds: int, believed: Believed = UP, note: str = "") -> HistoryEntry:
    return HistoryEntry(START + timedelta(seconds=seconds), believed, note)


def times(entries: tuple[HistoryEntry, ...]) -> list[int]:
    return [int((one.time - START).total_seconds()) for one in entries]


# --- what becomes an entry -------------------------------------------------------------------------------------------


def test_an_entry_is_a_state_with_its_beginning() -> None:
    story = Story().rounds(3, GOOD).rounds(3, BAD)
    assert history(story.written) == [
        {
            "time": "2026-01-01T00:01:30Z",
            "ready": "False",
            "reason": "Disconnected",
            "gateway": "Disconnected",
            "mode": "Single",
            "connected": "0/1",
            "keyInUse": "Current",
        },
        {
            "time": "2026-01-01T00:00:00Z",
            "ready": "True",
            "reason": "Available",
            "gateway": "Connected",
            "mode": "Single",
            "connected": "1/1",
            "keyInUse": "Current",
        },
    ]


def test_a_bad_round_below_the_threshold_is_none() -> None:
    good, bad = facts(single(CONNECTED)), facts(single(DISCONNECTED))
    story = Story().rounds(3, good).rounds(2, bad).rounds(3, good)
    assert told(story) == ["Available"]


def test_a_new_generation_with_the_same_verdict_is_none() -> None:
    story = Story().rounds(3, GOOD).rounds(3, replace(GOOD, generation=2))
    assert (len(story.writes), told(story)) == (2, ["Available"])


def test_a_restart_is_none() -> None:
    story = Story().rounds(3, GOOD).rounds(3, BAD)
    again = story.restarted().rounds(3, replace(BAD, generation=2))
    assert history(again.written) == history(story.written)


def test_names_are_given_of_eight_coreapps_at_most() -> None:
    eight = answer(primary("m0", CONNECTED), *(core(f"c{n}", CONNECTED) for n in range(8)))
    nine = answer(primary("m0", CONNECTED), *(core(f"c{n}", CONNECTED) for n in range(9)))
    few, many = (Story().rounds(3, facts(one, shards=8)).written for one in (eight, nine))
    assert history(few)[0]["connectedCoreapps"] == [f"c{n}" for n in range(8)]
    assert history(few)[0]["primaryMaster"] == "m0"
    assert "connectedCoreapps" not in history(many)[0]
    assert history(many)[0]["connected"] == "9/8"


@pytest.mark.parametrize(("length", "named"), [(LONGEST_NAMES // 4, True), (LONGEST_NAMES // 4 + 1, False)])
def test_long_names_are_left_out(length: int, named: bool) -> None:
    four = answer(primary("m0", CONNECTED), *(core(f"c{n}".ljust(length, "x"), CONNECTED) for n in range(4)))
    assert ("connectedCoreapps" in history(Story().rounds(3, facts(four, shards=4)).written)[0]) is named


def test_a_failover_is_seen() -> None:
    one = facts(answer(primary("m0"), secondary("m1"), core("c0", CONNECTED), core("c1")))
    other = facts(answer(primary("m1"), secondary("m0"), core("c1", CONNECTED), core("c0")))
    newest, before = history(Story().rounds(3, one).rounds(3, other).written)
    assert (before["connectedCoreapps"], before["primaryMaster"]) == (["c0"], "m0")
    assert (newest["connectedCoreapps"], newest["primaryMaster"], newest["ready"]) == (["c1"], "m1", "True")


def test_the_oldest_of_more_than_twenty_goes() -> None:
    """A day lies between two changes."""
    story = Story()
    for turn in range(MOST + 5):
        story.round(BAD if turn % 2 else GOOD)
        story.seconds = 86_400.0 * (turn + 1)
    shown = history(story.written)
    assert [one["time"][:10] for one in shown] == [f"2026-01-{25 - n:02}" for n in range(MOST)]
    assert [one["reason"] for one in shown[:2]] == ["Available", "Disconnected"]


def test_while_nothing_is_confirmed_only_that_is_said() -> None:
    slow = facts(single(CONNECTING))
    story = Story().rounds(2, slow)
    assert history(story.written) == [
        {"time": "2026-01-01T00:00:00Z", "ready": "Unknown", "reason": "GracePeriod", "gateway": "Unknown"}
    ]
    assert told(story.rounds(2, facts(single(CONNECTED)))) == ["Available", "GracePeriod"]


def test_a_suspension_is_a_state_and_ends_with_the_first_round_after_it() -> None:
    """What it comes to is not known until it is confirmed, and nobody was looking in between."""
    good, bad, off = facts(single(CONNECTED)), facts(single(DISCONNECTED)), facts(suspended=True)
    story = Story().rounds(2, good).rounds(2, replace(off, generation=2)).rounds(1, replace(bad, generation=3))
    assert told(story) == ["GracePeriod", "Suspended", "Available"]
    assert [one["gateway"] for one in history(story.written)] == ["Connected"] * 3  # as status shows it meanwhile
    assert told(story.rounds(5, replace(bad, generation=3))) == [
        "Disconnected",
        "GracePeriod",
        "Suspended",
        "Available",
    ]
    again = Story().rounds(2, good).rounds(2, replace(off, generation=2)).rounds(1, replace(good, generation=3))
    assert told(again) == ["Available", "Suspended", "Available"]


def test_a_client_that_becomes_a_number_of_the_cloud_api_keeps_what_it_was() -> None:
    cloud = Desired(thresholds=IMMEDIATE, cloud=CloudDesired(DEFAULT, number="900000000000001"))
    number = Facts(cloud, 2, (PodOutcome("number", "", number_answer()),))
    story = Story().rounds(2, GOOD).rounds(2, number).rounds(2, replace(BAD, generation=3))
    assert [(one["mode"], one["reason"]) for one in history(story.written)] == [
        ("Single", "Disconnected"),
        ("CloudAPI", "Available"),
        ("Single", "Available"),
    ]


def test_a_client_that_flaps_has_one_entry_for_it_until_it_has_settled() -> None:
    story = Story()
    for turn in range(20):
        story.round(BAD if turn % 2 else GOOD)
    shown = history(story.written)
    assert len(shown) == 8  # six changes are told one by one
    assert (shown[0]["time"], shown[0]["note"]) == ("2026-01-01T00:03:30Z", "Flapping: Available changed 19 times.")
    assert shown[0]["reason"] == "Disconnected"
    story.rounds(40, BAD)  # it has settled, and nothing is written for that
    assert history(story.written) == shown
    story.rounds(1, GOOD)
    newest, settled, flapped = history(story.written)[:3]
    assert (newest["reason"], settled["reason"]) == ("Available", "Disconnected")
    assert "note" not in settled
    assert flapped == shown[0]
    assert settled["time"] > flapped["time"]


def test_a_process_that_comes_while_it_flaps_amends_nothing_of_the_one_before() -> None:
    story = Story()
    for turn in range(12):
        story.round(BAD if turn % 2 else GOOD)
    before = history(story.written)
    again = story.restarted().rounds(1, GOOD)
    assert history(again.written)[1:] == before
    assert "note" not in history(again.written)[0]


def test_entries_wait_for_a_write_and_are_written_together() -> None:
    """The API server is away for six rounds."""
    story = Story().rounds(2, GOOD)
    held = story.written
    for said in (BAD, BAD, GOOD, GOOD, BAD, BAD):
        story.round(said)
        story.written = held
    assert told(story.rounds(1, BAD)) == ["Disconnected", "Available", "Disconnected", "Available"]
    assert [one["time"][14:19] for one in history(story.written)] == ["03:00", "02:00", "01:00", "00:00"]


def test_no_status_is_written_for_an_entry_alone() -> None:
    story = Story().rounds(2, GOOD)
    held = story.written
    story.round(BAD)
    story.written = held
    assert story.round(GOOD).status is None
    assert told(story) == ["Available"]
    assert told(story.rounds(1, replace(GOOD, generation=2))) == ["Available", "Disconnected", "Available"]


# --- what is made of a stored list -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "kept"),
    [
        ([9, 8, 7], [9, 8, 7]),
        ([9, 8, 12, 7], [9, 8, 7]),
        ([3, 9, 8, 7], [9, 8, 7]),
        ([9, 8, 7, 12], [9, 8, 7]),
        ([9, 9, 8], [9, 8]),
        ([], []),
        (range(60, 30, -1), range(60, 40, -1)),
    ],
)
def test_of_a_stored_list_what_cannot_be_is_dropped(stored: list[int], kept: list[int]) -> None:
    assert times(mended([entry(second) for second in stored], START + timedelta(hours=1))) == list(kept)


def test_what_lies_ahead_is_dropped_unless_clocks_differ_by_so_much() -> None:
    now = START + timedelta(seconds=10)
    most = 10 + int(MOST_AHEAD.total_seconds())
    assert times(mended([entry(most + 1), entry(most), entry(1)], now)) == [most, 1]


def test_two_states_of_the_same_second_are_both_kept() -> None:
    both = (entry(5, DOWN), entry(5, UP), entry(5, DOWN))
    assert mended(both, START + timedelta(seconds=5)) == (entry(5, UP), entry(5, DOWN))


@pytest.mark.parametrize(
    "bad",
    [
        "no entry",
        {},
        {"time": "2026-01-01T00:00:30Z"},
        {"time": "yesterday", "ready": "True", "reason": "Available", "gateway": "Connected"},
        {"time": "2026-01-01T00:00:30Z", "ready": "True", "reason": "Available", "gateway": "Asleep"},
        {"time": "2026-01-01T00:00:30Z", "ready": "True", "reason": "A" * 2000, "gateway": "Connected"},
        {"time": "9999-12-31T00:00:00Z", "ready": "True", "reason": "Available", "gateway": "Connected"},
    ],
    ids=str,
)
def test_an_entry_that_the_schema_would_not_take_is_dropped_alone(bad: object) -> None:
    document = status_document(Story().rounds(2, GOOD).rounds(2, BAD).written)
    first, second = document["history"]
    for stored in ([bad, first, second], [first, bad, second], [first, second, bad]):
        read = written_status({"status": {**document, "history": stored}})
        story = Story(read)
        story.seconds = 120
        assert read.observed_generation == 1  # all else is read as it is
        assert history(story.rounds(1, GOOD).written)[1:] == [first, second]


@pytest.mark.parametrize("stored", ["no list", {"time": 1}, 7, None, [None] * 5])
def test_a_history_that_is_no_list_is_none(stored: object) -> None:
    document = {**status_document(Story().rounds(2, GOOD).written), "history": stored}
    assert written_status({"status": document}).history == b""


def test_a_status_that_does_not_parse_still_has_its_history() -> None:
    document = status_document(Story().rounds(2, BAD).rounds(2, GOOD).written)
    story = Story(written_status({"status": {**document, "gateway": "Asleep"}}))
    story.seconds = 120
    assert history(story.rounds(1, GOOD).written) == document["history"]


def test_while_a_process_runs_it_writes_what_it_knows() -> None:
    story = Story().rounds(2, GOOD)
    for foreign in (b"", pack([entry(-50, DOWN)])):
        story.written = story.written._replace(history=foreign)
        story.rounds(1, GOOD)
        assert story.written.history == foreign  # nothing is written for that alone
    assert told(story.rounds(1, BAD)) == ["Disconnected", "Available"]


def test_the_state_that_an_older_version_wrote_is_the_first_entry() -> None:
    """It knows no history; Ready says since when."""
    story = Story().rounds(4, GOOD)
    story.written = story.written._replace(history=b"")
    again = story.restarted().rounds(2, BAD)
    assert [(one["reason"], one["time"][14:19]) for one in history(again.written)] == [
        ("Disconnected", "02:00"),
        ("Available", "00:00"),
    ]


def test_it_has_begun_by_now_whatever_the_clock_of_another_process_said() -> None:
    story = Story().rounds(4, GOOD)
    ahead = START + timedelta(hours=1)
    conditions = tuple(one._replace(last_transition_time=ahead) for one in story.written.conditions)
    story.written = story.written._replace(history=b"", conditions=conditions)
    again = story.restarted().rounds(1, GOOD).rounds(1, BAD)
    assert [one["time"][11:19] for one in history(again.written)] == ["00:02:30", "00:02:00"]


def test_a_resource_of_which_nothing_is_said_yet_has_no_entry() -> None:
    waiting = {"gateway": "Unknown", "conditions": [{"type": "Ready", "status": "Unknown", "message": ""}]}
    waiting["conditions"][0]["reason"] = "WaitingForOperator"  # type: ignore[index]
    assert told(Story(written_status({"status": waiting})).rounds(1, GOOD)) == ["Available"]


# --- two leaders -----------------------------------------------------------------------------------------------------

NOW = START + timedelta(seconds=99)
OTHER = UP._replace(reason="Other")


@pytest.mark.parametrize(
    ("ours", "found", "expected"),
    [
        ([entry(5)], [], [entry(5)]),
        ([entry(5)], [entry(5)], [entry(5)]),
        ([], [entry(5)], [entry(5)]),
        # Both have seen the same: it is told once, as of the earlier time.
        ([entry(7, DOWN), entry(5)], [entry(6, DOWN), entry(5)], [entry(6, DOWN), entry(5)]),
        ([entry(7, DOWN)], [entry(6, DOWN)], [entry(6, DOWN)]),
        # The other leader has written before it stopped.
        ([entry(8, OTHER), entry(5)], [entry(6, DOWN), entry(5)], [entry(8, OTHER), entry(6, DOWN), entry(5)]),
        ([entry(6, OTHER), entry(5)], [entry(8, DOWN), entry(5)], [entry(8, OTHER), entry(8, DOWN), entry(5)]),
        ([entry(5)], [entry(6, DOWN), entry(5)], [entry(99), entry(6, DOWN), entry(5)]),
        # Somebody has removed an entry.
        ([entry(7, DOWN), entry(5)], [], [entry(7, DOWN), entry(5)]),
        ([entry(7, DOWN), entry(5), entry(3, DOWN)], [entry(5)], [entry(7, DOWN), entry(5), entry(3, DOWN)]),
        # An entry that is amended stays the same.
        (
            [entry(7, UP, "8 times"), entry(5)],
            [entry(7, DOWN, "7 times"), entry(5)],
            [entry(7, UP, "8 times"), entry(5)],
        ),
    ],
)
def test_of_two_leaders_none_writes_an_entry_twice_and_none_is_lost(
    ours: list[HistoryEntry], found: list[HistoryEntry], expected: list[HistoryEntry]
) -> None:
    merged = joined(tuple(ours), tuple(found), NOW)
    assert merged == tuple(expected)
    assert joined(merged, merged, NOW) == merged


def test_a_full_history_stays_in_order_when_the_other_leader_adds_to_it() -> None:
    ours = tuple(entry(second, DOWN if second % 2 else UP) for second in range(MOST, 0, -1))
    found = (entry(30, OTHER), *ours[:-1])
    assert joined((entry(40, DOWN), *ours)[:MOST], found, NOW) == (entry(40, DOWN), entry(30, OTHER), *ours)[:MOST]


def test_what_is_packed_is_joined_in_the_same_way() -> None:
    ours, found = pack([entry(5)]), pack([entry(200_000), entry(5)])
    assert with_written(ours, found, NOW) == ours  # the other entry lies ahead


# --- what it weighs --------------------------------------------------------------------------------------------------


def full(coreapps: int) -> bytes:
    """Twenty entries of a client with failovers and outages, at odd times."""
    names = tuple(f"support-coreapp-{n}" for n in range(coreapps))
    seconds = [86_400 * n + 7_919 * n * n % 86_400 for n in range(MOST, 0, -1)]
    states = [
        DOWN._replace(mode=Mode.MULTICONNECT, connected=f"0/{coreapps}"),
        UP._replace(mode=Mode.MULTICONNECT, primary_master="support-master-1", connected_coreapps=names[1:]),
        UP._replace(mode=Mode.MULTICONNECT, primary_master="support-master-0", connected_coreapps=names),
    ]
    return pack([entry(second, states[n % 3]) for n, second in enumerate(seconds)])


def test_packing_loses_nothing() -> None:
    packed = full(8)
    assert pack(unpack(packed)) == packed
    assert len(unpack(packed)) == MOST
    ahead = HistoryEntry(datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC), DOWN._replace(mode=None, key_in_use=None), "é")
    assert unpack(pack([ahead])) == (ahead,)


def held(status: dict[str, Any], resources: int = 200) -> float:
    """Bytes that an operator holds of each resource that it has taken over."""

    def one(number: int) -> ResourceEntry:
        entry = entry_of(resource(f"r-{number}") | {"status": json.loads(json.dumps(status))})
        entry.state = restore_state(entry.written, 1, IMMEDIATE, at(9_000_000))
        return entry

    one(0)  # whatever is made once
    tracemalloc.start()
    try:
        kept = [one(number) for number in range(resources)]
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / len(kept)
    finally:
        tracemalloc.stop()


def test_ten_thousand_full_histories_take_less_than_ten_megabytes() -> None:
    """With the state that is kept beside each, to compare with."""
    eight = answer(primary("m0", CONNECTED), *(core(f"support-coreapp-{n}", CONNECTED) for n in range(8)))
    status = Story().rounds(3, facts(eight, shards=8)).written
    without, with_it = (status_document(status._replace(history=packed)) for packed in (b"", full(8)))
    assert len(with_it["history"]) == MOST
    assert 10_000 * (held(with_it) - held(without)) < 10_000_000


def test_a_history_is_held_once_and_a_settled_round_does_not_touch_it() -> None:
    story = Story().rounds(2, GOOD).rounds(3, BAD)
    assert story.state is not None
    assert story.state.history.packed is story.written.history
    held = story.state.history
    story.rounds(3, BAD)
    assert story.state.history is held
    again = written_status({"status": status_document(story.written)})
    assert restore_state(again, 1, IMMEDIATE, at(300)).history.packed is again.history


@pytest.mark.parametrize("said", [BAD, facts(Unreachable(FailureReason.READ_TIMEOUT))])
def test_a_plan_carries_the_history_with_it(said: Facts) -> None:
    story = Story().rounds(2, GOOD)
    assert story.state is not None
    todo = reconcile(story.state, replace(said, desired=GOOD.desired), story.written, at(60))
    assert todo.status is not None
    assert todo.status.history == todo.state.history.packed


def test_an_entry_as_the_schema_has_it_is_what_the_core_has() -> None:
    assert set(api.HistoryEntry.model_fields) == {*HistoryEntry._fields, *Believed._fields} - {"believed"}
    assert json.loads(json.dumps(history(Story().rounds(1, GOOD).written)))
