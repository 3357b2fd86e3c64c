"""A state from a status: the confirmed verdict is the one that is written, and graces run on from its times."""

from __future__ import annotations

from datetime import datetime

from wahealth.core.answer import Node
from wahealth.core.certificate import is_expiring
from wahealth.core.facts import Pod, Thresholds
from wahealth.core.hysteresis.failover import FailoverTracker, Holder
from wahealth.core.hysteresis.state import BURST, Budget, State, seen_so_far
from wahealth.core.instant import Instant
from wahealth.core.observation.endpoints import EndpointState
from wahealth.core.observation.expected import HighWaterMark
from wahealth.core.observation.modes import Detection
from wahealth.core.observation.observe import ObservationState
from wahealth.core.observation.tracking import TrackedNode
from wahealth.core.reasons.credentials import FORBIDDING, REFUSALS
from wahealth.core.reasons.reason import Reason
from wahealth.core.signin.flow import ends_soon
from wahealth.core.status import ConditionStatus, ConditionType, Gateway, Mode, NodeVerdict, Status, TopologyNode
from wahealth.core.status_diff import without_impossible_times
from wahealth.core.verdict.anomalies import find_anomalies
from wahealth.core.verdict.problem import OF_GATEWAY, Problem
from wahealth.core.verdict.timers import LONG_AGO, Timers
from wahealth.core.verdict.verdict import Anomaly, Verdict

_NOT_CONFIRMED = frozenset({ConditionType.RECONCILING, ConditionType.STALLED, ConditionType.SUSPENDED})
_OF_GATEWAY = OF_GATEWAY | {Gateway.PARTIALLY_CONNECTED: Problem.TOO_FEW}
UNSEEN = frozenset(
    {
        Problem.REFERENCE,
        Problem.KEY_FORM,
        Problem.REFUSED,
        Problem.FORBIDDEN,
        Problem.THROTTLED,
        Problem.UNREACHABLE,
    }
)
_KEY_FORM = frozenset({Reason.KEY_TOO_SHORT, Reason.KEY_TOO_LONG, Reason.KEY_INVALID_CHARACTERS})


def restored(written: Status, generation: int, thresholds: Thresholds, now: Instant) -> State:
    """Of a resource that this process sees for the first time; `written` may say nothing yet."""
    written = without_impossible_times(written, now.wall)
    state = State(
        first_round=now.since(_began(written)),
        generation=generation,
        last_round=now.monotonic,
        suspended=written.condition_status(ConditionType.SUSPENDED) is ConditionStatus.TRUE,
        budget=Budget(BURST, now.monotonic),
    )
    if written.observed_generation is None or written.condition(ConditionType.AVAILABLE) is None:
        return state._replace(
            confirmed_generation=written.observed_generation, preliminary=seen_so_far(unstamped(written))
        )
    problem = _problem(written)
    confirmed = unstamped(written)
    anomalies = frozenset() if problem in UNSEEN else find_anomalies(confirmed.nodes, _mode_of_nodes(confirmed), None)
    anomalies = anomalies | {Anomaly.CERTIFICATE_EXPIRING} if is_expiring(written.tls, now.wall) else anomalies
    anomalies = anomalies | {Anomaly.OWN_EXPIRING} if is_expiring(written.client_certificate, now.wall) else anomalies
    token_ends = written.credentials.token_expiry_time if written.credentials else None
    anomalies = anomalies | {Anomaly.TOKEN_EXPIRING} if ends_soon(token_ends, now) else anomalies
    waiting = problem is not None and _since(written, problem, now) != LONG_AGO
    return state._replace(
        confirmed=Verdict(confirmed, problem, waiting, anomalies),
        confirmed_generation=written.observed_generation,
        timers=_timers(written, problem, now),
        observation=_remembered(written, thresholds, now),
        anomaly_streaks=tuple((anomaly, thresholds.failure_threshold) for anomaly in sorted(anomalies)),
        coreapps=FailoverTracker(_holders(written.connected_coreapps) if is_complete(written) else ()),
        primary=FailoverTracker(_holders((written.primary_master,) if written.primary_master else ())),
    )


def _remembered(written: Status, thresholds: Thresholds, now: Instant) -> ObservationState:
    return ObservationState(
        endpoints={e.pod: EndpointState(e._replace(since_time=None)) for e in written.endpoints},
        tracked={node.name: _seen(node, thresholds, now) for node in written.nodes},
        detection=Detection(written.mode, mismatch=_reason(written, ConditionType.ACCEPTED) == Reason.MODE_MISMATCH),
        high_water_mark=_high_water_mark(written),
    )


def unstamped(written: Status) -> Status:
    """The status as a verdict holds it: no times, and nothing of what is only waited for."""
    kept = tuple(c for c in written.conditions if c.type not in _NOT_CONFIRMED)
    return written._replace(
        primary_master_since_time=None,
        nodes=tuple(node._replace(since_time=None) for node in written.nodes),
        endpoints=tuple(endpoint._replace(since_time=None) for endpoint in written.endpoints),
        conditions=tuple(c._replace(observed_generation=None, last_transition_time=None) for c in kept),
        observed_generation=None,
    )


def _holders(names: tuple[str, ...]) -> tuple[Holder, ...]:
    """Shown names as `failover` knows nodes: the answer will tell where each is."""
    return tuple(Holder(name, name.rpartition(":")[2], name) for name in sorted(names))


def is_complete(status: Status) -> bool:
    """As many coreapps are connected as are wanted; in High Availability not more."""
    count, connected = len(status.connected_coreapps), status.connected
    if connected is None or not count:
        return False
    return count == 1 if status.mode is Mode.HIGH_AVAILABILITY else count >= connected.expected


def _began(written: Status) -> datetime | None:
    waiting = written.condition(ConditionType.RECONCILING)
    return waiting.last_transition_time if waiting else None


def _reason(written: Status, type_: ConditionType) -> str:
    found = written.condition(type_)
    return found.reason if found else ""


def _mode_of_nodes(status: Status) -> Mode | None:
    return None if status.mode is Mode.SINGLE or not status.nodes else status.mode


def _problem(written: Status) -> Problem | None:
    if written.condition_status(ConditionType.ACCEPTED) is ConditionStatus.FALSE:
        return None if _reason(written, ConditionType.ACCEPTED) == Reason.MODE_MISMATCH else Problem.REFERENCE
    key = _reason(written, ConditionType.CREDENTIALS_VALID)
    if key in _KEY_FORM:
        return Problem.KEY_FORM
    if written.condition_status(ConditionType.REACHABLE) is ConditionStatus.FALSE:
        return Problem.UNREACHABLE
    if key in REFUSALS:
        return Problem.FORBIDDEN if key in FORBIDDING else Problem.REFUSED
    available = written.condition(ConditionType.AVAILABLE)
    if available is None or available.status is ConditionStatus.TRUE:
        return None
    return _OF_AVAILABLE.get(available.reason) or _OF_GATEWAY.get(written.gateway)


_OF_AVAILABLE: dict[str, Problem] = {
    Reason.THROTTLED: Problem.THROTTLED,
    Reason.MULTIPLE_ACTIVE_COREAPPS: Problem.TOO_MANY,
}


_TOLD_BY = {
    Problem.REFERENCE: ConditionType.ACCEPTED,
    Problem.REFUSED: ConditionType.CREDENTIALS_VALID,
    Problem.FORBIDDEN: ConditionType.CREDENTIALS_VALID,
}


def _timers(written: Status, problem: Problem | None, now: Instant) -> Timers:
    return () if problem is None else ((problem, _since(written, problem, now)),)


def _since(written: Status, problem: Problem, now: Instant) -> float:
    """A grace that is over stays over; one that runs, runs on from the last time that could be its first round."""
    told = written.condition(_TOLD_BY.get(problem, ConditionType.AVAILABLE))
    if told is None:
        return now.monotonic
    if problem in _TOLD_BY:
        return LONG_AGO if written.condition(ConditionType.STALLED) else now.since(told.last_transition_time)
    if told.status is not ConditionStatus.UNKNOWN:
        return LONG_AGO
    seen = (written.condition(type_) for type_ in (ConditionType.AVAILABLE, *_SEEN_BY))
    return max(now.since(condition.last_transition_time) for condition in seen if condition is not None)


_SEEN_BY = (ConditionType.ACCEPTED, ConditionType.CREDENTIALS_VALID, ConditionType.REACHABLE)


def _high_water_mark(written: Status) -> HighWaterMark:
    if written.connected is None or written.observed_generation is None:
        return HighWaterMark()
    return HighWaterMark(written.connected.expected, written.observed_generation, written.mode)


def _seen(written: TopologyNode, thresholds: Thresholds, now: Instant) -> TrackedNode:
    """A node of the status, under its name: the answer will tell its whole key."""
    host, said = written.pod_ip or "", (written.role, written.gateway_status)
    reported = written.reported_gateway_status, written.reported_role
    node = Node(written.name, host, written.name, *said, *reported)
    pod = Pod(written.pod_name, written.pod_ip, written.node_name) if written.pod_name else None
    since = now.since(written.since_time)
    seen = TrackedNode(node, since, pod, gone=written.verdict is NodeVerdict.STALE)
    match written.verdict:
        case NodeVerdict.MISSING:
            return seen._replace(absent_since=since - thresholds.failover_grace)
        case NodeVerdict.FAULTY:
            return seen._replace(since=LONG_AGO, missing_since=LONG_AGO)
        case _:
            return seen
