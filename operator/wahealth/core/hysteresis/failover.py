"""Who carries the client, and how a role moves: from the last complete set that was confirmed to the next.

Documented (page "High Availability"): when the active coreapp or the primary master dies, another takes over.
"""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.facts import Thresholds
from wahealth.core.instant import Instant, has_lasted
from wahealth.core.observation.observe import Observation
from wahealth.core.observation.tracking import TrackedNode
from wahealth.core.status import Failover, FailoverKind, Mode
from wahealth.core.verdict.checks.messages import some


class Holder(NamedTuple):
    """A node that holds a role; `name` is how it was shown."""

    key: str
    container: str
    name: str


Named = tuple[Holder, ...]


class FailoverTracker(NamedTuple):
    """One role: its holders, and what is seen since they lost it."""

    confirmed_holders: Named = ()  # the last complete set that was confirmed
    lost: Instant | None = None  # the first round without it
    rounds: int = 0  # rounds in a row without it
    found: Named = ()  # another complete set
    found_at: Instant | None = None  # the first round with that


class Holders(NamedTuple):
    """Who holds a role in one view; `complete`: as many as are wanted, and no more."""

    kind: FailoverKind
    nodes: Named
    complete: bool
    there: frozenset[str]  # keys of all nodes that are there


def active_coreapps(observation: Observation) -> Holders:
    nodes = _named(observation, observation.summary.connected if observation.summary else ())
    alone = observation.effective_mode is not Mode.HIGH_AVAILABILITY or len(nodes) == 1
    return Holders(
        FailoverKind.ACTIVE_COREAPP, nodes, alone and len(nodes) >= observation.expected, _there(observation)
    )


def primary_master(observation: Observation) -> Holders:
    nodes = _named(observation, observation.summary.primaries if observation.summary else ())
    return Holders(FailoverKind.PRIMARY_MASTER, nodes, len(nodes) == 1, _there(observation))


def _named(observation: Observation, holders: tuple[TrackedNode, ...]) -> Named:
    nodes = (seen.node for seen in holders)
    return tuple(sorted(Holder(node.key, node.container, observation.names[node.key]) for node in nodes))


def _there(observation: Observation) -> frozenset[str]:
    return frozenset(key for key, seen in observation.tracked.items() if seen.live)


def _departed(nodes: Named, others: Named, there: frozenset[str]) -> Named:
    """The nodes that are not among the others; one whose key is gone may be there under its name elsewhere. Linear."""
    keys = {other.key for other in others}
    containers = {other.container for other in others}
    moved_away = {other.container for other in others if other.key not in there}

    def among_the_others(node: Holder) -> bool:
        return node.key in keys or node.container in (moved_away if node.key in there else containers)

    return tuple(node for node in nodes if not among_the_others(node))


def follow_failovers(
    before: FailoverTracker, seen: Holders, confirmed: bool, now: Instant
) -> tuple[FailoverTracker, Failover | None]:
    """`confirmed`: this very view is what is confirmed now."""
    after = _advance(before, seen, now)
    if not (confirmed and seen.complete):
        return after, None
    return FailoverTracker(seen.nodes), _moved(after, seen)


def _advance(before: FailoverTracker, seen: Holders, now: Instant) -> FailoverTracker:
    if not _departed(before.confirmed_holders, seen.nodes, seen.there):
        return FailoverTracker(before.confirmed_holders)
    lost, rounds = before.lost or now, before.rounds + 1
    if not seen.complete:
        return FailoverTracker(before.confirmed_holders, lost, rounds)
    found_at = before.found_at if before.found == seen.nodes else now
    return FailoverTracker(before.confirmed_holders, lost, rounds, seen.nodes, found_at)


def stalled(tracker: FailoverTracker, thresholds: Thresholds, now: Instant) -> bool:
    """Nobody took over in the time that a failover may take."""
    if tracker.lost is None or tracker.found_at is not None:
        return False
    lasted = has_lasted(now.monotonic - tracker.lost.monotonic, thresholds.failover_grace)
    return lasted and tracker.rounds >= thresholds.failure_threshold


def _moved(tracker: FailoverTracker, seen: Holders) -> Failover | None:
    """Never a change to itself, and none where somebody only joined or left."""
    origin = tuple(node.name for node in _departed(tracker.confirmed_holders, seen.nodes, seen.there))
    to = tuple(node.name for node in _departed(seen.nodes, tracker.confirmed_holders, seen.there))
    if not origin or not to or tracker.lost is None or tracker.found_at is None:
        return None
    seconds = round(tracker.found_at.monotonic - tracker.lost.monotonic)
    return Failover(tracker.found_at.wall, seen.kind, some(origin), some(to), seconds)
