"""The status stays small, whatever is answered, and what it costs grows no faster than the answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from support.builders import START, Story, facts
from support.work import instructions
from wahealth.api.convert import status_document
from wahealth.core.answer import Answered, Malformed, Outcome
from wahealth.core.facts import Pod, Pods
from wahealth.core.history.believed import LONGEST_NAMES, MOST_COREAPPS, Believed, HistoryEntry
from wahealth.core.history.packed import pack
from wahealth.core.history.stored import MOST
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionStatus, Gateway, KeyInUse, Mode, Status
from wahealth.probe.payload import LONGEST_NAME, MOST_NODES, parse_health

LARGEST = 64 * 1024


def answer_of(count: int, length: int, status: str, first: int = 0) -> Answered:
    """Names as long as they are kept, of nodes numbered from `first` on."""
    numbers = range(first, first + count)
    names = (f"10.{number // 65536}.{number // 256 % 256}.{number % 256}:{number}" for number in numbers)
    entries = {name.ljust(length, "n"): {"gateway_status": status, "role": "coreapp"} for name in names}
    outcome = parse_health(json.dumps({"health": entries}).encode())
    assert isinstance(outcome, Answered)
    return outcome


def size(*outcomes: Outcome) -> int:
    story = Story().rounds(12, facts(*outcomes))
    return len(json.dumps(status_document(story.written)))


@pytest.mark.parametrize("status", ["connected", "disconnected", "a-word-that-nobody-knows-" * 4])
@pytest.mark.parametrize("length", [20, LONGEST_NAME], ids=["short names", "names as long as they may be"])
def test_as_many_nodes_as_there_may_be(status: str, length: int) -> None:
    assert size(answer_of(MOST_NODES, length, status)) < LARGEST


def test_ten_thousand_nodes_are_no_answer() -> None:
    """Neither read nor remembered: what is written is one sentence."""
    entries: dict[str, object] = {f"10.0.0.1:core-{number}": {} for number in range(10_000)}
    outcome = parse_health(json.dumps({"health": entries}).encode())
    assert isinstance(outcome, Malformed)
    assert size(outcome) < 4 * 1024


def test_long_names_and_many_web_pods() -> None:
    long = answer_of(200, LONGEST_NAME, "connected")
    assert size(*[long] * 200) < LARGEST
    assert size(long, *[Malformed("the body is not JSON")] * 200) < LARGEST


def test_long_names_of_pods_and_kubernetes_nodes() -> None:
    long = answer_of(200, LONGEST_NAME, "connected")
    pods = {n.container: Pod(n.container, n.host, "k" * 253) for n in long.report.nodes}
    story = Story().rounds(3, replace(facts(*[long] * 200), pods=Pods({}, pods)))
    assert len(json.dumps(status_document(story.written))) < LARGEST
    assert story.written.connected is not None
    assert story.written.connected.current == 200


def largest_history(length: int) -> bytes:
    """As many entries as there may be, each with as many long names as are kept."""
    few = LONGEST_NAMES // length
    coreapps = tuple(str(number).ljust(length, "c") for number in range(min(MOST_COREAPPS, few)))
    believed = Believed(
        ConditionStatus.UNKNOWN,
        max(Reason, key=len),
        Gateway.PARTIALLY_CONNECTED,
        Mode.HIGH_AVAILABILITY,
        "1000/1000",
        "m" * length,
        coreapps,
        KeyInUse.PREVIOUS,
    )
    began = START - timedelta(days=MOST)
    return pack(HistoryEntry(began + timedelta(hours=turn), believed, "n" * 128) for turn in range(MOST, 0, -1))


@pytest.mark.parametrize(("length", "listed"), [(20, 80), (64, 80), (LONGEST_NAME, 26)])
def test_as_many_nodes_as_there_may_be_with_a_full_history(length: int, listed: int) -> None:
    """Of nodes with long names fewer are listed."""
    long = answer_of(200, length, "connected")
    pods = {n.container: Pod(n.container, n.host, "k" * length) for n in long.report.nodes}
    said = replace(facts(*[long] * 200), pods=Pods({}, pods))
    story = Story(Status(history=largest_history(length)))
    story.rounds(3, said)
    document = status_document(story.written)
    assert (len(document["history"]), len(document["topology"]["nodes"])) == (MOST, listed)
    assert len(json.dumps(document)) < LARGEST


@pytest.mark.parametrize("status", ["connected", "disconnected"])
@pytest.mark.parametrize("moved", [0, 1], ids=["the same nodes", "all of them new"])
def test_twice_the_nodes_cost_little_more_than_twice_as_much(status: str, moved: int) -> None:
    """n log n is allowed; a step that compares each with each would cost four times as much."""

    def cost(count: int) -> int:
        first, then = answer_of(count, 20, status), answer_of(count, 20, status, moved * count)
        story = Story().rounds(3, facts(first))
        return instructions(lambda: story.rounds(3, facts(then)))

    assert cost(600) < 2.5 * cost(300)
