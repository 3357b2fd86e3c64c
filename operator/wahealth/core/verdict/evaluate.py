"""Observation in, verdict out: the verdict of one round, with expired graces taken into account."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.certificate import Certificate
from wahealth.core.facts import Facts
from wahealth.core.observation.endpoints import truncated
from wahealth.core.observation.observe import Observation
from wahealth.core.observation.summary import NodeSummary
from wahealth.core.observation.views import MergedView, most_common_failure
from wahealth.core.signin.kinds import Kind
from wahealth.core.status import (
    Condition,
    Connected,
    Credentials,
    Gateway,
    KeyInUse,
    Redundancy,
    Status,
    TopologyNode,
)
from wahealth.core.verdict.anomalies import find_anomalies
from wahealth.core.verdict.checks import findings
from wahealth.core.verdict.checks.input import RuleInput
from wahealth.core.verdict.gateway import gateway_of
from wahealth.core.verdict.problem import Connectivity, Problem, grace_of, problem_of
from wahealth.core.verdict.topology import MOST_CONNECTED, Setting, fitting, redundancy, topology
from wahealth.core.verdict.verdict import Anomaly, Verdict


class Classification(NamedTuple):
    """A round's connectivity (None: the client was not seen), its problem (None: nothing is wrong), and the problem's
    grace."""

    connectivity: Connectivity | None
    problem: Problem | None
    grace: float  # seconds


def classify(facts: Facts, observation: Observation) -> Classification:
    """Classify a round: what is wrong with the client, and how long that may last before it counts."""
    connectivity = _connectivity(facts, observation)
    problem = _problem(facts, observation, connectivity)
    nodes = observation.summary is not None and observation.summary.single is None
    return Classification(connectivity, problem, grace_of(problem, facts.desired.thresholds, nodes) if problem else 0.0)


def _connectivity(facts: Facts, observation: Observation) -> Connectivity | None:
    if observation.summary is None:
        return None
    minimum = facts.desired.min_connected or observation.expected
    gateway = gateway_of(observation.summary, observation.expected, minimum) if observation.effective_mode else None
    return Connectivity(
        observation.effective_mode, gateway, observation.summary.connections, observation.expected, minimum
    )


def _problem(facts: Facts, observation: Observation, connectivity: Connectivity | None) -> Problem | None:
    if facts.reference_problem is not None:
        return Problem.REFERENCE
    if facts.credential_problem is not None:
        return Problem.KEY_FORM
    if connectivity is None:
        return _unseen_because(observation.merged)
    return problem_of(connectivity, facts.desired)


def _unseen_because(merged: MergedView) -> Problem:
    if merged.refusing:
        return Problem.REFUSED
    if merged.forbidding:
        return Problem.FORBIDDEN
    return Problem.THROTTLED if merged.throttling else Problem.UNREACHABLE


def evaluate(
    facts: Facts, observation: Observation, classified: Classification, confirmed: Status, over: bool
) -> Verdict:
    """The verdict of this round, without times.

    `confirmed`: the status from which everything is taken that stays as it was. `over`: the grace of this round's
    problem has ended.
    """
    connectivity = classified.connectivity
    given = RuleInput(
        facts,
        observation.merged,
        observation.endpoints,
        confirmed,
        connectivity,
        classified.problem,
        over,
        observation.detected,
        observation.mismatch,
    )
    if observation.summary is None or connectivity is None:
        status = (
            confirmed._replace(endpoints=truncated(observation.endpoints))
            if given.kept
            else _unseen(confirmed, observation)
        )
        return _verdict(status, given, frozenset())
    nodes = () if observation.summary.single else _topology(facts, observation)
    status = _seen(observation, observation.summary, connectivity, nodes, confirmed)
    primaries = tuple([seen.node.gateway for seen in observation.summary.primaries])
    given = given._replace(redundancy=status.redundancy, primaries=primaries)
    anomalies = find_anomalies(nodes, observation.effective_mode, observation.summary.single) | _ending(facts)
    return _verdict(status, given, anomalies | {Anomaly.DEPRECATED} if observation.merged.deprecated else anomalies)


def _ending(facts: Facts) -> frozenset[Anomaly]:
    ending = {
        Anomaly.CERTIFICATE_EXPIRING: facts.expiring,
        Anomaly.OWN_EXPIRING: facts.own_expiring,
        Anomaly.TOKEN_EXPIRING: facts.token_expiring,
    }
    return frozenset(anomaly for anomaly, soon in ending.items() if soon)


def _topology(facts: Facts, observation: Observation) -> tuple[TopologyNode, ...]:
    return topology(observation.tracked, observation.names, Setting(facts.desired.thresholds, observation.now))


def _unseen(confirmed: Status, observation: Observation) -> Status:
    """The status while the client cannot be seen.

    What does not age stays: mode, version, topology, the last failover, and how many coreapps should be connected. What
    would be read as a present number is left out.
    """
    return confirmed._replace(
        gateway=Gateway.UNKNOWN,
        connected=confirmed.connected and Connected.unseen(confirmed.connected.expected),
        connected_coreapps=(),
        redundancy=None,
        endpoints=truncated(observation.endpoints),
    )


def _seen(
    observation: Observation,
    summary: NodeSummary,
    connectivity: Connectivity,
    nodes: tuple[TopologyNode, ...],
    confirmed: Status,
) -> Status:
    view = observation.merged.view
    known = confirmed.connected is not None and confirmed.connected.current is not None
    undecided = connectivity.gateway is None and not observation.mismatch and known
    names = tuple(sorted(observation.names[seen.node.key] for seen in summary.connected))[:MOST_CONNECTED]
    return Status(
        gateway=connectivity.gateway or (Gateway.UNKNOWN if observation.mismatch else confirmed.gateway),
        mode=observation.detected,
        client_version=(view.version if view else None) or confirmed.client_version,
        connected=confirmed.connected if undecided else Connected.of(connectivity.connected, connectivity.expected),
        primary_master=min((observation.names[seen.node.key] for seen in summary.primaries), default=None),
        connected_coreapps=confirmed.connected_coreapps if undecided else names,
        last_failover=confirmed.last_failover,
        redundancy=_redundancy(nodes, connectivity, confirmed if undecided else None)
        if summary.single is None
        else None,
        nodes=fitting(nodes),
        endpoints=truncated(observation.endpoints),
    )


def _redundancy(nodes: tuple[TopologyNode, ...], connectivity: Connectivity, as_it_was: Status | None) -> Redundancy:
    """The redundancy; `as_it_was`: the confirmed status, if the answer does not say which node is which."""
    return (as_it_was and as_it_was.redundancy) or redundancy(nodes, connectivity.expected)


def _verdict(status: Status, given: RuleInput, anomalies: frozenset[Anomaly]) -> Verdict:
    conditions = tuple(Condition(type_, *finding) for type_, finding in findings(given).items())
    tls, own = _certificates(given)
    status = status._replace(conditions=conditions, credentials=_credentials(given), tls=tls, client_certificate=own)
    unanswered = None if given.merged.reached or not given.merged.asked else most_common_failure(given.merged)
    return Verdict(status, given.problem, not given.over and not given.kept, anomalies, unanswered, given.kept)


def _certificates(given: RuleInput) -> tuple[Certificate | None, Certificate | None]:
    """The certificate that waweb presents, and the one that we show; each as last seen, if not seen in this round."""
    facts, confirmed = given.facts, given.confirmed
    exposed = facts.desired.exposed
    tls = None if exposed and exposed.in_clear else facts.certificate or confirmed.tls
    own = facts.own or confirmed.client_certificate if facts.desired.shows_certificate else None
    return tls, own


def _credentials(given: RuleInput) -> Credentials | None:
    """The facts about the credential: which API key waweb accepts and when it last changed, or when a token expires."""
    if given.kept:
        return given.confirmed.credentials
    known = given.confirmed.credentials or Credentials()
    if given.facts.desired.signs_in_by is not Kind.API_KEY:
        expires = given.facts.token_expires or (None if given.merged.reached else known.token_expiry_time)
        return Credentials(token_expiry_time=expires) if expires else None
    in_use = known.key_in_use
    if given.merged.reached:
        seen = KeyInUse.PREVIOUS if given.merged.on_previous else KeyInUse.CURRENT
        in_use = seen if given.merged.view is not None else None
    found = Credentials(in_use, given.facts.rotated or known.last_rotation_time)
    return found if found != Credentials() else None
