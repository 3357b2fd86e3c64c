"""How long the Graph API is left alone: minutes in its headers, seconds here."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wahealth.probe.cloud.graph_usage import LONGEST, UNSAID, rest_wanted


def usage(*minutes: object) -> str:
    return json.dumps(
        {"900000000000002": [{"type": "messaging", "estimated_time_to_regain_access": m} for m in minutes]}
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
    assert rest_wanted(business, retry_after) == seconds


@given(st.text(max_size=100), st.text(max_size=30))
def test_any_header_comes_to_a_wait(business: str, retry_after: str) -> None:
    assert 0 < rest_wanted(business, retry_after) <= LONGEST
