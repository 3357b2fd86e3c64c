"""Which events are posted after a round, within a budget: changes, and Warnings that begin to hold or still do."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.events.event import Event, warning
from wahealth.core.events.transitions import Transition, flapping_ended, transition_events
from wahealth.core.events.warnings import NOBODY_ANSWERS, TOLD_WHILE_FLAPPING, WarningInput, active_warnings
from wahealth.core.facts import Desired
from wahealth.core.reasons import client, number
from wahealth.core.reasons.reason import Reason
from wahealth.core.single_instance import SingleInstance
from wahealth.core.status import ConditionStatus, ConditionType
from wahealth.core.verdict.verdict import Anomaly, Verdict

BURST = 25.0  # events at once
REFILL = 300.0  # seconds for one more
REPEAT_AFTER = 3000.0  # seconds after which a lasting Warning is posted again: Kubernetes drops an event after an hour


class PostedWarning(NamedTuple):
    """A Warning that still holds, and when it was last posted (monotonic seconds)."""

    reason: str
    at: float


class Budget(NamedTuple):
    """How many events may be posted at once; `at`: when that was counted (monotonic seconds)."""

    left: float
    at: float


class EventLog(NamedTuple):
    """The events posted about one resource: the Warnings that still hold, and the budget."""

    budget: Budget
    posted: tuple[PostedWarning, ...] = ()

    @classmethod
    def restored(cls, confirmed: Verdict | None, lasting: frozenset[Anomaly], now: float) -> EventLog:
        """The log of a process that starts: everything that the status says already counts as posted.

        `lasting`: anomalies that count as having lasted. `now`: monotonic seconds.
        """
        log = cls(Budget(BURST, now))
        lost = _redundancy(confirmed) is ConditionStatus.TRUE
        holding = _warnings(Signals(confirmed, lasting=lasting), lost)
        return log._replace(posted=tuple(PostedWarning(event.reason, now) for event in holding))

    def has_posted(self, reason: str) -> bool:
        """Whether this Warning held after the last round."""
        return any(posted.reason == reason for posted in self.posted)

    @property
    def next_repeat(self) -> float:
        """When the next Warning is posted again, if it still holds then (monotonic seconds); infinite if none holds."""
        return min((posted.at for posted in self.posted), default=float("inf")) + REPEAT_AFTER


class Signals(NamedTuple):
    """Everything that Warnings may report: the confirmed verdict, and what a status has no place for."""

    verdict: Verdict | None = None
    flapping: bool = False
    pods_disagree: bool = False
    failover_stalled: bool = False
    lasting: frozenset[Anomaly] = frozenset()  # anomalies seen for as many rounds in a row as a failure takes
    restart_skipped: str = ""  # why the web workload is not restarted although that is due; empty: it is not due
    single_instances: tuple[SingleInstance, ...] = ()  # the client's workloads that must never run twice
    desired: Desired = Desired()


def events_to_post(
    log: EventLog, transition: Transition, signals: Signals, now: float
) -> tuple[EventLog, tuple[Event, ...]]:
    """The log with what is posted now, and those events in order. `now`: monotonic seconds."""
    lost = log.has_posted(Reason.REDUNDANCY_LOST) or (
        transition.old.condition_status(ConditionType.REDUNDANCY_SATISFIED) is ConditionStatus.TRUE
    )
    standing = _standing(signals, lost)
    known = {posted.reason: posted for posted in log.posted if now - posted.at < REPEAT_AFTER}
    ended = (flapping_ended(signals.desired),) if transition.flapped and not signals.flapping else ()
    changes = () if signals.flapping else transition_events(transition)
    due = (*ended, *changes, *(event for event in standing if event.reason not in known))
    budget, events = _within(log.budget, due, now)
    new = {event.reason: PostedWarning(event.reason, now) for event in events}
    stands = {event.reason for event in standing}
    stands |= NOBODY_ANSWERS if stands & NOBODY_ANSWERS else set()
    return EventLog(budget, tuple(posted for reason, posted in (known | new).items() if reason in stands)), events


def _standing(signals: Signals, redundancy_lost: bool) -> tuple[Event, ...]:
    """What holds now and should not. While the client flaps that is told instead of what takes turns."""
    holding = _warnings(signals, redundancy_lost)
    if not signals.flapping:
        return holding
    return (*(event for event in holding if event.reason in TOLD_WHILE_FLAPPING), _flapping(signals.desired))


def _flapping(desired: Desired) -> Event:
    return warning(client.FLAPPING_DETECTED if desired.cloud is None else number.FLAPPING_DETECTED)


def _warnings(signals: Signals, redundancy_lost: bool) -> tuple[Event, ...]:
    """Everything that holds now and should not; empty if it is not known whether it still holds."""
    if signals.verdict is None or signals.verdict.status.condition(ConditionType.READY) is None:
        return ()
    given = WarningInput(
        signals.verdict,
        redundancy_lost,
        signals.pods_disagree,
        signals.failover_stalled,
        signals.lasting,
        signals.restart_skipped,
        signals.single_instances,
        signals.desired,
    )
    return active_warnings(given)


def _redundancy(verdict: Verdict | None) -> ConditionStatus | None:
    return verdict.status.condition_status(ConditionType.REDUNDANCY_SATISFIED) if verdict else None


def _within(budget: Budget, events: tuple[Event, ...], now: float) -> tuple[Budget, tuple[Event, ...]]:
    """The rest of the budget, and as many of the events as it allows; Warnings take precedence."""
    if not events:
        return budget, events
    left = min(BURST, budget.left + (now - budget.at) / REFILL)
    urgent = sorted(events, key=lambda event: not event.warning)[: int(left)]
    posted = tuple(event for event in events if event in urgent)
    return Budget(left - len(posted), now), posted
