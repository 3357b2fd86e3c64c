"""Every shape of answer seen, from the bytes to the verdict."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from support.builders import PAYLOADS, condition_of, node_verdicts, parsed, payload, verdict
from wahealth.core.answer import Answered, FailureReason, Malformed, Unreachable
from wahealth.core.status import ConditionType, Gateway, Mode
from wahealth.probe.payload import outcome_of, parse_health
from wahealth.probe.printable import clean
from wahealth.probe.semantics import leads_to


class Expected(NamedTuple):
    mode: Mode
    gateway: Gateway
    available: str
    connected: str


ANSWERS = {
    "compose-names": Expected(Mode.HIGH_AVAILABILITY, Gateway.CONNECTED, "Connected", "1/1"),
    "ha-failover": Expected(Mode.HIGH_AVAILABILITY, Gateway.CONNECTING, "Connecting", "0/1"),
    "ha-healthy": Expected(Mode.HIGH_AVAILABILITY, Gateway.CONNECTED, "Connected", "1/1"),
    "ha-minimal": Expected(Mode.HIGH_AVAILABILITY, Gateway.CONNECTED, "Connected", "1/1"),
    "ha-two-active": Expected(Mode.HIGH_AVAILABILITY, Gateway.CONNECTED, "MultipleActiveCoreapps", "2/1"),
    "mc2-no-spare": Expected(Mode.MULTICONNECT, Gateway.CONNECTED, "Connected", "2/2"),
    "mc2-with-spares": Expected(Mode.MULTICONNECT, Gateway.CONNECTED, "Connected", "2/2"),
    "mc4-partial": Expected(Mode.MULTICONNECT, Gateway.PARTIALLY_CONNECTED, "PartiallyConnected", "3/4"),
    "node-errors-inside-200": Expected(Mode.HIGH_AVAILABILITY, Gateway.UNREGISTERED, "Unregistered", "0/1"),
    "node-without-role": Expected(Mode.HIGH_AVAILABILITY, Gateway.DISCONNECTED, "Disconnected", "0/1"),
    "single-connected": Expected(Mode.SINGLE, Gateway.CONNECTED, "Connected", "1/1"),
    "single-disconnected": Expected(Mode.SINGLE, Gateway.DISCONNECTED, "Disconnected", "0/1"),
    "single-unregistered": Expected(Mode.SINGLE, Gateway.UNREGISTERED, "Unregistered", "0/1"),
    "uninitialized": Expected(Mode.HIGH_AVAILABILITY, Gateway.UNINITIALIZED, "Uninitialized", "0/1"),
}
NO_ANSWERS = {"meta-only", "proxy-unauthorized", "single-coreapp-gone", "unauthorized", "unauthorized-empty"}


def test_every_fixture_is_expected_here() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == ANSWERS.keys() | NO_ANSWERS


@pytest.mark.parametrize("name", ANSWERS)
def test_the_verdict(name: str) -> None:
    status = verdict(parsed(name))
    connected = status.connected
    assert connected is not None
    reason = condition_of(status, ConditionType.AVAILABLE)[1]
    assert Expected(status.mode or Mode.SINGLE, status.gateway, reason, connected.summary) == ANSWERS[name]


def test_a_key_is_split_at_its_last_colon() -> None:
    report = parse_health(
        b'{"health": {"fd00::1:master-0": {"gateway_status": "connected", "role": "coreapp"}}}'
    ).report  # type: ignore[union-attr]
    assert (report.nodes[0].host, report.nodes[0].container) == ("fd00::1", "master-0")


def test_two_nodes_may_share_a_host_part() -> None:
    assert set(node_verdicts(verdict(parsed("node-errors-inside-200")))) == {"wa-master-441-0", "wa-core-441-1"}


@pytest.mark.parametrize(("name", "version"), [("compose-names", "v2.18.13"), ("mc2-no-spare", "v2.37.1")])
def test_the_version_has_a_v(name: str, version: str) -> None:
    assert parsed(name).report.version == version


def test_the_version_may_be_absent() -> None:
    assert parsed("ha-minimal").report.version is None


MALFORMED = {
    "nothing": b"",
    "HTML": b"<!doctype html><title>Log in</title>",
    "null": b"null",
    "a list": b"[]",
    "health is a list": b'{"health": []}',
    "health is null": b'{"health": null}',
    "health is empty": b'{"health": {}}',
    "meta only": json.dumps(payload("meta-only")["body"]).encode(),
    "nodes are strings": b'{"health": {"a:b": "connected"}}',
    "a lone surrogate": b'{"health": {"h:\\ud800": {"gateway_status": "connected"}}}',
    "NaN": b'{"health": {"gateway_status": NaN}}',
    "not UTF-8": b'{"health": {"gateway_status": "\xff"}}',
    "UTF-16": '{"health": {"gateway_status": "connected"}}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"health": {"gateway_status": "connected"}}',
    "100,000 brackets": b"[" * 100_000,
    "a huge number": b'{"health": ' + b"9" * 100_000 + b"}",
    "the first half": b'{"health": {"gateway_sta',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_answer_is_a_value(body: bytes) -> None:
    assert isinstance(parse_health(body), Malformed)


def test_of_all_characters_printable_ascii_alone_is_let_through() -> None:
    for code in (*range(0x300), *range(0xD7F0, 0xE010), 0x1F600, 0x10FFFF):
        assert clean(chr(code), 1) == (chr(code) if 0x21 <= code <= 0x7E else "?")


def test_names_are_cut_and_cleaned() -> None:
    evil = "\x1b[31m{{x}}\n\ufffd" + "a" * 10_000
    answered = parse_health(json.dumps({"health": {f"h:{evil}": {"gateway_status": evil, "role": evil}}}).encode())
    (node,) = answered.report.nodes  # type: ignore[union-attr]
    assert len(node.key) <= 253
    assert node.key.isascii()
    assert node.key.isprintable()
    assert len(node.reported or "") <= 63
    assert node.role is None


def test_keys_that_are_the_same_once_cut_stay_two_nodes() -> None:
    body = {"health": {"a" * 300 + x: {"gateway_status": "connected", "role": "coreapp"} for x in "12"}}
    status = verdict(parse_health(json.dumps(body).encode()))
    assert status.connected.current == 2  # type: ignore[union-attr]
    assert len({n.name for n in status.nodes}) == 2


def test_names_that_are_the_same_once_cleaned_stay_as_many_nodes() -> None:
    for keys in (
        ["10.0.0.1:écore-1", "10.0.0.1:ècore-1", "10.0.0.1:écore-2", "10.0.0.1:ècore-2", "~2", "é", "è"],
        ["x" * 245 + end for end in ("aaaaaaaa1", "aaaaaaaa2", "bbbbbbbb1", "bbbbbbbb2")],
    ):
        body = {"health": {key: {"gateway_status": "connected", "role": "coreapp"} for key in keys}}
        answered = parse_health(json.dumps(body).encode())
        assert len({n.key for n in answered.report.nodes}) == len(keys)  # type: ignore[union-attr]


@pytest.mark.parametrize("depth", [*range(900, 1000, 3), 5000])
def test_an_answer_as_deep_as_the_stack(depth: int) -> None:
    """Half a character is looked for on a way that may be deeper than the one that read it."""
    body = b"[" * depth + b'"\\ud83d\\ude00"' + b"]" * depth
    assert isinstance(
        parse_health(b'{"health": {"gateway_status": "connected"}, "x": ' + body + b"}"), Answered | Malformed
    )


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://me:secret@login.example/start?return=secret", "https://login.example/start"),
        ("https://login.example/start;jsessionid=secret?x", "https://login.example/start"),
        ("https://%s:secret@login.example/" % ("me" * 200), "https://login.example/"),
        ("/start#secret", "/start"),
    ],
)
def test_nothing_that_may_be_a_secret_is_told_of_where_a_redirect_leads(location: str, shown: str) -> None:
    assert leads_to(location) == shown


def test_a_word_that_nothing_has_changed_is_no_redirect() -> None:
    for status in (204, 206, 304):
        heard = outcome_of(status, b"", "/")
        assert isinstance(heard, Unreachable)
        assert (heard.reason, heard.detail) == (FailureReason.HTTP_STATUS, f"HTTP {status}")
        found = verdict(heard).condition(ConditionType.REACHABLE)
        assert found is not None
        assert found.message == (
            f"The web pod answers HTTP {status}, but a health report comes with HTTP 200 only:"
            " look at what is in front of waweb, such as a proxy or a cache."
        )
