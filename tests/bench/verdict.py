"""What a verdict costs: bytes of 33 nodes → report → status, and a settled round in which nothing changed.

`make bench` prints the least, the median and the 90th percentile in microseconds of this process's CPU time, and
what the design asks for. The machine's neighbours move such figures by half: the least is the steadiest.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from wahealth.core.answer import Answered, Outcome, PodOutcome
from wahealth.core.facts import Desired, Facts
from wahealth.core.instant import Instant
from wahealth.core.reconcile import evaluate_once, reconcile
from wahealth.core.restore import restore_state
from wahealth.core.state import State
from wahealth.core.status import Status
from wahealth.probe.payload import parse_health

REPEATS, TURNS = 60, 200
WALL = datetime(2026, 1, 1, tzinfo=UTC)


def body(turned: bool = False) -> bytes:
    """Multiconnect of 16 shards: 30 coreapps, 3 masters; `turned` has them in another order."""
    entries = {f"10.0.1.{i}:core-{i}": _entry("coreapp", i < 16) for i in range(30)}
    entries |= {f"10.0.2.{i}:master-{i}": _entry(_role(i), i == 0) for i in range(3)}
    ordered = dict(reversed(entries.items())) if turned else entries
    return json.dumps({"health": ordered, "meta": {"version": "v2.45.1", "api_status": "stable"}}).encode()


def _role(number: int) -> str:
    return "secondary_master" if number else "primary_master"


def _entry(role: str, connected: bool) -> dict[str, str]:
    return {"gateway_status": "connected" if connected else "disconnected", "role": role}


def facts_of(answer: bytes) -> Facts:
    return facts_of_outcome(parse_health(answer))


def facts_of_outcome(outcome: Outcome) -> Facts:
    assert isinstance(outcome, Answered), outcome
    return Facts(Desired(shards=16), 1, (PodOutcome("web-0", "10.0.0.1", outcome),))


class Resource:
    """One that has settled."""

    def __init__(self, facts: Facts) -> None:
        self.seconds = 0.0
        self.written = Status()
        self.history = restore_state(self.written, 1, facts.desired.thresholds, self._now())
        for _ in range(3):
            self.round(facts)

    def _now(self) -> Instant:
        self.seconds += 30
        return Instant(self.seconds, WALL)

    def round(self, facts: Facts) -> None:
        todo = reconcile(self.history, facts, self.written, self._now())
        self.history, self.written = todo.state, todo.status or self.written


def measured(work: Callable[[], object]) -> list[float]:
    """Microseconds of CPU for one turn, sorted."""
    took = []
    for _ in range(REPEATS):
        start = time.process_time()
        for _ in range(TURNS):
            work()
        took.append((time.process_time() - start) / TURNS * 1e6)
    return sorted(took)


def rows() -> list[tuple[str, float | None, list[float]]]:
    answer = body()
    fresh = facts_of(answer)
    resource = Resource(fresh)
    settled = resource.history
    awake = settled._replace(steady=None)

    def parsed_and_evaluated() -> None:
        """The verdict of one answer alone, nothing remembered."""
        evaluate_once(facts_of(answer))

    def whole_round(state: State) -> Callable[[], None]:
        def turn() -> None:
            resource.history = state
            resource.round(fresh)

        return turn

    return [
        ("parse 33 nodes", None, measured(lambda: parse_health(answer))),
        ("parse and evaluate 33 nodes", 100.0, measured(parsed_and_evaluated)),
        ("a settled round without a change", 50.0, measured(whole_round(settled))),
        ("a whole round, all looked at again", None, measured(whole_round(awake))),
    ]


def main() -> int:
    print(f"{platform.machine()}, Python {platform.python_version()}, {REPEATS} times {TURNS} turns, µs of CPU a turn")
    print(f"{'':<36}{'least':>8}{'median':>8}{'p90':>8}{'goal':>8}")
    for name, goal, took in rows():
        p90 = took[int(len(took) * 0.9)]
        print(f"{name:<36}{took[0]:>8.1f}{statistics.median(took):>8.1f}{p90:>8.1f}{goal or '-':>8}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
