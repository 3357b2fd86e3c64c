"""Failovers: which nodes hold a role, and how it moves from the last complete set that was confirmed to the next.

Documented (page "High Availability"): when the active coreapp or the primary master dies, another takes over.

Each role is in one of three phases. A round whose answers name the nodes moves it; the first row that fits decides:

    the round shows that                          the role is
    --------------------------------------------  -----------
    every confirmed holder still holds it         held
    one has lost it, and the set is not complete  lost
    one has lost it, and another set is complete  taken over

A set of holders is *complete* with as many nodes as the mode wants, and in High Availability with no more than one.
Once a round's own verdict is confirmed and its set is complete, that set is the new confirmed one, and the role is held
again. If nodes left and nodes joined on the way, that was a failover; it lasted from the first round of the role being
lost to the first round of the set that took over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wahealth.core.facts import Thresholds
from wahealth.core.instant import Instant, has_lasted
from wahealth.core.observation.observe import Observation
from wahealth.core.observation.tracking import TrackedNode
from wahealth.core.status import Failover, FailoverKind, Mode
from wahealth.core.strenum import FastStrEnum
from wahealth.core.verdict.checks.messages import some
from wahealth.core.verdict.problem import Problem
from wahealth.core.verdict.verdict import Verdict


class Holder(NamedTuple):
    """A node that holds a role; `name`: as the status shows it."""

    key: str
    container: str
    name: str


Named = tuple[Holder, ...]


class Phase(FastStrEnum):
    """The phases of a role, as the table has them."""

    HELD = "held"
    LOST = "lost"
    TAKEN_OVER = "taken over"


class FailoverTracker(NamedTuple):
    """One role: its holders, and what was seen since they lost it."""

    confirmed_holders: Named = ()  # the last complete set that was confirmed
    lost: Instant | None = None  # the first round without that set
    rounds: int = 0  # rounds in a row without it
    found: Named = ()  # another complete set
    found_at: Instant | None = None  # the first round with the other set

    @property
    def phase(self) -> Phase:
        if self.lost is None:
            return Phase.HELD
        return Phase.LOST if self.found_at is None else Phase.TAKEN_OVER


class FailoverState(NamedTuple):
    """The roles that pass from node to node, each followed individually."""

    coreapps: FailoverTracker = FailoverTracker()
    primary: FailoverTracker = FailoverTracker()

    @property
    def is_steady(self) -> bool:
        """Whether no role is on its way."""
        return all(tracker.phase is Phase.HELD for tracker in self)

    def stalled(self, thresholds: Thresholds, now: Instant) -> bool:
        """Whether a role is lost for longer than a failover may take, and no node has taken over."""
        return any(_stalled(tracker, thresholds, now) for tracker in self)

    def paused(self) -> FailoverState:
        """The holders alone: no failover is followed while nothing is probed."""
        return FailoverState(*(FailoverTracker(tracker.confirmed_holders) for tracker in self))


class Holders(NamedTuple):
    """The nodes that hold a role in one round; `complete`: as many as the mode wants, and no more."""

    kind: FailoverKind
    nodes: Named
    complete: bool
    there: frozenset[str]  # keys of all live nodes


def active_coreapps(observation: Observation) -> Holders:
    """The connected coreapps."""
    nodes = _named(observation, observation.summary.connected if observation.summary else ())
    alone = observation.effective_mode is not Mode.HIGH_AVAILABILITY or len(nodes) == 1
    return Holders(
        FailoverKind.ACTIVE_COREAPP, nodes, alone and len(nodes) >= observation.expected, _there(observation)
    )


def primary_master(observation: Observation) -> Holders:
    """The masters that say they are the primary."""
    nodes = _named(observation, observation.summary.primaries if observation.summary else ())
    return Holders(FailoverKind.PRIMARY_MASTER, nodes, len(nodes) == 1, _there(observation))


def _named(observation: Observation, holders: tuple[TrackedNode, ...]) -> Named:
    nodes = (seen.node for seen in holders)
    return tuple(sorted(Holder(node.key, node.container, observation.names[node.key]) for node in nodes))


def _there(observation: Observation) -> frozenset[str]:
    return frozenset(key for key, seen in observation.tracked.items() if seen.live)


def _departed(nodes: Named, others: Named, there: frozenset[str]) -> Named:
    """The nodes that are not among the others, in linear time.

    A node whose key is gone may be among them by its container part, at another address. `there`: keys of live nodes.
    """
    keys = {other.key for other in others}
    containers = {other.container for other in others}
    moved_away = {other.container for other in others if other.key not in there}

    def among_the_others(node: Holder) -> bool:
        return node.key in keys or node.container in (moved_away if node.key in there else containers)

    return tuple(node for node in nodes if not among_the_others(node))


def follow_failovers(
    before: FailoverState, observation: Observation | None, candidate: Verdict, confirmed: bool, now: Instant
) -> tuple[FailoverState, tuple[Failover, ...]]:
    """The roles after this round, and the failovers that it completes.

    `confirmed`: the round's own verdict, `candidate`, is confirmed.
    """
    if observation is None or not _says_who(observation, candidate):
        return before, ()
    coreapps, first = _follow(before.coreapps, active_coreapps(observation), confirmed, now)
    primary, second = _follow(before.primary, primary_master(observation), confirmed, now)
    return FailoverState(coreapps, primary), tuple(move for move in (first, second) if move is not None)


def _says_who(observation: Observation, candidate: Verdict) -> bool:
    """Whether the answers of this round name nodes and their roles."""
    undecided = candidate.problem in {Problem.UNDECIDED, Problem.NO_MODE}
    nodes = observation.summary is not None and observation.summary.single is None
    return nodes and observation.merged.fresh and not undecided


def _follow(
    before: FailoverTracker, seen: Holders, confirmed: bool, now: Instant
) -> tuple[FailoverTracker, Failover | None]:
    after = next(row for row in STEPS if row.fits(before, seen)).follow(before, seen, now)
    if not (confirmed and seen.complete):
        return after, None
    return FailoverTracker(seen.nodes), _moved(after, seen)


class Step(NamedTuple):
    """A row of the table. `seen`: what a round shows, in words; `phase`: the one that it leads to."""

    seen: str
    phase: Phase
    fits: Callable[[FailoverTracker, Holders], bool]
    follow: Callable[[FailoverTracker, Holders, Instant], FailoverTracker]


def _all_there(before: FailoverTracker, seen: Holders) -> bool:
    return not _departed(before.confirmed_holders, seen.nodes, seen.there)


def _incomplete(_: FailoverTracker, seen: Holders) -> bool:
    return not seen.complete


def _complete(_: FailoverTracker, seen: Holders) -> bool:
    return seen.complete


def _held(before: FailoverTracker, _: Holders, __: Instant) -> FailoverTracker:
    return FailoverTracker(before.confirmed_holders)


def _lost(before: FailoverTracker, _: Holders, now: Instant) -> FailoverTracker:
    return FailoverTracker(before.confirmed_holders, before.lost or now, before.rounds + 1)


def _taken_over(before: FailoverTracker, seen: Holders, now: Instant) -> FailoverTracker:
    found_at = before.found_at if before.found == seen.nodes else now
    return _lost(before, seen, now)._replace(found=seen.nodes, found_at=found_at)


STEPS = (
    Step("every confirmed holder still holds it", Phase.HELD, _all_there, _held),
    Step("one has lost it, and the set is not complete", Phase.LOST, _incomplete, _lost),
    Step("one has lost it, and another set is complete", Phase.TAKEN_OVER, _complete, _taken_over),
)


def _stalled(tracker: FailoverTracker, thresholds: Thresholds, now: Instant) -> bool:
    if tracker.lost is None or tracker.phase is not Phase.LOST:
        return False
    lasted = has_lasted(now.monotonic - tracker.lost.monotonic, thresholds.failover_grace)
    return lasted and tracker.rounds >= thresholds.failure_threshold


def _moved(tracker: FailoverTracker, seen: Holders) -> Failover | None:
    """The completed failover; None if no node left, or no node joined."""
    origin = tuple(node.name for node in _departed(tracker.confirmed_holders, seen.nodes, seen.there))
    to = tuple(node.name for node in _departed(seen.nodes, tracker.confirmed_holders, seen.there))
    if not origin or not to or tracker.lost is None or tracker.found_at is None:
        return None
    seconds = round(tracker.found_at.monotonic - tracker.lost.monotonic)
    return Failover(tracker.found_at.wall, seen.kind, some(origin), some(to), seconds)
