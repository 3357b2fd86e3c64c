"""What is remembered of one resource between two rounds. All of it is a value; times are monotonic seconds."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.facts import Facts
from wahealth.core.hysteresis.clocks import Clocks
from wahealth.core.hysteresis.failover import Handover
from wahealth.core.sight.look import Remembered
from wahealth.core.sight.roster import STARTING, Seen
from wahealth.core.status import Gateway, Status
from wahealth.core.verdict.verdict import Oddity, Verdict


class Told(NamedTuple):
    """A Warning that still holds, and when it was told last."""

    reason: str
    at: float


BURST = 25.0  # events at once


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
    began: float  # the first round, of the resource or of a generation nothing was confirmed of
    generation: int  # of the rounds that are counted
    last: float  # the last round that counted
    confirmed: Verdict | None = None  # None: nothing yet
    about: int | None = None  # the generation that the confirmed verdict, or a suspension, is about
    shown: Status = Status()  # while nothing is confirmed: what was seen last
    worse: int = 0  # rounds in a row that are worse than what is confirmed, or bad ones on a new generation
    other: int = 0  # rounds in a row that are different in another way
    rival: Verdict | None = None  # what these say, where all of them have to say the same
    clocks: Clocks = ()
    remembered: Remembered = Remembered({}, {})
    coreapps: Handover = Handover()
    primary: Handover = Handover()
    odd: tuple[tuple[Oddity, int], ...] = ()  # for how many rounds in a row each oddity was seen
    changes: tuple[float, ...] = ()  # of what is confirmed of Available
    flapping: bool = False
    suspended: bool = False
    told: tuple[Told, ...] = ()
    budget: Budget = Budget(0.0, 0.0)
    written: float | None = None  # the last write of the status
    rest: Rest | None = None

    @property
    def settled(self) -> bool:
        """Something is confirmed, and it is about the present generation."""
        return self.confirmed is not None and self.about == self.generation


def is_calm(history: History) -> bool:
    """Nothing is waited for and no clock runs: only other facts can change anything."""
    waited_for = (history.odd, history.clocks, history.worse, history.other, history.flapping)
    return (
        not any(waited_for) and history.coreapps.lost is None and history.primary.lost is None and _is_seen_so(history)
    )


def _is_seen_so(history: History) -> bool:
    """What is remembered of the client stands still, too."""
    seen, detection = history.remembered, history.remembered.detection
    moving = seen.differing or seen.rise.levels or any(watched.otherwise for watched in seen.endpoints.values())
    known = detection.unclear is None and detection.shape.mode in {None, detection.mode}
    return known and not moving and all(_is_still(node) for node in seen.roster.values())


def _is_still(seen: Seen) -> bool:
    return seen.absent is None and seen.missed is None and seen.node.gateway not in STARTING


def odd_for(history: History, candidate: Verdict, seen: bool) -> tuple[tuple[Oddity, int], ...]:
    """With this round's oddities counted. What is not `seen` is as it was."""
    if not seen:
        return history.odd
    before = dict(history.odd)
    return tuple((oddity, before.get(oddity, 0) + 1) for oddity in sorted(candidate.oddities))


def seen_so_far(status: Status) -> Status:
    """Of a client that nothing is confirmed of: what stays while it is not seen, and decides nothing."""
    return status._replace(gateway=Gateway.UNKNOWN, conditions=(), endpoints=(), observed_generation=None)


def uncounted(history: History) -> History:
    """No rounds in a row are counted."""
    return history._replace(worse=0, other=0, rival=None)


def paused(history: History) -> History:
    """While nobody is asked, nothing is counted."""
    coreapps, primary = Handover(history.coreapps.settled), Handover(history.primary.settled)
    return uncounted(history)._replace(
        suspended=True, clocks=(), told=(), coreapps=coreapps, primary=primary, rest=None
    )
