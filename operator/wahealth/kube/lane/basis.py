"""What a round rests on that repeats the last one: as long as all of it stands, the same answers change nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import NamedTuple

from wahealth.api.v1alpha1 import Spec, Target
from wahealth.core.answer import Answered, result_of
from wahealth.core.certificate import EXPIRING, Certificate
from wahealth.core.control.isolation_detector import Vote
from wahealth.core.egress.origin import is_address, origin_of
from wahealth.core.instant import Instant
from wahealth.core.signin.flow import Authenticator
from wahealth.core.state import State, Steady
from wahealth.core.status import Status
from wahealth.kube.claims import wants
from wahealth.kube.entry import ResourceEntry
from wahealth.kube.inventory.changes import Changes
from wahealth.kube.reconciler import vote_of
from wahealth.kube.records import Cached
from wahealth.probe.client import Kept
from wahealth.probe.credential import Credential
from wahealth.probe.trust import Trust

_APART = 0.5  # seconds by which the two clocks may part before what was reckoned from one to the other is void


class Before(NamedTuple):
    """What a round that begins may depend on, and what does not show in the record afterwards."""

    changes: int  # of the inventory
    generation: int
    requests: int
    postponed: bool  # as it is reported


def before(entry: ResourceEntry, changes: Changes) -> Before:
    count = changes.count(entry.ref.namespace)
    return Before(count, entry.generation, entry.probe.requests, entry.postponed.reported)


@dataclass(frozen=True, slots=True)
class Basis:
    """Of a resource whose last round changed nothing. Compared by identity: whoever changes something puts another
    object there, and what is counted up was counted before that round began. Times are monotonic seconds."""

    before: Before
    state: State
    written: Status
    signin: Authenticator[Credential]
    trust: Cached[Trust] | None
    until: float  # when something falls due by time
    offset: float  # from the monotonic clock to the wall clock
    vote: Vote
    kept: tuple[Kept, ...]  # one for each pod
    result: str  # as the metrics say it

    def holds(self, entry: ResourceEntry, changes: Changes, now: float) -> bool:
        probe, was = entry.probe, self.before
        return (
            now < self.until
            and entry.state is self.state
            and entry.written is self.written
            and probe.signin is self.signin
            and probe.trust is self.trust
            and not entry.writes.pending_events
            and changes.count(entry.ref.namespace) == was.changes
            and self.is_meant(entry)
            and entry.postponed.reported is was.postponed
            and -_APART < time.time() - now - self.offset < _APART
        )

    def renewed(self, entry: ResourceEntry) -> Basis:
        """The same, once all that it refers to has said again what it said."""
        return replace(self, signin=entry.probe.signin or self.signin, trust=entry.probe.trust)

    def is_meant(self, entry: ResourceEntry) -> bool:
        """Whether the spec and what it refers to are still those of the questions, as far as is known."""
        return entry.generation == self.before.generation and entry.probe.requests == self.before.requests


def basis_of(entry: ResourceEntry, proved: Before, began: Instant) -> Basis | None:
    """None: the next round must be an ordinary one. `proved`: how the last round began, which ended well; `began`:
    when, for what fell due since then has not been looked at."""
    state, signin, steady = entry.state, entry.probe.signin, entry.state and entry.state.steady
    if state is None or steady is None or signin is None or entry.spec is None:
        return None
    if not _may_repeat(entry, entry.spec, steady, proved):
        return None
    kept = [entry.probe.kept.get(outcome.pod) for outcome in steady.facts.outcomes]
    exchanges = tuple(one for one in kept if one is not None)
    if not kept or len(exchanges) < len(kept) or len({one.route for one in exchanges}) < len(kept):
        return None
    if not all(map(_leads_there_at_once, exchanges)):
        return None
    vote = vote_of(entry.ref.namespace, entry.uid, entry.spec.target)
    return Basis(
        before=proved,
        state=state,
        written=entry.written,
        signin=signin,
        trust=entry.probe.trust,
        until=min(steady.until, signin.settled_until(began), _until_expiring(steady, began)),
        offset=began.wall.timestamp() - began.monotonic,
        vote=vote,
        kept=exchanges,
        result=result_of(steady.facts.outcomes[0].outcome),
    )


def _may_repeat(entry: ResourceEntry, spec: Spec, steady: Steady, proved: Before) -> bool:
    """Whether nothing but the answers, and what a `Basis` holds, decides what the next round comes to."""
    facts, state = steady.facts, entry.probe
    return (
        proved.generation == entry.generation == facts.generation
        and steady.written == entry.written
        and _is_found_without_asking(spec.target)
        and not facts.in_turns
        and not facts.not_probed
        and all(one.asked and not one.previous_key and isinstance(one.outcome, Answered) for one in facts.outcomes)
        and not state.retry_after
        and entry.writes.restart_refused is None
        and not wants(entry)
        and not entry.labels.may_be_labeled
    )


def _is_found_without_asking(target: Target) -> bool:
    """Pods are found in the inventory. A name is looked up in each round, and a number has a budget."""
    if target.cloud is not None:
        return False
    return target.url is None or is_address(origin_of(target.url).host)


def _leads_there_at_once(exchange: Kept) -> bool:
    """The name of a proxy is looked up in each round, too."""
    through = exchange.route.through
    return through is None or is_address(through.host)


def _until_expiring(steady: Steady, now: Instant) -> float:
    """When a certificate begins to expire that does not yet; theirs or our own."""
    facts = steady.facts
    waiting = [facts.certificate if not facts.expiring else None, facts.own if not facts.own_expiring else None]
    return min((_begins(one, now) for one in waiting if one is not None), default=float("inf"))


def _begins(certificate: Certificate, now: Instant) -> float:
    return now.monotonic + (certificate.not_after - EXPIRING - now.wall).total_seconds()
