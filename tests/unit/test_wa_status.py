"""What `kubectl wa status` and `history` show of documents."""

from __future__ import annotations

import io
import json
from datetime import UTC
from typing import Any

import pytest

from support.looked import NOW, ago, client, condition, healthy, look, node, resource, state, words
from wahealth.wa import history, status
from wahealth.wa.cluster import Part
from wahealth.wa.screen import Screen, line
from wahealth.wa.verdict import Word, believed

WIDE = 200


def shown(document: dict[str, Any] | None = None, width: int = WIDE, **more: Any) -> str:
    return words(status.lines(look(document, **more), width, UTC))


def test_the_screen_of_an_outage() -> None:
    event = {
        "type": "Warning",
        "reason": "FailoverStalled",
        "message": "Nobody took over from an active node: look at the other coreapps and masters.",
        "lastTimestamp": ago(800),
        "count": 3,
    }
    pod = {
        "metadata": {"name": "core-1"},
        "status": {
            "phase": "Running",
            "containerStatuses": [
                {"ready": False, "restartCount": 5, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
            ],
        },
    }
    ill, moved = "answers disconnected, CrashLoopBackOff, 5 restarts", "Failover from core-0 took 12 s."
    assert shown(events=Part((event,)), pods=Part((pod,))).splitlines() == [
        "support · acme   DOWN for 14 min   HighAvailability · v2.53.1",
        "  0 of 1 coreapp is connected to the WhatsApp servers.",
        "  Next: Look at the coreapps.",
        "        kubectl -n acme logs core-1 --since=20m",
        "",
        "  web      2 of 2 answer   support-web-0 ✓   support-web-1 ✓",
        f"  coreapps 0/1 connected   core-1 ✗ faulty 14 min ({ill})   core-0 ✗ stale 14 min (node n7)",
        "  masters  2 of 2 usable   master-0 ✓ primary 41 d   master-1 ✓ standby 14 min",
        "  key      accepted · certificate 23 d left",
        "  asked    every 30 s by wahealth-7c9d-x, which renewed its Lease 2 s ago",
        "",
        "  11:46:00     False  Disconnected  0/1  now, for 14 min  Disconnected",
        f"  11:45:20     True   Available     1/1  for 40 s         Connected     core-1  {moved}",
        "  Nov 3 11:45  True   Available     1/1  for 25 d         Connected     core-0",
        "",
        f"  11:46:40  Warning FailoverStalled (3 times): {event['message']}",
        "  Times are UTC.",
    ]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_sentence_is_cut_and_no_line_is_longer_than_the_terminal(width: int) -> None:
    """But for a command or a name that is longer itself: it is there to be copied."""
    texts = shown(width=width).splitlines()
    assert not [text for text in texts if len(text) > width and "kubectl" not in text and "✗" not in text]
    assert "look at the coreapps." in " ".join(shown(width=width).lower().split())


def test_a_verdict_whose_operator_is_gone_is_not_told_as_current() -> None:
    text = shown(age=7200)
    assert text.startswith("support · acme   UNKNOWN · last seen 2 h ago by wahealth-7c9d-x")
    assert "No operator has held the Lease for 2 h, so nobody looks: it was DOWN, when it was last seen." in text
    assert "kubectl -n wahealth-system get pods" in text
    assert look(age=7200).verdict.code == 2


def test_the_operator_is_looked_for_where_it_runs() -> None:
    gone = look(age=7200)
    elsewhere = gone._replace(operators=gone.operators._replace(namespace="ops"))
    assert "kubectl -n ops get pods" in words(status.lines(elsewhere, WIDE, UTC))


def test_between_two_leaders_nothing_changes() -> None:
    assert look(age=29).verdict.word is Word.DOWN
    assert look(age=31).verdict.word is Word.UNKNOWN


@pytest.mark.parametrize(
    ("conditions", "more", "word", "code"),
    [
        ([("Ready", "True", "Available")], {}, Word.UP, 0),
        ([("Ready", "True", "Available"), ("RedundancySatisfied", "False", "NoSpareCoreapp")], {}, Word.DEGRADED, 0),
        ([("Ready", "False", "PartiallyConnected")], {"gateway": "PartiallyConnected"}, Word.DEGRADED, 1),
        ([("Ready", "False", "Disconnected"), ("Available", "False", "Disconnected")], {}, Word.DOWN, 1),
        ([("Ready", "False", "ConnectTimeout"), ("Reachable", "False", "ConnectTimeout")], {}, Word.DOWN, 1),
        ([("Ready", "False", "SecretNotFound"), ("Accepted", "False", "SecretNotFound")], {}, Word.UNKNOWN, 1),
        ([("Ready", "Unknown", "GracePeriod")], {}, Word.UNKNOWN, 2),
        ([("Suspended", "True", "Suspended")], {}, Word.SUSPENDED, 2),
        ([], {}, Word.UNKNOWN, 2),
    ],
)
def test_the_word(conditions: list[tuple[str, str, str]], more: dict[str, Any], word: Word, code: int) -> None:
    written = [condition(kind, status, reason, "It is so.") for kind, status, reason in conditions]
    found = believed(client(resource(conditions=written, **{"gateway": "Unknown", **more})))
    assert (found.word, found.code) == (word, code)


def test_what_else_is_wrong_is_told_once() -> None:
    refused = condition("CredentialsValid", "False", "APIKeyRejected", "The client rejects the API key.")
    ready = {**refused, "type": "Ready", "status": "Unknown"}
    restart = condition("RestartRequired", "True", "PreviousKeyInUse", "waweb still runs the previous API key on a-0.")
    text = shown(resource(conditions=[refused, ready, restart]))
    assert text.count("The client rejects the API key.") == 1
    assert "  Also: waweb still runs the previous API key on a-0." in text


def test_a_spec_that_is_newer_than_its_verdict() -> None:
    document = healthy()
    document["metadata"]["generation"] = 2
    assert "This is about the spec before its last change." in shown(document)


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"history": None, "topology": None, "endpoints": None, "conditions": None},
        {"history": "x", "topology": [], "endpoints": [1], "conditions": [{}], "connected": 4, "mode": {}},
        {"history": [{"time": "yesterday"}, {"time": 7}, None], "tls": {"notAfterTime": "2026-11-28"}},
        {"conditions": [{"type": "Ready", "status": True}], "lastFailover": {"time": "x"}, "unknown": {"of": "later"}},
    ],
)
def test_documents_of_other_versions_are_shown_as_far_as_they_go(status: dict[str, Any]) -> None:
    assert shown({"metadata": {"name": "support", "namespace": "acme"}, "status": status}).startswith("support · acme")


def test_no_escape_sequence_of_a_document_reaches_a_terminal() -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\u202edlrow\r\n\x9b31m"
    document = resource(
        clientVersion=evil,
        mode=evil,
        conditions=[condition("Ready", "False", evil, evil)],
        topology={"nodes": [node(evil, "Coreapp", "Faulty", nodeName=evil, reportedRole=evil)]},
        endpoints=[{"pod": evil, "reachable": False, "reason": evil}],
        history=[state(60, "False", evil, note=evil, connected=evil, connectedCoreapps=[evil])],
    )
    document["metadata"]["name"] = evil
    event = {"type": evil, "reason": evil, "message": evil, "lastTimestamp": ago(1)}
    for text in (shown(document, events=Part((event,))), words(history.page(client(document), NOW, WIDE, UTC))):
        assert all(character.isprintable() for character in text.replace("\n", ""))
    printed = json.dumps(status.document(look(document)))
    assert printed.isascii()
    assert printed.isprintable()


@pytest.mark.parametrize("name", ["a; rm -rf ~", "$(id)", "-rf", "a b", "A"])
def test_no_command_to_copy_holds_more_than_plain_names(name: str) -> None:
    document = resource(topology={"nodes": [node(name, "Coreapp", "Faulty")]}, endpoints=[])
    assert "        kubectl -n acme get pods -o wide" in shown(document)
    assert name not in " ".join(text for text in shown(document).splitlines() if "kubectl" in text)


def test_what_may_not_be_read_is_told_in_its_place() -> None:
    text = shown(events=Part(missing="you may not list events in acme: ask for that right"))
    assert text.count("you may not list events in acme: ask for that right.") == 1


def test_many_nodes_are_counted_and_the_worst_are_named() -> None:
    nodes = [node(f"core-{n}", "Coreapp", "Active") for n in range(40)] + [node("core-x", "Coreapp", "Faulty")]
    text = shown(healthy(topology={"nodes": nodes}))
    assert "core-x ✗ faulty" in text
    assert "and 29 more" in text


def test_the_history_says_when_there_is_none() -> None:
    assert words(history.page(client(resource(history=[])), NOW, WIDE, UTC)).startswith("No state was confirmed yet")


@pytest.mark.parametrize(
    ("document", "ends"),
    [
        (resource(), "Next: Look at the coreapps.\n      kubectl -n acme logs core-1 --since=20m"),
        (healthy(lastFailover=None), "Next: Nothing: what the status shows is well."),
        (
            healthy(lastFailover={"time": ago(600), "from": "core-1", "to": "core-0", "durationSeconds": 60}),
            "(core-0 took over after 60 s).\n      kubectl -n acme logs core-1 --since-time=2026-11-28T11:39:00Z",
        ),
    ],
)
def test_the_history_ends_with_what_to_do(document: dict[str, Any], ends: str) -> None:
    assert words(history.page(client(document), NOW, WIDE, UTC)).endswith(ends)


def test_columns_of_the_history_go_by_their_weight() -> None:
    narrow, wide = (words(history.page(client(), NOW, width, UTC)) for width in (60, WIDE))
    assert "CARRIED BY" in wide
    assert "CARRIED BY" not in narrow
    assert "Disconnected" in narrow
    assert max(map(len, narrow.splitlines())) <= 60


def test_a_stream_without_check_marks_gets_plain_ones() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Screen.of(stream, {}).write([line("é ✓ · ✗")])
    stream.flush()
    assert raw.getvalue() == b"? + - x\n"
