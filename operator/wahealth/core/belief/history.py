"""What is remembered of one resource between two rounds. All of it is a value; times are monotonic seconds."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.belief.clocks import Clocks
from wahealth.core.belief.failover import Handover
from wahealth.core.facts import Facts
from wahealth.core.sight.look import Remembered
from wahealth.core.sight.roster import STARTING, Seen
from wahealth.core.status import Status
from wahealth.core.verdict.verdict import Oddity, Verdict


class Told(NamedTuple):
    """A Warning that still holds, and when it was told last."""

    reason: str
    at: float


class Budget(NamedTuple):
    """How many events may be told at once, as of a moment."""

    left: float
    at: float


class Rest(NamedTuple):
    """The last round changed nothing: the same facts change nothing either, until something falls due."""

    facts: Facts
    written: Status
    until: float

    def holds(self, facts: Facts, written: Status, now: float) -> bool:
        return now < self.until and facts == self.facts and (written is self.written or written == self.written)


class History(NamedTuple):
    began: float  # the first round, of the resource or of a generation nothing was believed of
    generation: int  # of the rounds that are counted
    last: float  # the last round that counted
    believed: Verdict | None = None  # None: nothing yet
    about: int | None = None  # the generation that the believed verdict is about
    worse: int = 0  # rounds in a row that are worse than what is believed, or bad ones on a new generation
    other: int = 0  # rounds in a row that are different in another way
    clocks: Clocks = ()
    remembered: Remembered = Remembered({}, {})
    coreapps: Handover = Handover()
    primary: Handover = Handover()
    odd: tuple[tuple[Oddity, int], ...] = ()  # for how many rounds in a row each oddity was seen
    changes: tuple[float, ...] = ()  # of what is believed of Available
    flapping: bool = False
    suspended: bool = False
    told: tuple[Told, ...] = ()
    budget: Budget = Budget(0.0, 0.0)
    written: float | None = None  # the last write of the status
    rest: Rest | None = None

    @property
    def settled(self) -> bool:
        """Something is believed, and it is about the present generation."""
        return self.believed is not None and self.about == self.generation


def is_calm(history: History) -> bool:
    """Nothing is waited for and no clock runs: only other facts can change anything."""
    seen, detection = history.remembered, history.remembered.detection
    return (
        not (history.odd or history.clocks or history.worse or history.other or history.flapping)
        and not (seen.differing or seen.rise.levels or detection.other.rounds or detection.contrary.rounds)
        and history.coreapps.lost is None
        and history.primary.lost is None
        and not any(watched.otherwise for watched in seen.endpoints.values())
        and all(_is_still(node) for node in seen.roster.values())
    )


def _is_still(seen: Seen) -> bool:
    return seen.absent is None and seen.missed is None and seen.node.gateway not in STARTING


def odd_for(history: History, draft: Verdict) -> tuple[tuple[Oddity, int], ...]:
    """With this round's oddities counted. What is not seen is as it was."""
    if not draft.oddities:
        return ()
    before = dict(history.odd)
    return tuple((oddity, before.get(oddity, 0) + 1) for oddity in sorted(draft.oddities))


def paused(history: History) -> History:
    """While nobody is asked, nothing is counted."""
    coreapps, primary = Handover(history.coreapps.settled), Handover(history.primary.settled)
    return history._replace(
        suspended=True, worse=0, other=0, clocks=(), told=(), coreapps=coreapps, primary=primary, rest=None
    )
