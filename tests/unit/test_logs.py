"""What is logged, how often, and that nobody waits for it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from wahealth.telemetry import logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


Written = Callable[..., str]


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str]) -> Written:
    """What is written of lines with these fields."""

    def write(form: Literal["json", "text"], *lines: dict[str, object]) -> str:
        with logs.written("info", form):
            for extra in lines:
                logging.getLogger("wahealth.test").info("status written", extra=extra)
        return capfd.readouterr().err

    return write


FIELDS = {"namespace": "acme", "resource": "shop", "uid": "u-1", "reason": "Available"}


def test_json_has_a_line_an_object_with_the_fields_that_people_search_for(written: Written) -> None:
    line = json.loads(written("json", FIELDS))
    assert line.pop("asctime")
    assert line == {
        "level": "INFO",
        "logger": "wahealth.test",
        "message": "status written",
        "namespace": "acme",
        "name": "shop",
        "uid": "u-1",
        "reason": "Available",
    }


def test_text_has_the_same_fields(written: Written) -> None:
    text = written("text", FIELDS)
    assert "INFO    status written namespace=acme name=shop uid=u-1 reason=Available" in text


ODD = "a\x1b[31m\r\nb\tc\x9b\u202e\u2028é\U0001f600"


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_in_a_field_moves_a_terminal_or_makes_a_line(written: Written, form: Literal["json", "text"]) -> None:
    lines = written(form, {"holder": ODD}).splitlines()
    assert len(lines) == 1
    assert lines[0].isprintable()
    if form == "json":
        assert json.loads(lines[0])["holder"] == ODD
    else:
        assert r"holder=a\x1b[31m\r\nb\tc\x9b\u202e\u2028é" in lines[0]


def test_what_has_a_topic_is_said_once_a_minute_and_says_how_much_it_left_out() -> None:
    clock = [0.0]
    often = logs.OnceAMinute(lambda: clock[0])
    said = []
    for second in range(0, 150, 10):
        clock[0] = second
        entry = logging.makeLogRecord(logs.topic("outage", seconds=second))
        if often.filter(entry):
            said.append((second, getattr(entry, "left_out", 0)))
    assert said == [(0, 0), (60, 5), (120, 5)]


def test_topics_do_not_silence_each_other_nor_what_has_none() -> None:
    often = logs.OnceAMinute(lambda: 0.0)
    entries = [logging.makeLogRecord(fields) for fields in (logs.topic("a"), logs.topic("b"), logs.topic("a"), {}, {})]
    assert [often.filter(entry) for entry in entries] == [True, True, False, True, True]


def test_topics_of_resources_that_are_gone_are_forgotten() -> None:
    clock = [0.0]
    often = logs.OnceAMinute(lambda: clock[0])
    for number in range(30_000):
        clock[0] = number / 100
        often.filter(logging.makeLogRecord(logs.topic(f"mark uid-{number}")))
    assert len(often._said) <= 10_001


def test_a_topic_is_no_field(written: Written) -> None:
    assert "topic" not in written("json", logs.topic("outage", seconds=3))
    assert "topic" not in written("text", logs.topic("outage", seconds=3))


def test_who_logs_never_waits_for_who_reads() -> None:
    blocked, dropped = threading.Event(), []

    queued = logs.Queued(logging.Formatter(), lambda _: blocked.wait(), lambda: dropped.append(1))
    for _ in range(5000):
        queued.handle(logging.makeLogRecord({}))
    assert 800 <= len(dropped) <= 5000 - 4096
    blocked.set()
    queued.close()
