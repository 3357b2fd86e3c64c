"""How an API server may misbehave, and what is to be so afterwards."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from support.clients import PERIOD
from support.faulty import Fault, Rule
from support.storm import Storm
from wahealth.playground.environment import until

HOLD = 2 * PERIOD  # seconds that a fault lasts


def all_with(fault: Fault) -> Rule:
    return lambda _: fault


def watches_with(fault: Fault) -> Rule:
    return lambda asked: fault if asked.watches else None


def lists_with(fault: Fault) -> Rule:
    return lambda asked: fault if asked.lists else None


def writes_with(fault: Fault) -> Rule:
    return lambda asked: fault if asked.writes else None


def of(resource: str, fault: Fault) -> Rule:
    return lambda asked: fault if asked.resource == resource else None


def documents_with(fault: Fault) -> Rule:
    return lambda asked: fault if not asked.watches and asked.method == "GET" else None


def in_stream(code: int) -> Fault:
    return Fault(first=({"type": "ERROR", "object": {"kind": "Status", "code": code, "reason": "Injected"}},))


def in_a_moment() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


def written_once(storm: Storm, ended: float) -> None:
    """Each resource; but the one whose pod was replaced meanwhile once more, when the watch has told of the new one."""
    for path, times in storm.writes_of_each(ended).items():
        assert times <= (2 if path.endswith("/ha/status") else 1), path


def all_is_as_if_nothing_had_been(storm: Storm, rule: Rule, asks: bool = True) -> None:
    """After a fault. `asks`: probing goes on meanwhile."""
    lines, probes, began = len(storm.log()), storm.probes(), time.monotonic()
    with storm.proxy.fault(rule):
        storm.flip()
        time.sleep(HOLD)
        assert storm.operator.is_alive()
        if asks:
            until(lambda: storm.probes() - probes >= 3, "probing goes on", 60)
        assert storm.operator.get("/livez").status_code == 200
        loud = storm.complaints(storm.log()[lines:])
        minutes = 1 + (time.monotonic() - began) // 60
        assert all(times <= 6 * minutes for times in loud.values()), loud  # one a topic; of watches, one each
        assert sum(loud.values()) <= 9 * minutes, loud
    ended = time.monotonic()
    storm.settled()
    written_once(storm, ended)
    assert not storm.operator.metric("wahealth_internal_errors_total")
