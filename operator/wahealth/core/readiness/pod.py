"""Round after round, the readiness of this pod: what is kept while nothing can be said, and for how long."""

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
from wahealth.core.readiness.node import MISSING, Identity, Own, PodRole, of_node, own_entry
from wahealth.core.readiness.web import of_single_coreapp, of_web
from wahealth.core.status import Status, TopologyNode

WITHOUT_KEY, THROTTLED = Readiness("CredentialsUnknown"), Readiness("Throttled")
_RESERVED = (Unauthorized, Forbidden, Throttled)  # the pod answers, and says no more to whoever asks
KEPT = 600.0  # seconds for which a coreapp or master keeps its readiness while no web pod answers


class Kept(NamedTuple):
    """Between two rounds. Times are monotonic seconds."""

    readiness: Readiness = STARTING
    own: TopologyNode | None = None
    answered: float | None = None  # the last round in which the web pods answered
    began: float | None = None
    absent: float | None = None  # the first round whose answer did not list this pod


class Seen(NamedTuple):
    """One round. `status`: of the whole client, as confirmed; or as it is seen while nothing is confirmed yet."""

    facts: Facts
    status: Status
    now: float

    @property
    def outcome(self) -> Outcome | None:
        return self.facts.outcomes[0].outcome if self.facts.outcomes else None


def after(kept: Kept, identity: Identity, seen: Seen) -> Kept:
    kept = kept._replace(began=seen.now if kept.began is None else kept.began)
    if seen.facts.nothing_new:
        return kept
    if identity.role is PodRole.WEB:
        return kept._replace(readiness=_of_web(kept, seen))
    if isinstance(seen.outcome, _RESERVED) and kept.readiness == STARTING:
        return kept._replace(readiness=_reserved(seen))
    if not isinstance(seen.outcome, Answered):
        return kept._replace(readiness=_silent(kept, seen))
    if seen.outcome.report.single is not None:
        return kept._replace(readiness=_of_single(kept, identity, seen), own=None, answered=seen.now)
    return _of_node(kept, identity, seen.outcome.report.nodes, seen)


def _of_web(kept: Kept, seen: Seen) -> Readiness:
    """Words about who asks, or a status nobody knows, say of the pod that it answers, and no more: it stays what it
    was."""
    if isinstance(seen.outcome, _RESERVED):
        return _reserved(seen) if _did_not_answer(kept.readiness) else kept.readiness
    nobody_knows = isinstance(seen.outcome, Answered) and seen.outcome.report.single is GatewayStatus.UNKNOWN
    return kept.readiness if nobody_knows and not _did_not_answer(kept.readiness) else of_web(seen.status)


def _reserved(seen: Seen) -> Readiness:
    return THROTTLED if isinstance(seen.outcome, Throttled) else WITHOUT_KEY


def _of_single(kept: Kept, identity: Identity, seen: Seen) -> Readiness:
    if identity.role is not PodRole.COREAPP:
        return Readiness("SingleInstance")
    nobody_knows = isinstance(seen.outcome, Answered) and seen.outcome.report.single is GatewayStatus.UNKNOWN
    return kept.readiness if nobody_knows and kept.readiness != STARTING else of_single_coreapp(seen.status)


def _did_not_answer(readiness: Readiness) -> bool:
    return readiness == STARTING or readiness.reason in tuple(FailureReason)


def _of_node(kept: Kept, identity: Identity, nodes: tuple[Node, ...], seen: Seen) -> Kept:
    node = own_entry(nodes, identity)
    absent = None if node is not None else seen.now if kept.absent is None else kept.absent
    kept = kept._replace(own=_listed(seen.status, node), answered=seen.now, absent=absent)
    says_nothing = node is not None and node.gateway in {None, GatewayStatus.UNKNOWN}
    if says_nothing and kept.readiness != STARTING and kept.readiness.reason != MISSING:
        return kept  # nobody could ask it, or knows what it says
    over = absent is not None and has_lasted(seen.now - absent, seen.facts.expected.thresholds.failover_grace)
    return kept._replace(readiness=of_node(Own(node, kept.own, over)))


def _listed(status: Status, node: Node | None) -> TopologyNode | None:
    if node is None:
        return None
    by_name = {listed.name: listed for listed in status.nodes}
    return by_name.get(node.key) or by_name.get(node.container)


def _silent(kept: Kept, seen: Seen) -> Readiness:
    """Another component's fault must not take this pod away, nor hold it up for longer than it takes to confirm it."""
    thresholds = seen.facts.expected.thresholds
    longest = thresholds.failure_threshold * thresholds.period if kept.readiness == STARTING else KEPT
    since = kept.answered if kept.answered is not None else kept.began
    return Readiness("WebSilent") if since is not None and has_lasted(seen.now - since, longest) else kept.readiness
