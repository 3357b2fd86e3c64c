"""Who carries the client, and how a role moves: from the last complete set that was believed to the next.

Documented (page "High Availability"): when the active coreapp or the primary master dies, another takes over.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from wahealth.core.facts import Patience
from wahealth.core.moment import Moment
from wahealth.core.sight.look import Sight
from wahealth.core.sight.roster import Seen
from wahealth.core.status import Failover, FailoverKind, Mode
from wahealth.core.verdict.checks.words import some

Names = tuple[str, ...]


class Handover(NamedTuple):
    """One role: its holders, and what is seen since they lost it."""

    settled: Names = ()  # the last complete set that was believed
    lost: Moment | None = None  # the first round without it
    rounds: int = 0  # rounds in a row without it
    found: Names = ()  # another complete set
    found_at: Moment | None = None  # the first round with that


class Holders(NamedTuple):
    """Who holds a role in one view; `complete`: as many as are wanted, and no more."""

    kind: FailoverKind
    names: Names
    complete: bool


def active_coreapps(sight: Sight) -> Holders:
    names = _names(sight, sight.census.connected if sight.census else ())
    alone = sight.judged is not Mode.HIGH_AVAILABILITY or len(names) == 1
    return Holders(FailoverKind.ACTIVE_COREAPP, names, alone and len(names) >= sight.expected)


def primary_master(sight: Sight) -> Holders:
    names = _names(sight, sight.census.primaries if sight.census else ())
    return Holders(FailoverKind.PRIMARY_MASTER, names, len(names) == 1)


def _names(sight: Sight, holders: tuple[Seen, ...]) -> Names:
    """The container part, wherever it is now; the whole key where another node that is there shares it."""
    if not holders:
        return ()
    times = Counter(seen.node.container for seen in sight.roster.values() if seen.live)
    return tuple(sorted(s.node.container if times[s.node.container] == 1 else s.node.key for s in holders))


def passed_on(before: Handover, seen: Holders, believed: bool, now: Moment) -> tuple[Handover, Failover | None]:
    """`believed`: this very view is what is believed now."""
    after = _watched(before, seen, now)
    if not (believed and seen.complete):
        return after, None
    return Handover(seen.names), _moved(after, seen)


def _watched(before: Handover, seen: Holders, now: Moment) -> Handover:
    if set(before.settled) <= set(seen.names):
        return Handover(before.settled)
    lost, rounds = before.lost or now, before.rounds + 1
    if not seen.complete:
        return Handover(before.settled, lost, rounds)
    found_at = before.found_at if before.found == seen.names else now
    return Handover(before.settled, lost, rounds, seen.names, found_at)


def stalled(handover: Handover, patience: Patience, now: Moment) -> bool:
    """Nobody took over in the time that a failover may take."""
    if handover.lost is None or handover.found_at is not None:
        return False
    lasted = now.seconds - handover.lost.seconds >= patience.failover
    return lasted and handover.rounds >= patience.failure_threshold


def _moved(handover: Handover, seen: Holders) -> Failover | None:
    """Never a change to itself, and none where somebody only joined or left."""
    origin = tuple(name for name in handover.settled if name not in seen.names)
    to = tuple(name for name in seen.names if name not in handover.settled)
    if not origin or not to or handover.lost is None or handover.found_at is None:
        return None
    seconds = round(handover.found_at.seconds - handover.lost.seconds)
    return Failover(handover.found_at.wall, seen.kind, some(origin), some(to), seconds)
