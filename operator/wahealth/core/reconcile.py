"""One whole round of one resource: facts and state in; state, status and events out. The entry point of the core.

The operator, the command line, the sidecar and the replay call it; the clock, the API server and the pods are theirs. A
round passes eleven stages, each in a room of its own:

    facts, state ─ steady? suspended? nothing new? ─ generation ─ observe ─ evaluate ─ debounce ─ failover, flapping
                 ─ restart ─ events ─ desired status ─ history ─ plan
"""

from __future__ import annotations

from dataclasses import replace

from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.events.posting import Signals, events_to_post
from wahealth.core.events.transitions import RESUMED, Transition
from wahealth.core.facts import Desired, Facts, Thresholds
from wahealth.core.hysteresis.confirmation import NO_STATUS
from wahealth.core.hysteresis.debounce import debounce
from wahealth.core.hysteresis.desired import desired_status
from wahealth.core.hysteresis.failover import follow_failovers
from wahealth.core.hysteresis.flapping import follow_flapping
from wahealth.core.hysteresis.streaks import count, lasting
from wahealth.core.instant import Instant
from wahealth.core.number.number_evaluation import NumberEvaluation, seen_in
from wahealth.core.number.number_verdict import evaluate_number
from wahealth.core.number.situation import situation_of
from wahealth.core.observation.observe import Observation, ObservationState, observe
from wahealth.core.plan import Plan
from wahealth.core.restart import Skip, WebWorkload, decide_restart
from wahealth.core.state import State, Steady
from wahealth.core.status import ConditionType, Failover, Status
from wahealth.core.suspension import suspend
from wahealth.core.verdict.evaluate import classify, evaluate
from wahealth.core.verdict.evaluated import Evaluated
from wahealth.core.verdict.evaluation import Evaluation
from wahealth.core.verdict.problem import Problem
from wahealth.core.verdict.timers import keep_only
from wahealth.core.verdict.verdict import Verdict

_LOOK_AT_CALENDAR = 3600.0  # seconds


def reconcile(state: State, facts: Facts, written: Status, now: Instant) -> Plan:
    """The plan after one round. `written`: the resource's present status.

    Once the plan is carried out, the same facts a moment later leave nothing to do.
    """
    if state.steady is not None and state.steady.holds(facts, written, now.monotonic):
        return Plan(state)
    if facts.desired.suspended:
        return suspend(state, facts, written, now)
    if facts.nothing_new and facts.desired.cloud is None:
        return Plan(state)  # every pod asked for a pause and got it: such a round counts for nothing
    thresholds = facts.desired.thresholds
    before = state._replace(confirmation=state.confirmation.of_generation(facts.generation, now.monotonic))
    observed, evaluation = _evaluated(before, facts, now)
    after, candidate = _debounced(observed, evaluation, thresholds, now)
    after, failovers = _with_failovers(after, evaluation.observation, candidate, now)
    after = _with_flapping(before, after, thresholds, now)
    restart = _restart(after, facts, evaluation.observation, now)
    transition = _transition(before, after, failovers, facts.desired)
    log, events = events_to_post(before.event_log, transition, _signals(after, facts, restart, now), now.monotonic)
    desired = desired_status(after.confirmation, after.timers, candidate, thresholds, now.monotonic)
    events = (RESUMED, *events) if state.suspended else events
    about = before.about if after.confirmed and not after.settled else facts.desired.cloud
    history = before.history.followed(desired, after.confirmed is not None, after.flaps, now)
    after = after._replace(event_log=log, suspended=False, history=history, about=about)
    planned = Plan.of(after, desired, written, events, now)
    planned = planned._replace(candidate=candidate, failovers=failovers)
    if isinstance(restart, WebWorkload):
        return planned._replace(restart=restart)
    return (
        planned if _may_be_restarted(facts, evaluation.observation) else _remember_steady(planned, facts, written, now)
    )


def evaluate_once(facts: Facts) -> Status:
    """The verdict on one round alone, without thresholds, graces and times: for a probe from the command line."""
    immediate = Thresholds(facts.desired.thresholds.period, 1, 1, 0.0, 0.0, 0.0)
    facts = replace(facts, desired=replace(facts.desired, thresholds=immediate))
    _, observation = observe(ObservationState({}, {}), facts, protected=False, now=0.0)
    classified = classify(facts, observation)
    over = classified.problem is not Problem.THROTTLED  # a client that asks for a pause is given it
    return evaluate(facts, observation, classified, NO_STATUS, over).status


def evaluate_number_once(facts: Facts, cloud: CloudDesired, now: Instant) -> Status:
    """The same of a phone number of the Cloud API."""
    seen = seen_in(facts, cloud, NO_STATUS, now)._replace(over=False)
    return evaluate_number(seen, situation_of(seen)).status


def _evaluated(state: State, facts: Facts, now: Instant) -> tuple[State, Evaluated]:
    """The state with what is observed, and the evaluation of it: of a client, or of a number of the Cloud API."""
    known, cloud = state.confirmation.known, facts.desired.cloud
    if cloud is not None:
        known = known if state.knows(cloud) else NO_STATUS
        return state, NumberEvaluation.of(facts, cloud, state.timers, known, now)
    remembered, observation = observe(state.observation, facts, state.confirmed is not None, now.monotonic)
    return state._replace(observation=remembered), Evaluation.of(facts, observation, state.timers, known)


def _debounced(state: State, evaluation: Evaluated, thresholds: Thresholds, now: Instant) -> tuple[State, Verdict]:
    """The state with what this round confirms, and the verdict of this round alone."""
    candidate = evaluation.verdict()
    if not evaluation.fresh:
        confirmation = state.confirmation.with_endpoints(candidate)
        return state._replace(confirmation=confirmation), confirmation.verdict or candidate
    confirmation = debounce(state.confirmation, evaluation, candidate, thresholds, now.monotonic)
    newly = confirmation.verdict is candidate and not confirmation.counting  # graces run on with a streak
    after = state._replace(
        confirmation=confirmation,
        timers=keep_only(evaluation.timers, candidate.problem) if newly else evaluation.timers,
    )
    if evaluation.seen:
        after = after._replace(anomaly_streaks=count(state.anomaly_streaks, candidate.anomalies))
    return after, candidate


def _with_failovers(
    state: State, observation: Observation | None, candidate: Verdict, now: Instant
) -> tuple[State, tuple[Failover, ...]]:
    """The state with the roles followed; the confirmed status shows the last failover."""
    newly = state.confirmed is candidate
    failover, moves = follow_failovers(state.failover, observation, candidate, newly, now)
    confirmation = state.confirmation.with_last_failover(moves[0]) if moves else state.confirmation
    return state._replace(failover=failover, confirmation=confirmation), moves


def _with_flapping(before: State, after: State, thresholds: Thresholds, now: Instant) -> State:
    old, new = (state.confirmation.status.condition_status(ConditionType.AVAILABLE) for state in (before, after))
    changed = old is not None and old is not new
    return after._replace(flaps=follow_flapping(before.flaps, changed, thresholds, now.monotonic))


def _may_be_restarted(facts: Facts, observation: Observation | None) -> bool:
    """Whether pods accept only the previous key, so that their workload may be restarted in time."""
    return facts.workload is not None and observation is not None and bool(observation.merged.on_previous)


def _restart(state: State, facts: Facts, observation: Observation | None, now: Instant) -> WebWorkload | Skip | None:
    period = facts.desired.restart_period
    if facts.workload is None or period is None or not _may_be_restarted(facts, observation):
        return None
    pods = frozenset(outcome.pod for outcome in facts.outcomes)
    return decide_restart(state.confirmation.status, facts.workload, pods, period, now.wall)


def _transition(before: State, after: State, failovers: tuple[Failover, ...], desired: Desired) -> Transition:
    in_time = bool(failovers) and failovers[0].seconds <= desired.thresholds.failover_grace
    return Transition(
        before.confirmation.status, after.confirmation.status, failovers, in_time, desired, before.flapping
    )


def _signals(state: State, facts: Facts, restart: WebWorkload | Skip | None, now: Instant) -> Signals:
    thresholds = facts.desired.thresholds
    rounds = thresholds.failure_threshold
    return Signals(
        state.confirmed,
        state.flapping,
        pods_disagree=state.observation.differing >= rounds,
        failover_stalled=state.failover.stalled(thresholds, now),
        lasting=lasting(state.anomaly_streaks, rounds),
        restart_skipped=restart.why if isinstance(restart, Skip) else "",
        single_instances=facts.single_instances,
        desired=facts.desired,
    )


def _remember_steady(planned: Plan, facts: Facts, written: Status, now: Instant) -> Plan:
    """Remember a round that changes nothing and waits for nothing: the same facts need not be evaluated again."""
    state = planned.state
    if planned.status is not None or planned.events or not state.is_steady:
        return planned if state.steady is None else planned._replace(state=state._replace(steady=None))
    # The end of a Graph version comes by the calendar, and not by an answer.
    until = state.event_log.next_repeat if facts.desired.cloud is None else now.monotonic + _LOOK_AT_CALENDAR
    steady = Steady(facts, written, min(until, state.event_log.next_repeat))
    return planned._replace(state=state._replace(steady=steady))
