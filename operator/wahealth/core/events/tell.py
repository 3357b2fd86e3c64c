"""What is told after a round: what changed, what began to hold, what still holds and would be forgotten; in bounds."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.events.changes import FLAPPING_ENDED, Change, told_changes
from wahealth.core.events.event import Event, warning
from wahealth.core.events.warnings import NOBODY_ANSWERS, Standing, standing_warnings
from wahealth.core.facts import Expectation
from wahealth.core.hysteresis.history import BURST, Budget, History, Told
from wahealth.core.reasons import client
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionType, Truth
from wahealth.core.verdict.verdict import Oddity

REFILL = 300.0  # seconds for one more
AGAIN = 3000.0  # seconds after which a lasting Warning is told again: Kubernetes forgets an event after an hour
_FLAPPING = warning(client.FLAPPING_DETECTED)


class Marks(NamedTuple):
    """What holds beside the confirmed verdict."""

    pods_disagree: bool = False
    failover_stalled: bool = False
    lasting: frozenset[Oddity] = frozenset()  # oddities that were seen for as many rounds as a failure takes
    restart_skipped: str = ""  # why the web workload is not restarted, where it would be time
    expected: Expectation = Expectation()


def told_after(
    before: History, history: History, change: Change, marks: Marks, now: float
) -> tuple[History, tuple[Event, ...]]:
    """The history that remembers what was told, and the events; `now` in seconds."""
    standing = (_FLAPPING,) if history.flapping else warnings_of(before, history, marks)
    known = {told.reason: told for told in history.told if now - told.at < AGAIN}
    ended = (FLAPPING_ENDED,) if before.flapping and not history.flapping else ()
    changes = () if history.flapping else told_changes(change)
    due = (*ended, *changes, *(event for event in standing if event.reason not in known))
    history, events = _within_budget(history, due, now)
    new = {event.reason: Told(event.reason, now) for event in events}
    stands = {event.reason for event in standing}
    stands |= NOBODY_ANSWERS if stands & NOBODY_ANSWERS else set()
    told = tuple(told for reason, told in (known | new).items() if reason in stands)
    return history._replace(told=told), events


def warnings_of(before: History, history: History, marks: Marks) -> tuple[Event, ...]:
    """Everything that holds now and should not."""
    if history.confirmed is None or history.confirmed.status.condition(ConditionType.READY) is None:
        return ()  # nothing is confirmed, or nobody can say whether it still holds
    lost = was_told(history, Reason.REDUNDANCY_LOST) or _redundancy(before) is Truth.TRUE
    return standing_warnings(Standing(history.confirmed, lost, *marks))


def was_told(history: History, reason: str) -> bool:
    """The Warning held after the last round."""
    return any(told.reason == reason for told in history.told)


def _redundancy(history: History) -> Truth | None:
    return history.confirmed.status.truth(ConditionType.REDUNDANCY_SATISFIED) if history.confirmed else None


def _within_budget(history: History, events: tuple[Event, ...], now: float) -> tuple[History, tuple[Event, ...]]:
    if not events:
        return history, events
    left = min(BURST, history.budget.left + (now - history.budget.at) / REFILL)
    urgent = sorted(events, key=lambda event: not event.warning)[: int(left)]  # Warnings first
    told = tuple(event for event in events if event in urgent)
    return history._replace(budget=Budget(left - len(told), now)), told
