"""What is taken for the same answer, h11 reads as the same answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.lanes import answer
from support.read import read
from wahealth.probe.repeat import Said

QUESTION = b"GET /v1/health HTTP/1.1\r\nHost: w\r\n\r\n"
DATE, OTHER = "Thu, 01 Jan 2026 00:00:30 GMT", "Fri, 02 Jan 2026 10:01:00 GMT"
BODY = {"health": {"gateway_status": "connected"}}
PLAIN, DATED = answer(BODY), answer(BODY, f"Date: {DATE}", "Server: waweb")


def mutated(first: bytes) -> st.SearchStrategy[bytes]:
    places = st.integers(0, len(first))
    edits = st.tuples(places, places, st.binary(max_size=4) | st.sampled_from([b"\r\n", b"\n", b": ", OTHER.encode()]))
    return st.lists(edits, min_size=1, max_size=3).map(lambda some: changed(first, some))


def changed(first: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for begin, end, put in edits:
        first = first[: min(begin, end)] + put + first[min(begin, end) + len(put) :]
    return first


@given(mutated(DATED) | st.sampled_from([DATED.replace(DATE.encode(), OTHER.encode()), DATED]))
def test_what_counts_as_the_same_is_read_alike(received: bytes) -> None:
    if Said(QUESTION, DATED).is_repeated_by(received):
        assert read(received) == read(DATED)


def test_only_the_value_of_date_may_differ() -> None:
    kept = Said(QUESTION, DATED)
    assert kept.is_repeated_by(DATED)
    assert kept.is_repeated_by(DATED.replace(DATE.encode(), OTHER.encode()))
    for place, byte in enumerate(DATED):
        other = DATED[:place] + bytes([byte ^ 1]) + DATED[place + 1 :]
        assert not kept.is_repeated_by(other) or DATED.index(b"Thu") <= place < DATED.index(b" GMT")


@pytest.mark.parametrize(
    "received", [PLAIN[:-1], PLAIN + b"x", b"", PLAIN.replace(b"200", b"201"), PLAIN.lower(), PLAIN + PLAIN]
)
def test_another_answer_is_not_the_same(received: bytes) -> None:
    assert Said(QUESTION, PLAIN).is_repeated_by(PLAIN)
    assert not Said(QUESTION, PLAIN).is_repeated_by(received)


def test_the_beginning_of_the_same_is_waited_for() -> None:
    kept = Said(QUESTION, DATED)
    assert all(kept.is_begun_by(DATED[:length]) for length in range(len(DATED)))
    assert not kept.is_begun_by(DATED)
    assert not kept.is_begun_by(b"HTTP/1.1 5")


def test_a_date_that_is_not_alone_or_stands_in_the_body_is_as_any_other_bytes() -> None:
    twice = answer(BODY, f"Date: {DATE}", f"Date: {DATE}")
    in_body = answer({"said": f"\r\nDate: {DATE}\r\n"})
    for whole in (twice, in_body):
        assert Said(QUESTION, whole).is_repeated_by(whole)
        assert not Said(QUESTION, whole).is_repeated_by(whole.replace(DATE.encode(), OTHER.encode()))
        assert not Said(QUESTION, whole).is_repeated_by(whole.replace(DATE.encode(), OTHER.encode(), 1))


def test_what_signs_in_is_in_no_representation() -> None:
    assert "canary" not in repr(Said(b"Authorization: canary", PLAIN))
