"""What is told after a round: what changed, what began to hold, what still holds and would be forgotten; in bounds."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.events.event import Event, warning
from wahealth.core.events.transitions import FLAPPING_ENDED, Transition, transition_events
from wahealth.core.events.warnings import NOBODY_ANSWERS, WarningInput, active_warnings
from wahealth.core.facts import Desired
from wahealth.core.hysteresis.state import BURST, Budget, PostedWarning, State
from wahealth.core.reasons import client
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionStatus, ConditionType
from wahealth.core.verdict.verdict import Anomaly

REFILL = 300.0  # seconds for one more
REPEAT_AFTER = 3000.0  # seconds after which a lasting Warning is told again: Kubernetes forgets an event after an hour
_FLAPPING = warning(client.FLAPPING_DETECTED)


class Signals(NamedTuple):
    """What holds beside the confirmed verdict."""

    pods_disagree: bool = False
    failover_stalled: bool = False
    lasting: frozenset[Anomaly] = frozenset()  # anomalies that were seen for as many rounds as a failure takes
    restart_skipped: str = ""  # why the web workload is not restarted, where it would be time
    desired: Desired = Desired()


def events_to_post(
    before: State, state: State, transition: Transition, signals: Signals, now: float
) -> tuple[State, tuple[Event, ...]]:
    """The state that remembers what was told, and the events; `now` in seconds."""
    standing = (_FLAPPING,) if state.flapping else warnings_of(before, state, signals)
    known = {posted.reason: posted for posted in state.posted if now - posted.at < REPEAT_AFTER}
    ended = (FLAPPING_ENDED,) if before.flapping and not state.flapping else ()
    changes = () if state.flapping else transition_events(transition)
    due = (*ended, *changes, *(event for event in standing if event.reason not in known))
    state, events = _within_budget(state, due, now)
    new = {event.reason: PostedWarning(event.reason, now) for event in events}
    stands = {event.reason for event in standing}
    stands |= NOBODY_ANSWERS if stands & NOBODY_ANSWERS else set()
    posted = tuple(posted for reason, posted in (known | new).items() if reason in stands)
    return state._replace(posted=posted), events


def warnings_of(before: State, state: State, signals: Signals) -> tuple[Event, ...]:
    """Everything that holds now and should not."""
    if state.confirmed is None or state.confirmed.status.condition(ConditionType.READY) is None:
        return ()  # nothing is confirmed, or nobody can say whether it still holds
    lost = was_posted(state, Reason.REDUNDANCY_LOST) or _redundancy(before) is ConditionStatus.TRUE
    return active_warnings(WarningInput(state.confirmed, lost, *signals))


def was_posted(state: State, reason: str) -> bool:
    """The Warning held after the last round."""
    return any(posted.reason == reason for posted in state.posted)


def _redundancy(state: State) -> ConditionStatus | None:
    return state.confirmed.status.condition_status(ConditionType.REDUNDANCY_SATISFIED) if state.confirmed else None


def _within_budget(state: State, events: tuple[Event, ...], now: float) -> tuple[State, tuple[Event, ...]]:
    if not events:
        return state, events
    left = min(BURST, state.budget.left + (now - state.budget.at) / REFILL)
    urgent = sorted(events, key=lambda event: not event.warning)[: int(left)]  # Warnings first
    posted = tuple(event for event in events if event in urgent)
    return state._replace(budget=Budget(left - len(posted), now)), posted
