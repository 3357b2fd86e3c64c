"""A state from a status: a process that starts, or takes over a resource, continues where the last one stood.

Only the status is read. Each part of the state is restored next to the code that writes it:

    confirmation, failover   hysteresis.written_status    the verdict is the one shown; roles by the names shown
    timers                   verdict.written_problem      graces run on from the times of conditions
    observation              observation.written_nodes    nodes, endpoints, mode, number of coreapps
    events                   events.posting               what holds now was posted already
    history                  history.history              what the status holds, as far as we can have written it
    streaks, flapping        -                            start again: they are rounds of one process
"""

from __future__ import annotations

from wahealth.core.events.posting import EventLog
from wahealth.core.facts import Thresholds
from wahealth.core.history.history import taken_over
from wahealth.core.hysteresis.written_status import (
    first_confirmation,
    shows_a_verdict,
    written_failover,
    written_verdict,
)
from wahealth.core.instant import Instant
from wahealth.core.observation.written_nodes import written_observation
from wahealth.core.state import State
from wahealth.core.status import ConditionStatus, ConditionType, Status
from wahealth.core.status_diff import without_impossible_times
from wahealth.core.verdict.verdict import Anomaly
from wahealth.core.verdict.written_problem import written_problem, written_timers


def restore_state(written: Status, generation: int, thresholds: Thresholds, now: Instant) -> State:
    """The state of a resource that this process sees for the first time. `written`: its status, perhaps empty."""
    written = without_impossible_times(written, now.wall)
    confirmation = first_confirmation(written, generation, now)
    log = EventLog.restored(None, frozenset(), now.monotonic)
    suspended = written.condition_status(ConditionType.SUSPENDED) is ConditionStatus.TRUE
    confirmed = shows_a_verdict(written)
    history = taken_over(written, confirmed, now.wall)
    state = State(confirmation, log, suspended=suspended, history=history)
    return _with_verdict(state, written, thresholds, now) if confirmed else state


def _with_verdict(state: State, written: Status, thresholds: Thresholds, now: Instant) -> State:
    problem = written_problem(written)
    timers = written_timers(written, problem, now)
    verdict = written_verdict(written, problem, timers, now)
    return state._replace(
        confirmation=state.confirmation.restored(verdict),
        event_log=EventLog.restored(verdict, frozenset(Anomaly), now.monotonic),
        observation=written_observation(written, thresholds, now),
        timers=timers,
        anomaly_streaks=tuple((anomaly, thresholds.failure_threshold) for anomaly in sorted(verdict.anomalies)),
        failover=written_failover(written),
    )
