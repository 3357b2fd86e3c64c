"""What a namespace may cost, when it is told that it costs more, and whose round begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wahealth.core.control.budget import AT_ONCE, LATE, MOST_USED, NEVER, WINDOW, Account, Ledger, Postponed
from wahealth.core.control.due import Begun, Due

DEAR, CHEAP = "dear", "cheap"


def nobody_waits(_: str) -> int:
    return 0


def over_budget(now: float = 0.0, *namespaces: str) -> Ledger:
    ledger = Ledger()
    for number, namespace in enumerate(namespaces or (DEAR,)):
        ledger.of(namespace).charge(MOST_USED + 1 + number, now)
    return ledger


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 5)), min_size=1, max_size=40))
def test_what_was_used_is_what_the_last_minute_saw_to_five_seconds(spent: list[tuple[float, float]]) -> None:
    account, now, before = Account(), 0.0, list[tuple[float, float]]()
    for pause, work in spent:
        now += pause
        account.charge(work, now)
        before.append((now, work))
    used = account.used(now)
    assert used <= sum(work for at, work in before if now - at <= WINDOW) + 1e-6
    assert used >= sum(work for at, work in before if now - at < WINDOW - 5) - 1e-6


def test_what_a_round_costs_follows_the_last_ones() -> None:
    account = Account()
    for _ in range(40):
        account.round_ended(0.02)
    assert account.cost == pytest.approx(0.02, rel=0.01)


def test_an_account_outlives_the_resources_of_its_namespace_by_its_minute() -> None:
    """Whoever deletes all and makes it anew has spent what it has spent."""
    ledger = over_budget()
    ledger.keep_only(set(), 30.0)
    assert ledger.of(DEAR).used(30.0) > MOST_USED
    ledger.keep_only(set(), WINDOW + 30)
    assert ledger.of(DEAR).used(WINDOW + 30) == 0.0


def told(*rounds: tuple[float, bool]) -> list[bool]:
    state, after = NEVER, []
    for now, postponed in rounds:
        state = state.after(postponed, now)
        after.append(state.reported)
    return after


def test_it_is_told_when_it_has_lasted_a_minute_and_three_rounds() -> None:
    assert told(*[(float(second), True) for second in (0, 30, 59, 60)]) == [False, False, False, True]
    assert told((0, True), (300, True), (600, True)) == [False, False, True]
    assert told((0, True), (30, False), (60, True), (90, True), (119, True), (120, True)) == [False] * 5 + [True]


def test_it_is_told_no_more_after_five_minutes_without() -> None:
    begun = [(float(second), True) for second in (0, 30, 60)]
    assert told(*begun, (90, False), (359, False), (360, False))[3:] == [True, True, False]
    assert told(*begun, (90, False), (300, True), (390, False), (599, False), (600, False))[3:] == [True] * 4 + [False]


def test_what_a_process_before_has_told_has_five_minutes_too() -> None:
    state = Postponed(reported=True)
    for now, still in ((1000.0, True), (1299.0, True), (1300.0, False)):
        state = state.after(False, now)
        assert state.reported is still
    assert state == NEVER


def due(ledger: Ledger, **resources: tuple[str, float]) -> Due:
    """By uid: namespace, and when it is due."""
    made = Due(ledger, nobody_waits)
    for uid, (namespace, at) in resources.items():
        made.put(uid, namespace, at)
    made.collect(1000.0)
    return made


def uids(begun: list[Begun]) -> list[str]:
    return [one.uid for one in begun]


def test_the_most_overdue_begins_first_and_the_dear_last() -> None:
    found = due(over_budget(), a=(DEAR, 0.0), b=(CHEAP, 0.2), c=(CHEAP, 0.1))
    assert uids(found.take(0.2, 10, alone=False)) == ["c", "b", "a"]


def test_of_two_that_are_dear_the_cheaper_one_goes_first() -> None:
    found = due(over_budget(0.0, "a", "b"), y=("b", 0.0), x=("a", 0.1))
    assert uids(found.take(0.2, 10, alone=False)) == ["x", "y"]


def test_the_dear_wait_only_while_a_round_of_others_is_late() -> None:
    found = due(over_budget(), a=(DEAR, 0.0), b=(CHEAP, 0.0), c=(CHEAP, 0.3))
    assert uids(found.take(LATE + 0.01, 1, alone=False)) == ["b"]
    assert uids(found.take(0.3, 10, alone=False)) == ["c", "a"]


def test_a_round_of_its_own_that_is_late_holds_up_none_of_its_own() -> None:
    found = due(over_budget(), a=(DEAR, 0.0), b=(DEAR, 0.0))
    assert uids(found.take(5.0, 10, alone=False)) == ["a", "b"]


def test_alone_it_is_never_over() -> None:
    ledger = over_budget()
    ledger.of(DEAR).cost = AT_ONCE
    found = due(ledger, a=(DEAR, 0.0), b=(DEAR, 0.0))
    assert found.take(0.0, 10, alone=True) == [Begun("a", 0.0)]
    assert found.take(1.0, 10, alone=True) == [Begun("b", 1.0)]


def test_it_is_postponed_if_it_is_late_and_had_to_wait_while_over_its_budget() -> None:
    found = due(over_budget(), a=(DEAR, 0.0), b=(CHEAP, -1.0), c=(DEAR, 0.9))
    assert uids(found.take(0.0, 10, alone=False)) == ["b"]
    assert found.take(1.0, 10, alone=False) == [Begun("a", 1.0, postponed=True), Begun("c", 1.0 - 0.9)]


@pytest.mark.parametrize("cost", [1 / 1024, 1 / 32, 0.1875, 2.0])
def test_no_more_begins_at_once_than_a_quarter_of_a_second_of_work_and_one_round(cost: float) -> None:
    ledger = Ledger()
    ledger.of(DEAR).cost = cost
    found = due(ledger, **{f"a{number}": (DEAR, 0.0) for number in range(1000)})
    begun = len(found.take(0.0, 1000, alone=False))
    assert begun == max(1, AT_ONCE // cost)
    assert len(found.take(5 * cost, 1000, alone=False)) == min(5, begun)  # as much as was done meanwhile


def test_while_answers_wait_for_their_turn_no_more_is_begun() -> None:
    ledger, waiting = Ledger(), {DEAR: 13}
    ledger.of(DEAR).cost = 0.02
    found = Due(ledger, lambda namespace: waiting.get(namespace, 0))
    for uid, namespace in (("a", DEAR), ("b", CHEAP)):
        found.put(uid, namespace, 0.0)
    found.collect(0.0)
    assert uids(found.take(0.0, 10, alone=False)) == ["b"]
    waiting[DEAR] = 11
    assert uids(found.take(0.1, 10, alone=False)) == ["a"]


def test_what_is_held_has_one_place_and_goes_with_its_resource() -> None:
    ledger = Ledger()
    ledger.of(DEAR).cost = 1.0
    found = due(ledger, a=(DEAR, 0.0), b=(DEAR, 0.1), c=(DEAR, 0.2), d=(DEAR, 0.3))
    assert uids(found.take(0.3, 10, alone=False)) == ["a"]
    found.drop("b")
    found.put("c", DEAR, 5.0)
    assert uids(found.take(9.0, 10, alone=False)) == ["d"]
    assert found.collect(9.0) == ["c"]
    assert uids(found.take(19.0, 10, alone=False)) == ["c"]
    assert found.take(99.0, 10, alone=False) == []
    assert found.pause(99.0, 0.1) == float("inf")


def test_nothing_waits_longer_than_it_must() -> None:
    ledger = Ledger()
    ledger.of(DEAR).cost = 1.0
    found = due(ledger, a=(DEAR, 0.0), b=(DEAR, 0.0), c=(CHEAP, 0.0))
    found.put("e", CHEAP, 1000.5)
    assert found.pause(0.0, 0.1) == 0.0  # somebody is in the queue
    assert uids(found.take(0.0, 10, alone=False)) == ["a", "c"]
    assert found.pause(0.0, 0.1) == 0.1  # one is held
    assert uids(found.take(1.0, 10, alone=False)) == ["b"]
    assert found.pause(1000.0, 0.1) == pytest.approx(0.5)


def test_what_is_held_is_no_sign_that_the_loop_stands_still() -> None:
    ledger = Ledger()
    ledger.of(DEAR).cost = 100.0
    found = due(ledger, a=(DEAR, 0.0), b=(DEAR, 0.0))
    found.take(0.0, 10, alone=False)
    assert found.behind(90.0) == 0.0
    found.put("c", CHEAP, 10.0)
    assert found.behind(90.0) == 80.0
    found.collect(90.0)
    assert found.behind(90.0) == 80.0


def test_what_is_skipped_is_due_no_more_wherever_it_was() -> None:
    ledger = Ledger()
    ledger.of(DEAR).cost = 100.0
    found = due(ledger, a=(DEAR, 0.0), b=(DEAR, 0.0), c=(CHEAP, 0.1), d=(CHEAP, 0.2))
    found.put("e", CHEAP, 2000.0)
    found.take(0.2, 2, alone=False)  # a and c; b is held, d is in the queue
    assert sorted(found.skip(1000.0)) == ["b", "d"]
    assert found.pause(1000.0, 0.1) == 1000.0


MOVES = st.lists(
    st.tuples(
        st.floats(0, 2),
        st.sampled_from(["put", "drop", "charge", "wait"]),
        st.integers(0, 40),
        st.floats(0, 3),
    ),
    max_size=60,
)


@given(MOVES)
def test_whatever_one_namespace_does_no_other_s_round_begins_later_for_it(
    failovers: list[tuple[float, str, int, float]],
) -> None:
    """At each look everything of the others begins that is due; what is dear begins behind it, once a due time."""
    ledger, waiting, now = Ledger(), {DEAR: 0}, 0.0
    found = Due(ledger, lambda namespace: waiting.get(namespace, 0))
    wanted: dict[str, float] = {}
    for number in range(5):
        found.put(f"other-{number}", CHEAP, number * 0.7)
        wanted[f"other-{number}"] = number * 0.7
    for pause, move, number, amount in failovers:
        now += pause
        uid = f"dear-{number}"
        if move == "put":
            found.put(uid, DEAR, now - amount)
            wanted[uid] = now - amount
        elif move == "drop":
            found.drop(uid)
            wanted.pop(uid, None)
        elif move == "charge":
            ledger.of(DEAR).charge(amount, now)
            ledger.of(DEAR).round_ended(amount)
        else:
            waiting[DEAR] = number
        found.collect(now)
        begun = found.take(now, 100, alone=False)
        names = uids(begun)
        assert sorted(name for name in names if name.startswith("other")) == sorted(
            name for name, at in wanted.items() if name.startswith("other") and at <= now
        )
        for one in begun:
            assert one.late == pytest.approx(now - wanted.pop(one.uid), abs=1e-6)
            if one.uid.startswith("other"):
                assert not one.postponed
                found.put(one.uid, CHEAP, now + 1.1)
                wanted[one.uid] = now + 1.1
    waiting[DEAR] = 0
    for _ in range(200):  # and in the end all of it has begun
        now += 10.0
        found.collect(now)
        for name in uids(found.take(now, 100, alone=False)):
            wanted.pop(name)
    assert not wanted
