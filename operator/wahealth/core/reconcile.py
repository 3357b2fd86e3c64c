"""One round of one resource, whole: facts and state in; state, status and events out. The door to the core.

The operator, the command line and the replay go through it; the clock, the API server and the pods are theirs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from wahealth.core.events.event import Event
from wahealth.core.events.posting import REPEAT_AFTER, Signals, events_to_post, warnings_of
from wahealth.core.events.transitions import RESUMED, SUSPENDED, Transition
from wahealth.core.facts import Desired, Facts, Thresholds
from wahealth.core.hysteresis.debounce import debounce, with_endpoints
from wahealth.core.hysteresis.desired import desired_status, suspended, without_ready
from wahealth.core.hysteresis.failover import active_coreapps, follow_failovers, primary_master, stalled
from wahealth.core.hysteresis.flapping import PAUSE, is_flapping, recent
from wahealth.core.hysteresis.restore import restored, unstamped
from wahealth.core.hysteresis.state import (
    PostedWarning,
    State,
    Steady,
    anomaly_streaks,
    is_steady,
    paused,
    seen_so_far,
    without_streaks,
)
from wahealth.core.instant import AsOf, Instant, has_lasted
from wahealth.core.observation.observe import Observation, ObservationState, as_of_ambiguity, observe
from wahealth.core.restart import Skip, WebWorkload, decide_restart
from wahealth.core.status import Failover, Status
from wahealth.core.status_diff import status_to_write, without_impossible_times
from wahealth.core.verdict.evaluate import Classification, classify, evaluate
from wahealth.core.verdict.problem import Problem
from wahealth.core.verdict.timers import clamp, expired, start
from wahealth.core.verdict.verdict import Anomaly, Verdict

_NOTHING = Status()


class Plan(NamedTuple):
    """What is to be done. `status` None: the resource says it already, or it is not time to say it.

    `desired` is the same without times, for a plan against what somebody else has written meanwhile.
    """

    state: State
    status: Status | None
    events: tuple[Event, ...]
    desired: Status | None = None
    restart: WebWorkload | None = None  # to be restarted, once the status is written
    failovers: tuple[Failover, ...] = ()  # roles that passed on in this round
    candidate: Verdict | None = None  # of this round alone; None: nothing was looked at anew

    @property
    def known(self) -> Status:
        """As confirmed, or as seen in this round while nothing is confirmed yet."""
        verdict = self.state.confirmed or self.candidate
        return verdict.status if verdict else _NOTHING


def restore_state(written: Status, generation: int, thresholds: Thresholds, now: Instant) -> State:
    """The state of a resource that this process sees for the first time, from what its status says."""
    state = restored(written, generation, thresholds, now)
    holding = warnings_of(state, state, Signals(lasting=frozenset(Anomaly)))
    return state._replace(posted=tuple(PostedWarning(event.reason, now.monotonic) for event in holding))


def reconcile(state: State, facts: Facts, written: Status, now: Instant) -> Plan:
    """`written`: what the resource says now. Applied once, the same facts a moment later leave nothing to do."""
    if state.steady is not None and state.steady.holds(facts, written, now.monotonic):
        return Plan(state, None, ())
    if facts.desired.suspended:
        return _suspended(state, facts, written, now)
    if facts.nothing_new:
        return Plan(state, None, ())  # nobody was asked, because they wanted it so: that counts for nothing
    thresholds = facts.desired.thresholds
    before = _begun(state, facts, now)
    after, candidate, observation = _evaluated(before, facts, now)
    after, failovers = _with_failovers(after, candidate, observation, now)
    after = _flapping(after, thresholds, now)
    transition = _transition(before, after, failovers, facts.desired)
    restart = _restart(after, facts, observation, now)
    signals = _signals(after, facts.desired, now)._replace(
        restart_skipped=restart.why if isinstance(restart, Skip) else ""
    )
    after, events = events_to_post(before, after, transition, signals, now.monotonic)
    desired = desired_status(after, candidate, thresholds, now.monotonic)
    events = (RESUMED, *events) if state.suspended else events
    done = _written(after._replace(suspended=False), desired, written, events, now)._replace(
        candidate=candidate, failovers=failovers
    )
    if isinstance(restart, WebWorkload):
        return done._replace(restart=restart)
    return done if _may_be_restarted(facts, observation) else _remember_steady(done, facts, written)


def evaluate_once(facts: Facts) -> Status:
    """The verdict on one round alone, without patience and without times: for a question from the command line."""
    immediate = Thresholds(facts.desired.thresholds.period, 1, 1, 0.0, 0.0, 0.0)
    facts = replace(facts, desired=replace(facts.desired, thresholds=immediate))
    _, observation = observe(ObservationState({}, {}), facts, protected=False, now=0.0)
    classified = classify(facts, observation)
    over = classified.problem is not Problem.THROTTLED  # which was not seen for any time yet
    return evaluate(facts, observation, classified, _NOTHING, over).status


def _begun(state: State, facts: Facts, now: Instant) -> State:
    """A new generation: its rounds are counted afresh."""
    if state.generation == facts.generation:
        return state
    began = state.first_round if state.confirmed else now.monotonic
    return without_streaks(state)._replace(generation=facts.generation, first_round=began)


def _evaluated(state: State, facts: Facts, now: Instant) -> tuple[State, Verdict, Observation]:
    """The state with what is seen and confirmed now, and the verdict of this round alone."""
    observed, observation = observe(state.observation, facts, state.confirmed is not None, now.monotonic)
    classified = classify(facts, observation)
    timers = clamp(
        start(state.timers, classified.problem, now.monotonic), facts.key_changed, observed.detection.ambiguous_since
    )
    confirmed = state.confirmed.status if state.confirmed else state.preliminary

    def as_of(second: float, seen: Observation, classified: Classification) -> Verdict:
        seen = seen._replace(now=AsOf(second, now.monotonic))
        over = expired(timers, classified.problem, classified.grace, seen.now)
        return evaluate(facts, seen, classified, confirmed, over)

    def candidate_at_last_round() -> Verdict:
        seen = as_of_ambiguity(observation, state.observation.detection, facts.desired.mode)
        return as_of(state.last_round, seen, classified if seen is observation else classify(facts, seen))

    candidate = as_of(now.monotonic, observation, classified)
    if not observation.merged.fresh:
        after = with_endpoints(state._replace(observation=observed), candidate)
        return after, after.confirmed or candidate, observation
    anomalies = anomaly_streaks(state, candidate, observation.summary is not None)
    after = state._replace(observation=observed, timers=timers, anomaly_streaks=anomalies, last_round=now.monotonic)
    after = debounce(after, candidate, candidate_at_last_round, facts.desired.thresholds, now.monotonic)
    return (
        after if after.confirmed else after._replace(preliminary=seen_so_far(candidate.status)),
        candidate,
        observation,
    )


def _with_failovers(
    state: State, candidate: Verdict, observation: Observation, now: Instant
) -> tuple[State, tuple[Failover, ...]]:
    """Who carries the client, as seen and as confirmed; the confirmed status tells of the last move."""
    says_nothing = candidate.problem in {Problem.UNDECIDED, Problem.NO_MODE}
    if (
        says_nothing
        or not observation.merged.fresh
        or observation.summary is None
        or observation.summary.single is not None
    ):
        return state, ()
    confirmed = state.confirmed is candidate
    coreapps, first = follow_failovers(state.coreapps, active_coreapps(observation), confirmed, now)
    primary, second = follow_failovers(state.primary, primary_master(observation), confirmed, now)
    state = state._replace(coreapps=coreapps, primary=primary)
    failovers = tuple(move for move in (first, second) if move is not None)
    return (_with_last(state, failovers[0]) if failovers else state), failovers


def _with_last(state: State, move: Failover) -> State:
    if state.confirmed is None:
        return state
    status = state.confirmed.status._replace(last_failover=move)
    return state._replace(confirmed=state.confirmed._replace(status=status))


def _flapping(state: State, thresholds: Thresholds, now: Instant) -> State:
    changes = recent(state.changes, thresholds, now.monotonic)
    if changes == state.changes and not state.flapping and not is_flapping(changes):
        return state
    return state._replace(changes=changes, flapping=is_flapping(changes))


def _signals(state: State, desired: Desired, now: Instant) -> Signals:
    thresholds = desired.thresholds
    trackers, rounds = (state.coreapps, state.primary), thresholds.failure_threshold
    return Signals(
        pods_disagree=state.observation.differing >= rounds,
        failover_stalled=any(stalled(tracker, thresholds, now) for tracker in trackers),
        lasting=frozenset(anomaly for anomaly, times in state.anomaly_streaks if times >= rounds),
        desired=desired,
    )


def _may_be_restarted(facts: Facts, observation: Observation) -> bool:
    """Pods take the previous key only: with time, their workload may be restarted."""
    return facts.workload is not None and bool(observation.merged.on_previous)


def _restart(state: State, facts: Facts, observation: Observation, now: Instant) -> WebWorkload | Skip | None:
    period = facts.desired.restart_period
    if facts.workload is None or period is None or not _may_be_restarted(facts, observation):
        return None
    pods = frozenset(outcome.pod for outcome in facts.outcomes)
    return decide_restart(_status(state), facts.workload, pods, period, now.wall)


def _transition(before: State, after: State, failovers: tuple[Failover, ...], desired: Desired) -> Transition:
    in_time = bool(failovers) and failovers[0].seconds <= desired.thresholds.failover_grace
    return Transition(_status(before), _status(after), failovers, in_time, desired)


def _status(state: State) -> Status:
    return state.confirmed.status if state.confirmed else _NOTHING


def _written(state: State, desired: Status, written: Status, events: tuple[Event, ...], now: Instant) -> Plan:
    """While a client flaps, its status follows at leisure."""
    if state.flapping and state.last_write is not None and not has_lasted(now.monotonic - state.last_write, PAUSE):
        return Plan(state, None, events)
    status = status_to_write(written, desired, now.wall)
    return Plan(state if status is None else state._replace(last_write=now.monotonic), status, events, desired)


def _remember_steady(done: Plan, facts: Facts, written: Status) -> Plan:
    """Where nothing is said, waited for or running, the same facts need not be looked at again."""
    state = done.state
    calm = done.status is None and not done.events and state.settled and is_steady(state)
    if not calm:
        return done if state.steady is None else done._replace(state=state._replace(steady=None))
    until = min((posted.at for posted in state.posted), default=float("inf")) + REPEAT_AFTER
    return done._replace(state=state._replace(steady=Steady(facts, written, until)))


def _suspended(state: State, facts: Facts, written: Status, now: Instant) -> Plan:
    state = _begun(state, facts, now)
    confirmed = state.confirmed and state.confirmed._replace(status=without_ready(state.confirmed.status))
    desired = suspended(
        confirmed.status
        if confirmed
        else unstamped(without_impossible_times(written, now.wall))._replace(conditions=()),
        facts.generation,
    )
    events = () if state.suspended else (SUSPENDED,)
    paused_ = paused(state)._replace(confirmed=confirmed, confirmed_generation=facts.generation)
    return _written(paused_, desired, written, events, now)
