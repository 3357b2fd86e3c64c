"""A suspended resource: nothing is probed, the last verdict stays, and the status says so."""

from __future__ import annotations

from wahealth.core.events.transitions import SUSPENDED
from wahealth.core.facts import Facts
from wahealth.core.hysteresis.desired import suspended, without_ready
from wahealth.core.hysteresis.flapping import Flaps
from wahealth.core.hysteresis.written_status import unstamped
from wahealth.core.instant import Instant
from wahealth.core.plan import Plan
from wahealth.core.state import State
from wahealth.core.status import Status
from wahealth.core.status_diff import without_impossible_times


def suspend(state: State, facts: Facts, written: Status, now: Instant) -> Plan:
    """The plan for a resource whose spec says `suspend`."""
    confirmation = state.confirmation.of_generation(facts.generation, now.monotonic)
    confirmation = confirmation.suspended(without_ready(confirmation.status))
    said = confirmation.status if confirmation.verdict else _as_written(written, now)
    events = () if state.suspended else (SUSPENDED,)
    desired = suspended(said, facts.generation)
    history = state.history.followed(desired, confirmation.verdict is not None, Flaps(), now)
    after = state.paused()._replace(confirmation=confirmation, history=history)
    return Plan.of(after, desired, written, events, now)


def _as_written(written: Status, now: Instant) -> Status:
    """The status as it is already, without times and conditions, if this process has confirmed nothing."""
    return unstamped(without_impossible_times(written, now.wall))._replace(conditions=())
