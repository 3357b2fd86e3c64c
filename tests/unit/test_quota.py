"""Numbers of one token share its budget: spread evenly, whoever they belong to, and never as a burst."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wahealth.core.cloud.quota import AT_ONCE, HOURLY, SHARE, Quota

PERIOD = 300.0
BUDGET = HOURLY * SHARE  # requests an hour


class Hour:
    """Resources that look each `tick` seconds, and ask where the quota lets them."""

    def __init__(self, quota: Quota, tick: float = 15.0) -> None:
        self.quota, self.tick, self.now = quota, tick, 1000.0
        self.asked: dict[str, list[float]] = {}

    def run(self, seconds: float, *uids: str, token: str = "token") -> None:
        end = self.now + seconds
        while self.now < end:
            for uid in uids:
                if self.quota.wait(token, uid, PERIOD, self.now):
                    continue
                times = self.asked.setdefault(uid, [])
                if not times or self.now - times[-1] >= self.quota.period(token, PERIOD):
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
    hour.run(15, "other", token="another")
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
    assert hour.quota.period("token", PERIOD) > PERIOD
    hour.run(3600, *uids[:5])
    assert hour.quota.period("token", PERIOD) == PERIOD


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(0.1, 900)), max_size=60))
def test_no_order_of_questions_makes_a_wait_negative_or_endless(story: list[tuple[str, float]]) -> None:
    quota, now = Quota(), 0.0
    for uid, passed in story:
        now += passed
        assert 0 <= quota.wait("token", uid, PERIOD, now) <= 8 * 3600 / BUDGET
        assert quota.period("token", PERIOD) >= PERIOD
