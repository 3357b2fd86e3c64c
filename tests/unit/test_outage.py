"""What is made of an API server that cannot, or does not want to, answer."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from wahealth.kube.apiserver.backoff import Backoff
from wahealth.kube.apiserver.outage import Outage
from wahealth.kube.apiserver.session import asked_to_wait


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("1.5", 1.5),
        (None, 1),
        ("", 1),
        ("soon", 1),
        ("-3", 0),
        ("999999", 120),
        ("nan", 1),
        ("inf", 120),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", 1),
    ],
)
def test_each_form_of_retry_after(written: str | None, seconds: float) -> None:
    assert asked_to_wait(written) == pytest.approx(seconds)


def test_a_date_ahead() -> None:
    ahead = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert asked_to_wait(ahead) == pytest.approx(30, abs=2)


def test_an_outage_has_a_length_and_an_end(caplog: pytest.LogCaptureFixture) -> None:
    clock = [0.0]
    outage = Outage(lambda: clock[0])
    with caplog.at_level(logging.INFO):
        assert outage.seconds == 0
        outage.failed("HTTP 503")
        clock[0] = 70
        outage.failed("HTTP 503")
        assert outage.seconds == 70
        outage.over()
        outage.over()
    assert outage.seconds == 0
    said = [entry.message for entry in caplog.records]
    assert said == ["the API server does not answer"] * 2 + ["the API server answers again"]


def test_who_wants_to_be_left_alone_is_there() -> None:
    clock = [0.0]
    outage = Outage(lambda: clock[0])
    outage.paused(7)
    outage.paused(2)
    assert (outage.pause, outage.seconds) == (7, 0)
    clock[0] = 8
    assert outage.pause == 0


def test_pauses_double_up_to_half_a_minute() -> None:
    backoff = Backoff()
    pauses = [backoff.next() for _ in range(12)]
    assert 0.5 <= pauses[0] <= 1
    assert 1 <= pauses[1] <= 2
    assert all(15 <= pause <= 30 for pause in pauses[6:])
