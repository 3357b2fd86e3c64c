"""The part of the state that a written status restores here: the confirmed verdict is the one that it shows."""

from __future__ import annotations

from wahealth.core.certificate import is_expiring
from wahealth.core.hysteresis.confirmation import Confirmation, seen_so_far
from wahealth.core.hysteresis.failover import FailoverState, FailoverTracker, Holder
from wahealth.core.instant import LONG_AGO, Instant
from wahealth.core.status import ConditionType, Mode, Status
from wahealth.core.verdict.anomalies import find_anomalies
from wahealth.core.verdict.problem import Problem
from wahealth.core.verdict.timers import Timers
from wahealth.core.verdict.token_expiry import expiring
from wahealth.core.verdict.verdict import Anomaly, Verdict

_NOT_CONFIRMED = frozenset({ConditionType.RECONCILING, ConditionType.STALLED, ConditionType.SUSPENDED})
UNSEEN = frozenset(
    {
        Problem.REFERENCE,
        Problem.KEY_FORM,
        Problem.REFUSED,
        Problem.FORBIDDEN,
        Problem.THROTTLED,
        Problem.UNREACHABLE,
        Problem.NOT_FOUND,
    }
)


def shows_a_verdict(written: Status) -> bool:
    """Whether the status shows a confirmed verdict; a preliminary status has no observedGeneration."""
    return written.observed_generation is not None and written.condition(ConditionType.AVAILABLE) is not None


def first_confirmation(written: Status, generation: int, now: Instant) -> Confirmation:
    """The confirmation of a resource whose status shows no verdict yet; its start-up grace runs on from Reconciling."""
    waiting = written.condition(ConditionType.RECONCILING)
    began = now.since(waiting.last_transition_time if waiting else None)
    return Confirmation(
        began,
        generation,
        now.monotonic,
        verdict_generation=written.observed_generation,
        preliminary=seen_so_far(unstamped(written)),
    )


def written_verdict(written: Status, problem: Problem | None, timers: Timers, now: Instant) -> Verdict:
    """The verdict that the status shows. `timers`: the timer of its `problem`, if any."""
    confirmed = unstamped(written)
    waiting = any(since != LONG_AGO for _, since in timers)
    return Verdict(confirmed, problem, waiting, _anomalies(written, confirmed, problem, now))


def written_failover(written: Status) -> FailoverState:
    """The holders of each role, by the names that the status shows: the next answer brings their keys."""
    coreapps = _holders(written.connected_coreapps) if is_complete(written) else ()
    primary = _holders((written.primary_master,) if written.primary_master else ())
    return FailoverState(FailoverTracker(coreapps), FailoverTracker(primary))


def _holders(names: tuple[str, ...]) -> tuple[Holder, ...]:
    return tuple(Holder(name, name.rpartition(":")[2], name) for name in sorted(names))


def _anomalies(written: Status, confirmed: Status, problem: Problem | None, now: Instant) -> frozenset[Anomaly]:
    unseen = problem in UNSEEN or confirmed.mode is Mode.CLOUD_API
    nodes = frozenset() if unseen else find_anomalies(confirmed.nodes, _mode_of_nodes(confirmed), None)
    token_ends = written.credentials.token_expiry_time if written.credentials else None
    ending = {
        Anomaly.CERTIFICATE_EXPIRING: is_expiring(written.tls, now.wall),
        Anomaly.OWN_EXPIRING: is_expiring(written.client_certificate, now.wall),
    }
    of_token = expiring(token_ends, now.wall, week=confirmed.mode is Mode.CLOUD_API)
    return nodes | of_token | {anomaly for anomaly, soon in ending.items() if soon}


def _mode_of_nodes(status: Status) -> Mode | None:
    return None if status.mode is Mode.SINGLE or not status.nodes else status.mode


def unstamped(written: Status) -> Status:
    """The status as a verdict holds it: without times, history, Reconciling, Stalled and Suspended."""
    kept = tuple(c for c in written.conditions if c.type not in _NOT_CONFIRMED)
    return written._replace(
        primary_master_since_time=None,
        nodes=tuple(node._replace(since_time=None) for node in written.nodes),
        endpoints=tuple(endpoint._replace(since_time=None) for endpoint in written.endpoints),
        conditions=tuple(c._replace(observed_generation=None, last_transition_time=None) for c in kept),
        observed_generation=None,
        history=b"",
    )


def is_complete(status: Status) -> bool:
    """Whether as many coreapps are connected as expected, and in High Availability no more than one."""
    count, connected = len(status.connected_coreapps), status.connected
    if connected is None or not count:
        return False
    return count == 1 if status.mode is Mode.HIGH_AVAILABILITY else count >= connected.expected
