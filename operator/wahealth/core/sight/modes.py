"""Single, High Availability or Multiconnect: what an answer shows, and when another shape is taken for another mode.

Documented (pages "High Availability" and "Multiconnect"): in High Availability one coreapp is connected and all other
nodes, the primary master included, are disconnected; in Multiconnect as many coreapps as there are shards are
connected, and the primary master too. A failover passes through shapes that are neither, so a known mode is kept until
the other shape has lasted.
"""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.facts import Patience
from wahealth.core.sight.census import Census
from wahealth.core.status import Mode


class Run(NamedTuple):
    """A shape that is not the one wanted: which, since when (seconds), for how many rounds in a row."""

    mode: Mode | None = None
    since: float = 0.0
    rounds: int = 0

    def lasted(self, patience: Patience, now: float) -> bool:
        return self.rounds >= patience.failure_threshold and now - self.since >= patience.failover


NO_RUN = Run()


class Detection(NamedTuple):
    mode: Mode | None = None  # the mode detected
    other: Run = NO_RUN  # rounds that show another one
    contrary: Run = NO_RUN  # rounds that show another one than spec.mode
    mismatch: bool = False  # the contrary has lasted
    unclear: float | None = None  # since when a new client shows what no mode does


def said_mode(census: Census) -> Mode | None:
    """The mode that an answer shows; None where it says nothing, or contradicts all of them."""
    if census.single is not None:
        return Mode.SINGLE
    if census.primary_connected:
        return Mode.MULTICONNECT
    return Mode.HIGH_AVAILABILITY if census.primaries and census.connections == 1 else None


def detected(before: Detection, census: Census, fixed: Mode | None, patience: Patience, now: float) -> Detection:
    said = said_mode(census)
    contrary = before.contrary if fixed is None else _against(before.contrary, fixed, _beside(said, fixed, census), now)
    mismatch = fixed is not None and said is not fixed and (before.mismatch or contrary.lasted(patience, now))
    after = before._replace(contrary=contrary if fixed else NO_RUN, mismatch=mismatch)
    if before.mode is None:
        return _first(after, census, fixed, patience, now)
    other = _against(before.other, before.mode, _beside(said, before.mode, census), now)
    if other.lasted(patience, now):
        return after._replace(mode=other.mode, other=NO_RUN)
    return after._replace(other=other)


def judged_by(detection: Detection, fixed: Mode | None, census: Census) -> Mode | None:
    """The mode to judge by: the fixed one, else the detected one, where the shape of the answer allows it."""
    mode = fixed or detection.mode
    return mode if (mode is Mode.SINGLE) == (census.single is not None) else None


def _beside(said: Mode | None, known: Mode, census: Census) -> Mode | None:
    """Nodes are no single instance, whatever they say."""
    if said is None and known is Mode.SINGLE:
        return _guess(census)
    return said


def _against(run: Run, known: Mode, said: Mode | None, now: float) -> Run:
    if said is None or said is known:
        return NO_RUN
    return run._replace(rounds=run.rounds + 1) if run.mode is said else Run(said, now, 1)


def _first(after: Detection, census: Census, fixed: Mode | None, patience: Patience, now: float) -> Detection:
    said = said_mode(census)
    if said is not None:
        return after._replace(mode=said, unclear=None)
    if fixed is not None and fixed is not Mode.SINGLE:
        return after._replace(mode=fixed, unclear=None)
    if not (census.primaries and census.connections > 1):
        return after._replace(mode=_guess(census), unclear=None)
    unclear = now if after.unclear is None else after.unclear
    return after._replace(mode=Mode.HIGH_AVAILABILITY if now - unclear >= patience.failover else None, unclear=unclear)


def _guess(census: Census) -> Mode:
    """Of a new client whose nodes say nothing: several connections without a primary are Multiconnect."""
    return Mode.MULTICONNECT if census.connections > 1 and not census.primaries else Mode.HIGH_AVAILABILITY
