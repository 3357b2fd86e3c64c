"""Numbers of one token share its budget: spread evenly, whoever they belong to, and never as a burst."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wahealth.core.cloud.errors import ErrorClass, GraphError
from wahealth.core.cloud.quota import AT_ONCE, HOURLY, MOST_HOURLY, SHARE, BudgetKey, Quota, Usage

PERIOD = 300.0
TOKEN = BudgetKey("token")
THROTTLED = GraphError(ErrorClass.THROTTLE, 400, 80008, retry_after=300.0)
BUDGET = HOURLY * SHARE  # requests an hour


class Hour:
    """Resources that look each `tick` seconds, and ask where the quota lets them."""

    def __init__(self, quota: Quota, tick: float = 15.0) -> None:
        self.quota, self.tick, self.now = quota, tick, 1000.0
        self.asked: dict[str, list[float]] = {}

    def run(self, seconds: float, *uids: str, key: BudgetKey = TOKEN) -> None:
        end = self.now + seconds
        while self.now < end:
            for uid in uids:
                if self.quota.wait(key, uid, PERIOD, self.now):
                    continue
                times = self.asked.setdefault(uid, [])
                if not times or self.now - times[-1] >= self.quota.period(key, PERIOD):
                    times.append(self.now)
            self.now += self.tick

    def count(self, after: float = 0.0) -> int:
        return sum(at >= after for times in self.asked.values() for at in times)


def test_one_number_is_asked_as_it_wants() -> None:
    hour = Hour(Quota())
    hour.run(3600, "a")
    assert len(hour.asked["a"]) == 12


@pytest.mark.parametrize("numbers", [20, 40, 200, 1000])
def test_many_numbers_stay_within_the_budget(numbers: int) -> None:
    hour, uids = Hour(Quota()), [f"uid-{number}" for number in range(numbers)]
    hour.run(3600, *uids)
    assert hour.count() <= BUDGET + AT_ONCE
    began = hour.now
    hour.run(3600, *uids)
    assert hour.count(began) <= BUDGET + 1


def test_each_of_forty_numbers_is_asked_as_often_as_any_other() -> None:
    hour, uids = Hour(Quota()), [f"uid-{number}" for number in range(40)]
    hour.run(4 * 3600, *uids)
    times = [len(asked) for asked in hour.asked.values()]
    assert len(times) == 40
    assert max(times) - min(times) <= 1


def test_a_process_that_starts_does_not_ask_for_all_at_once() -> None:
    hour = Hour(Quota())
    hour.run(15, *[f"uid-{number}" for number in range(100)])
    assert hour.count() == AT_ONCE + 1


def test_tokens_do_not_share() -> None:
    hour = Hour(Quota())
    hour.run(15, *[f"uid-{number}" for number in range(100)])
    hour.run(15, "other", key=BudgetKey("another"))
    assert hour.asked["other"]


def test_a_shard_takes_its_share() -> None:
    hour, uids = Hour(Quota(shards=4)), [f"uid-{number}" for number in range(100)]
    hour.run(3600, *uids)
    began = hour.now
    hour.run(3600, *uids)
    assert hour.count(began) <= BUDGET / 4 + 1


def test_what_is_gone_leaves_its_share_to_the_others() -> None:
    hour, uids = Hour(Quota()), [f"uid-{number}" for number in range(40)]
    hour.run(3600, *uids)
    assert hour.quota.period(TOKEN, PERIOD) > PERIOD
    hour.run(3600, *uids[:5])
    assert hour.quota.period(TOKEN, PERIOD) == PERIOD


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(0.1, 900)), max_size=60))
def test_no_order_of_questions_makes_a_wait_negative_or_endless(story: list[tuple[str, float]]) -> None:
    quota, now = Quota(), 0.0
    for uid, passed in story:
        now += passed
        assert 0 <= quota.wait(TOKEN, uid, PERIOD, now) <= 8 * 3600 / BUDGET
        assert quota.period(TOKEN, PERIOD) >= PERIOD


def test_rounds_with_more_requests_come_less_often() -> None:
    quota = Quota()
    for uid in range(40):
        quota.wait(TOKEN, str(uid), PERIOD, 0.0, cost=1.5)
    assert quota.period(TOKEN, PERIOD) == pytest.approx(1.5 * 40 * 3600 / BUDGET)
    quota.wait(TOKEN, "0", PERIOD, 1.0, cost=1.0)
    assert quota.period(TOKEN, PERIOD) == pytest.approx((1.5 * 39 + 1.0) * 3600 / BUDGET)


def after(calls: int, per_cent: float, shards: int = 1, age: float = 0.0) -> float:
    """Requests an hour that a budget takes which has sent so many, and heard that so much is used."""
    quota = Quota(shards)
    quota.wait(TOKEN, "early", PERIOD, 0.0)
    for _ in range(calls):
        quota.asked(TOKEN, age)
    quota.heard(TOKEN, Usage(per_cent), None, age)
    for uid in range(10_000):
        quota.wait(TOKEN, str(uid), PERIOD, age)
    return 10_001.0 * 3600 / quota.period(TOKEN, PERIOD)


@pytest.mark.parametrize(
    ("calls", "per_cent", "hourly"),
    [
        (50, 25, 200),
        (50, 10, 500),
        (100, 2, 5000),
        (100, 1, MOST_HOURLY),
        (50, 0, HOURLY),  # nothing is said
        (9, 1, HOURLY),  # too few to say anything
    ],
)
def test_the_quota_is_learned_from_what_is_used_of_it(calls: int, per_cent: float, hourly: float) -> None:
    assert after(calls, per_cent) == pytest.approx(hourly * SHARE)


def test_what_others_use_is_left_to_them_but_not_all() -> None:
    """Within its first hour a process does not know what the one before it has used."""
    assert after(20, 100) == pytest.approx(HOURLY * SHARE)
    assert after(50, 100, age=3600.0) == pytest.approx(50 * SHARE, rel=1e-3)
    assert after(10, 1e4, age=3600.0) == pytest.approx(HOURLY / 10 * SHARE, rel=1e-3)


def test_a_shard_learns_its_own_share() -> None:
    assert after(50, 10, shards=4) == pytest.approx(500 * SHARE)
    assert after(100, 1, shards=4) == pytest.approx(MOST_HOURLY / 4 * SHARE)


@pytest.mark.parametrize("limited", [True, False])
def test_a_pause_is_the_whole_budgets_and_ends(limited: bool) -> None:
    quota = Quota(limited=limited)
    quota.pause(TOKEN, THROTTLED, 10.0)
    assert quota.paused(TOKEN, 110.0) == THROTTLED._replace(retry_after=200.0)
    assert quota.paused(BudgetKey("another"), 110.0) is None
    assert quota.paused(TOKEN, 310.0) is None


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    quota = Quota()
    quota.pause(TOKEN, THROTTLED._replace(retry_after=3600.0), 0.0)
    quota.pause(TOKEN, THROTTLED._replace(retry_after=60.0), 1.0)
    assert quota.paused(TOKEN, 3000.0) is not None


def test_an_answer_that_says_when_access_is_regained_is_a_pause() -> None:
    quota = Quota()
    quota.heard(TOKEN, Usage(100.0, 600.0), None, 0.0)
    paused = quota.paused(TOKEN, 60.0)
    assert paused is not None
    assert (paused.kind, paused.retry_after) == (ErrorClass.THROTTLE, 540.0)


def test_resources_that_come_and_go_leave_their_turns_to_others() -> None:
    """Created and deleted in a loop, they had put off the first turn of every other number for hours."""
    quota = Quota()
    for uid in range(1000):
        quota.wait(TOKEN, f"gone-{uid}", PERIOD, 0.0)
        quota.drop(f"gone-{uid}")
    assert quota.wait(TOKEN, "new", PERIOD, 600.0) == 0
    assert quota.period(TOKEN, PERIOD) == PERIOD


def test_a_token_keeps_its_budget_when_its_app_becomes_known() -> None:
    quota, app = Quota(), BudgetKey("app")
    for uid in range(40):
        quota.wait(TOKEN, str(uid), PERIOD, 0.0)
    quota.pause(TOKEN, THROTTLED, 0.0)
    period = quota.period(TOKEN, PERIOD)
    assert quota.wait(app, "0", PERIOD, 100.0) == 0
    assert quota.paused(app, 100.0) is not None
    assert quota.period(app, PERIOD) == quota.period(TOKEN, PERIOD) == period


def test_another_account_has_another_budget() -> None:
    quota, other = Quota(), BudgetKey("token", "900000000000002")
    for uid in range(40):
        quota.wait(TOKEN, str(uid), PERIOD, 0.0)
    for uid in range(40):
        quota.wait(other, str(uid), PERIOD, 300.0)
    assert quota.period(TOKEN, PERIOD) == PERIOD
    assert quota.period(other, PERIOD) > PERIOD


def test_what_nobody_uses_is_forgotten() -> None:
    quota = Quota()
    quota.wait(TOKEN, "a", PERIOD, 0.0)
    quota.asked(TOKEN, 0.0)
    quota.pause(TOKEN, THROTTLED._replace(retry_after=9000.0), 0.0)
    quota.wait(BudgetKey("another"), "b", PERIOD, 8000.0)
    assert quota.paused(TOKEN, 8000.0) is not None
    quota.wait(BudgetKey("another"), "b", PERIOD, 9100.0)
    assert TOKEN not in quota._budgets
