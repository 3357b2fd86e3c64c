"""How much of the quota is used, and how long the Graph API is left alone: minutes in its headers, seconds here."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wahealth.core.resting import LONGEST
from wahealth.probe.cloud.graph_usage import UNSAID, rest_wanted, usage_of


def usage(*minutes: object, **per_cents: object) -> str:
    return json.dumps(
        {"900000000000002": [{"type": "messaging", "estimated_time_to_regain_access": m, **per_cents} for m in minutes]}
    )


@pytest.mark.parametrize(
    ("business", "retry_after", "seconds"),
    [
        (usage(0, 5), "", 300.0),
        (usage(5), "600", 600.0),
        (usage(5), "60", 300.0),
        ("", "90", 90.0),
        ("", "", UNSAID),
        (usage(0), "", UNSAID),
        (usage("five"), "", UNSAID),
        (usage(1e9), "", LONGEST),
        ("not JSON", "", UNSAID),
        ("[1, 2]", "", UNSAID),
        ('{"a": {"b": 1}}', "", UNSAID),
        ("[" * 100_000, "", UNSAID),
    ],
)
def test_the_longest_wait_that_is_named(business: str, retry_after: str, seconds: float) -> None:
    assert rest_wanted(usage_of("", business), retry_after) == seconds


@pytest.mark.parametrize(
    ("app", "business", "per_cent"),
    [
        ('{"call_count": 28, "total_time": 25, "total_cputime": 26}', "", 28.0),
        ('{"call_count": 28}', usage(0, call_count=1, total_cputime=70), 70.0),
        ('{"call_count": "many"}', usage(0, call_count=-5), 0.0),
        ('{"call_count": 1e400}', "", 10_000.0),
        ("28", "", 0.0),
        ("", "", 0.0),
    ],
)
def test_the_most_that_is_used_of_anything(app: str, business: str, per_cent: float) -> None:
    assert usage_of(app, business).per_cent == per_cent


@given(st.text(max_size=100), st.text(max_size=100), st.text(max_size=30))
def test_any_header_comes_to_a_wait_and_a_per_cent(app: str, business: str, retry_after: str) -> None:
    usage = usage_of(app, business)
    assert 0 <= usage.per_cent <= 10_000
    assert 0 <= usage.regain <= LONGEST
    assert 0 < rest_wanted(usage, retry_after) <= LONGEST
