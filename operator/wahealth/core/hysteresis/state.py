"""What is remembered of one resource between two rounds. All of it is a value; times are monotonic seconds."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.facts import Facts
from wahealth.core.hysteresis.failover import FailoverTracker
from wahealth.core.observation.observe import ObservationState
from wahealth.core.observation.tracking import STARTING, TrackedNode
from wahealth.core.status import Gateway, Status
from wahealth.core.verdict.timers import Timers
from wahealth.core.verdict.verdict import Anomaly, Verdict


class PostedWarning(NamedTuple):
    """A Warning that still holds, and when it was told last."""

    reason: str
    at: float


BURST = 25.0  # events at once


class Budget(NamedTuple):
    """How many events may be told at once, as of a moment."""

    left: float
    at: float


class Steady(NamedTuple):
    """The last round changed nothing: the same facts change nothing either, until something falls due."""

    facts: Facts
    written: Status
    until: float

    def holds(self, facts: Facts, written: Status, now: float) -> bool:
        return now < self.until and facts == self.facts and (written is self.written or written == self.written)


class State(NamedTuple):
    first_round: float  # the first round, of the resource or of a generation nothing was confirmed of
    generation: int  # of the rounds that are counted
    last_round: float  # the last round that counted
    confirmed: Verdict | None = None  # None: nothing yet
    confirmed_generation: int | None = None  # the generation that the confirmed verdict, or a suspension, is about
    preliminary: Status = Status()  # while nothing is confirmed: what was seen last
    worse_streak: int = 0  # rounds in a row that are worse than what is confirmed, or bad ones on a new generation
    other_streak: int = 0  # rounds in a row that are different in another way
    other_candidate: Verdict | None = None  # what these say, where all of them have to say the same
    timers: Timers = ()
    observation: ObservationState = ObservationState({}, {})
    coreapps: FailoverTracker = FailoverTracker()
    primary: FailoverTracker = FailoverTracker()
    anomaly_streaks: tuple[tuple[Anomaly, int], ...] = ()  # for how many rounds in a row each anomaly was seen
    changes: tuple[float, ...] = ()  # of what is confirmed of Available
    flapping: bool = False
    suspended: bool = False
    posted: tuple[PostedWarning, ...] = ()
    budget: Budget = Budget(0.0, 0.0)
    last_write: float | None = None  # the last write of the status
    steady: Steady | None = None

    @property
    def settled(self) -> bool:
        """Something is confirmed, and it is about the present generation."""
        return self.confirmed is not None and self.confirmed_generation == self.generation


def is_steady(state: State) -> bool:
    """Nothing is waited for and no clock runs: only other facts can change anything."""
    waited_for = (state.anomaly_streaks, state.timers, state.worse_streak, state.other_streak, state.flapping)
    return (
        not any(waited_for)
        and state.coreapps.lost is None
        and state.primary.lost is None
        and _is_observed_steady(state)
    )


def _is_observed_steady(state: State) -> bool:
    """What is remembered of the client stands still, too."""
    seen, detection = state.observation, state.observation.detection
    moving = (
        seen.differing
        or seen.high_water_mark.sustained
        or any(watched.other_streak for watched in seen.endpoints.values())
    )
    known = detection.ambiguous_since is None and detection.shape.mode in {None, detection.mode}
    return known and not moving and all(_is_node_steady(node) for node in seen.tracked.values())


def _is_node_steady(seen: TrackedNode) -> bool:
    return seen.absent_since is None and seen.missing_since is None and seen.node.gateway not in STARTING


def anomaly_streaks(state: State, candidate: Verdict, seen: bool) -> tuple[tuple[Anomaly, int], ...]:
    """With this round's anomalies counted. What is not `seen` is as it was."""
    if not seen:
        return state.anomaly_streaks
    before = dict(state.anomaly_streaks)
    return tuple((anomaly, before.get(anomaly, 0) + 1) for anomaly in sorted(candidate.anomalies))


def seen_so_far(status: Status) -> Status:
    """Of a client that nothing is confirmed of: what stays while it is not seen, and decides nothing."""
    return status._replace(gateway=Gateway.UNKNOWN, conditions=(), endpoints=(), observed_generation=None)


def without_streaks(state: State) -> State:
    """No rounds in a row are counted."""
    return state._replace(worse_streak=0, other_streak=0, other_candidate=None)


def paused(state: State) -> State:
    """While nobody is asked, nothing is counted."""
    coreapps, primary = (
        FailoverTracker(state.coreapps.confirmed_holders),
        FailoverTracker(state.primary.confirmed_holders),
    )
    return without_streaks(state)._replace(
        suspended=True, timers=(), posted=(), coreapps=coreapps, primary=primary, steady=None
    )
