"""The status stays small, whatever is answered."""

from __future__ import annotations

import json
from dataclasses import replace

from builders import Story, facts
from wahealth.api.convert import status_document
from wahealth.core.answer import Answered, Malformed, Outcome
from wahealth.core.facts import Pod, Pods
from wahealth.probe.payload import LONGEST_NAME, parse_health

LARGEST = 64 * 1024


def answer_of(count: int, length: int, status: str) -> Answered:
    """Names as long as they are kept."""
    names = (f"10.{number // 65536}.{number // 256 % 256}.{number % 256}:{number}" for number in range(count))
    entries = {name.ljust(length, "n"): {"gateway_status": status, "role": "coreapp"} for name in names}
    outcome = parse_health(json.dumps({"health": entries}).encode())
    assert isinstance(outcome, Answered)
    return outcome


def size(*outcomes: Outcome) -> int:
    story = Story().rounds(12, facts(*outcomes))
    return len(json.dumps(status_document(story.written)))


def test_ten_thousand_nodes() -> None:
    for status in ("connected", "disconnected", "a-word-that-nobody-knows-" * 4):
        assert size(answer_of(10_000, 20, status)) < LARGEST


def test_names_as_long_as_they_may_be() -> None:
    assert size(answer_of(3_000, LONGEST_NAME, "connected")) < LARGEST


def test_long_names_and_many_web_pods() -> None:
    long = answer_of(200, LONGEST_NAME, "connected")
    assert size(*[long] * 200) < LARGEST
    assert size(long, *[Malformed("the body is not JSON")] * 200) < LARGEST


def test_long_names_of_pods_and_kubernetes_nodes() -> None:
    long = answer_of(200, LONGEST_NAME, "connected")
    pods = {n.container: Pod(n.container, None, "k" * 253) for n in long.report.nodes}
    story = Story().rounds(3, replace(facts(*[long] * 200), pods=Pods({}, pods)))
    assert len(json.dumps(status_document(story.written))) < LARGEST
    assert story.written.connected is not None
    assert story.written.connected.current == 200
