"""How much of an answer is read at all: what it holds is counted before anything is made of it."""

from __future__ import annotations

import base64
import json
import tracemalloc

import pytest

from support.work import instructions
from wahealth.core.answer import Answered, Malformed, Unreachable
from wahealth.probe.login import expiry_of, login_outcome_of
from wahealth.probe.payload import LONGEST_NAME, MOST_NODES, outcome_of, parse_health
from wahealth.probe.strict_json import LONGEST_NUMBER, MOST_VALUES, TOO_DEEP, TOO_MANY_VALUES, NotRead, document_of

MIB = 2**20
FLOODS = {
    "nodes": b'{"health":{%s}}' % b",".join(b'"a%d":{}' % n for n in range(80_000)),
    "numbers": b"[%s1]" % (b"1," * (MIB // 2 - 2)),
    "objects": b"[%s{}]" % (b"{}," * (MIB // 3 - 2)),
    "the same key": b'{"health":{%s"a":{}}}' % (b'"a":{},' * (MIB // 7 - 4)),
    "brackets": b"[" * MIB,
    "braces": b'{"":' * (MIB // 4),
    "commas in a word": b'{"health":{"gateway_status":"%s"}}' % (b"," * (MIB - 40)),
}
floods = pytest.mark.parametrize("body", FLOODS.values(), ids=FLOODS.keys())


def nodes(count: int, length: int = 0) -> bytes:
    entry = {"gateway_status": "connected", "role": "coreapp"}
    return json.dumps({"health": {f"10.0.0.1:core-{n}".ljust(length, "n"): entry for n in range(count)}}).encode()


@floods
def test_a_flood_of_values_is_refused_in_one_sentence(body: bytes) -> None:
    assert len(body) <= MIB
    assert parse_health(body) == Malformed(TOO_MANY_VALUES)
    assert login_outcome_of(200, body, 0) == Malformed(TOO_MANY_VALUES)
    refused = outcome_of(503, body)
    assert isinstance(refused, Unreachable)
    assert refused.detail == "HTTP 503"


@floods
def test_nothing_is_made_of_a_flood(body: bytes) -> None:
    """All work on it is three looks through it, in C."""
    tracemalloc.start()
    parse_health(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * 1024
    assert instructions(lambda: parse_health(body)) < 200


def test_as_many_values_as_may_be() -> None:
    most = b"[%s1]" % (b"1," * (MOST_VALUES - 1))
    assert len(document_of(most)) == MOST_VALUES
    with pytest.raises(NotRead):
        document_of(b"[%s]" % most)


def test_a_token_is_bounded_too() -> None:
    claims = b'{"exp": 2000000000, "x": [%s]}'
    few, many = (claims % b",".join([b"1"] * count) for count in (10, MOST_VALUES))
    ends = [expiry_of(b"e30." + base64.urlsafe_b64encode(claims) + b".") for claims in (few, many)]
    assert [end is None for end in ends] == [False, True]


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"]
)
def test_no_other_encoding_is_read(encoding: str) -> None:
    """Some of them have other bytes for what is counted; none of them is taken for JSON."""
    body = '{"health": {"gateway_status": "connected"}}'.encode(encoding)
    assert parse_health(body) == Malformed("the body is not JSON")


def test_other_characters_do_not_count() -> None:
    """No byte of a longer character is one of those that are counted, and an escape is a part of a string."""
    text = "".join(map(chr, [*range(0x80, 0xD800, 7), *range(0xE000, 0x11000, 7), 0x2C7B, 0x5B2C, 0x7B5B])) * 4
    escaped = "\\u007b\\u002c\\u005b" * MOST_VALUES
    assert document_of(f'["{text}","{escaped}"]'.encode()) == [text, "{,[" * MOST_VALUES]


def test_a_whole_number_of_any_length_is_read_at_once() -> None:
    """The digits of an int cost their square."""
    assert document_of(b"9" * 100_000) == float("inf")
    assert type(document_of(b"7")) is float


def test_no_long_number_is_read() -> None:
    """One of 700 digits that lies between two floats is read digit by digit: as many as fit into 1 MiB cost 60 ms."""
    for long in ("1" * 700, f"-0.{'0' * LONGEST_NUMBER}1", "1" * (LONGEST_NUMBER + 1)):
        assert document_of(f"[{long}]".encode()) == [float("inf")]
    for short in ("-1.7976931348623157e+308", "5e-324", "9" * LONGEST_NUMBER):
        assert document_of(f"[{short}]".encode()) == [float(short)]
    assert outcome_of(500, b'{"errors": [{"code": 1014.%s}]}' % (b"0" * 700)) == outcome_of(500, b"")


def test_half_a_character_beside_dear_numbers() -> None:
    numbers = b"1.2345678901234567e-300," * 10
    assert document_of(b'[%s"\\ud83d\\ude00"]' % numbers)[-1] == "\N{GRINNING FACE}"
    for half in (b'["\\ud83d"]', b'["\\uDe00"]', b'{"\\ud83d": 1}'):
        assert parse_health(half) == Malformed("the body is not JSON")


def test_as_many_nodes_as_a_client_may_have() -> None:
    most = parse_health(nodes(MOST_NODES, LONGEST_NAME))
    assert isinstance(most, Answered)
    assert len(most.report.nodes) == MOST_NODES
    too_many = Malformed("the body names 1,001 nodes; no client has more than 1,000")
    assert parse_health(nodes(MOST_NODES + 1)) == too_many


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b'{"health":' + b"[" * 5_000 + b"]" * 5_000 + b"}", TOO_DEEP),
        (b'  {"a":"%s"}' % (b"," * MOST_VALUES), TOO_MANY_VALUES),
        (b"<html><style>" + b"a{b:c,d}" * MOST_VALUES, "the body is not JSON"),
        (b"", "the body is empty"),
        (b'{"health": {"gateway_status": null}}', "its gateway_status is no word"),
        (b'{"health": {"a": 1}}', "the body names no node and no gateway_status"),
    ],
    ids=["deep JSON", "JSON with many commas", "a page with many commas", "nothing", "no word", "neither"],
)
def test_nothing_untrue_is_said_of_a_body(body: bytes, problem: str) -> None:
    assert parse_health(body) == Malformed(problem)


def test_what_is_no_node_is_not_counted() -> None:
    entries = {str(n): n for n in range(5_000)} | {"10.0.0.1:core-0": {"gateway_status": "connected"}}
    outcome = parse_health(json.dumps({"health": entries}).encode())
    assert isinstance(outcome, Answered)
    assert len(outcome.report.nodes) == 1
