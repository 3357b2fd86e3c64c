"""The readiness of this pod from round to round: what is kept while nothing new is known, and for how long."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.answer import (
    Answered,
    FailureReason,
    Forbidden,
    GatewayStatus,
    Node,
    Outcome,
    Throttled,
    Unauthorized,
)
from wahealth.core.facts import Facts
from wahealth.core.instant import has_lasted
from wahealth.core.readiness.depth import STARTING, Readiness
from wahealth.core.readiness.node import MISSING, Identity, PodRole, SelfView, of_node, own_node
from wahealth.core.readiness.web import of_single_coreapp, of_web
from wahealth.core.status import Status, TopologyNode

WITHOUT_KEY, THROTTLED = Readiness("CredentialsUnknown"), Readiness("Throttled")
_RESERVED = (Unauthorized, Forbidden, Throttled)  # the pod answers, but says nothing about the client
KEEP_SECONDS = 600.0  # for which a coreapp or master keeps its readiness while no web pod answers


class ReadinessState(NamedTuple):
    """State kept between two rounds. Times are monotonic seconds."""

    readiness: Readiness = STARTING
    own: TopologyNode | None = None  # the node of this pod, as last listed
    answered: float | None = None  # the last round in which the web pods answered
    began: float | None = None  # the first round
    absent: float | None = None  # the first round whose answer did not list this pod


class RoundResult(NamedTuple):
    """The result of one round.

    `status`: of the whole client, as it is confirmed, or as it is seen while nothing is confirmed yet. `now`: monotonic
    seconds.
    """

    facts: Facts
    status: Status
    now: float

    @property
    def outcome(self) -> Outcome | None:
        """The outcome of the one pod, or address, that is probed; None if nothing was probed."""
        return self.facts.outcomes[0].outcome if self.facts.outcomes else None


def advance(state: ReadinessState, identity: Identity, result: RoundResult) -> ReadinessState:
    """The state after a round."""
    state = state._replace(began=result.now if state.began is None else state.began)
    if result.facts.nothing_new:
        return state
    if identity.role is PodRole.WEB:
        return state._replace(readiness=_of_web(state, result))
    if isinstance(result.outcome, _RESERVED) and state.readiness == STARTING:
        return state._replace(readiness=_reserved(result))
    if not isinstance(result.outcome, Answered):
        return state._replace(readiness=_silent(state, result))
    if result.outcome.report.single is not None:
        return state._replace(readiness=_of_single(state, identity, result), own=None, answered=result.now)
    return _of_node(state, identity, result.outcome.report.nodes, result)


def _of_web(state: ReadinessState, result: RoundResult) -> Readiness:
    """The readiness of a web pod; it stays as it was if the answer says nothing new about it.

    A verdict on who asks, or an unknown status, shows no more than that the pod answers.
    """
    if isinstance(result.outcome, _RESERVED):
        return _reserved(result) if _did_not_answer(state.readiness) else state.readiness
    nobody_knows = isinstance(result.outcome, Answered) and result.outcome.report.single is GatewayStatus.UNKNOWN
    return state.readiness if nobody_knows and not _did_not_answer(state.readiness) else of_web(result.status)


def _reserved(result: RoundResult) -> Readiness:
    return THROTTLED if isinstance(result.outcome, Throttled) else WITHOUT_KEY


def _of_single(state: ReadinessState, identity: Identity, result: RoundResult) -> Readiness:
    if identity.role is not PodRole.COREAPP:
        return Readiness("SingleInstance")
    nobody_knows = isinstance(result.outcome, Answered) and result.outcome.report.single is GatewayStatus.UNKNOWN
    return state.readiness if nobody_knows and state.readiness != STARTING else of_single_coreapp(result.status)


def _did_not_answer(readiness: Readiness) -> bool:
    return readiness == STARTING or readiness.reason in tuple(FailureReason)


def _of_node(state: ReadinessState, identity: Identity, nodes: tuple[Node, ...], result: RoundResult) -> ReadinessState:
    node = own_node(nodes, identity)
    absent = None if node is not None else result.now if state.absent is None else state.absent
    state = state._replace(own=_listed(result.status, node), answered=result.now, absent=absent)
    says_nothing = node is not None and node.gateway in {None, GatewayStatus.UNKNOWN}
    if says_nothing and state.readiness != STARTING and state.readiness.reason != MISSING:
        return state  # it could not be asked, or its status is unknown
    over = absent is not None and has_lasted(result.now - absent, result.facts.desired.thresholds.failover_grace)
    return state._replace(readiness=of_node(SelfView(node, state.own, over)))


def _listed(status: Status, node: Node | None) -> TopologyNode | None:
    if node is None:
        return None
    by_name = {listed.name: listed for listed in status.nodes}
    return by_name.get(node.key) or by_name.get(node.container)


def _silent(state: ReadinessState, result: RoundResult) -> Readiness:
    """The readiness of a coreapp or master while no web pod answers.

    Another component's fault must not make this pod unready, nor delay its start for longer than it takes to confirm
    that fault.
    """
    thresholds = result.facts.desired.thresholds
    longest = thresholds.failure_threshold * thresholds.period if state.readiness == STARTING else KEEP_SECONDS
    since = state.answered if state.answered is not None else state.began
    return Readiness("WebSilent") if since is not None and has_lasted(result.now - since, longest) else state.readiness
