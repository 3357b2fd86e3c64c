"""Single, High Availability or Multiconnect: what an answer shows, and when another shape is taken for another mode.

Documented (pages "High Availability" and "Multiconnect"): in High Availability one coreapp is connected and all other
nodes, the primary master included, are disconnected; in Multiconnect as many coreapps as there are shards are
connected, and the primary master too. A failover passes through shapes that are neither, so a known mode is kept until
the other shape has lasted.
"""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.facts import Thresholds
from wahealth.core.instant import has_lasted
from wahealth.core.observation.summary import NodeSummary
from wahealth.core.status import Mode


class Streak(NamedTuple):
    """A shape that is not the one wanted: which, since when (seconds), for how many rounds in a row."""

    mode: Mode | None = None
    since: float = 0.0
    rounds: int = 0

    def lasted(self, thresholds: Thresholds, now: float) -> bool:
        return self.rounds >= thresholds.failure_threshold and has_lasted(now - self.since, thresholds.failover_grace)


NO_STREAK = Streak()


class Detection(NamedTuple):
    mode: Mode | None = None  # the mode detected
    shape: Streak = NO_STREAK  # the mode that the last rounds show
    mismatch: bool = False  # spec.mode is another one, and for long enough
    ambiguous_since: float | None = None  # since when the shape contradicts every mode


def mode_of_answer(summary: NodeSummary) -> Mode | None:
    """The mode that an answer shows; None where it says nothing, or contradicts all of them.

    A primary master that is connecting is on its way to what only Multiconnect has.
    """
    if summary.single is not None:
        return Mode.SINGLE
    if summary.primary_on_its_way:
        return Mode.MULTICONNECT
    return Mode.HIGH_AVAILABILITY if summary.primaries and summary.connections == 1 else None


def detect_mode(
    before: Detection, summary: NodeSummary, fixed: Mode | None, thresholds: Thresholds, now: float
) -> Detection:
    said = _shown(before, summary, fixed)
    shape = _continued(before.shape, said, now)
    after = Detection(before.mode, shape, _mismatch(before, fixed, said, shape.lasted(thresholds, now)))
    if _contradicts(summary):
        after = after._replace(ambiguous_since=now if before.ambiguous_since is None else before.ambiguous_since)
    if before.mode is None:
        return after._replace(mode=_first(after, summary, fixed, thresholds, now))
    changed = said is not None and shape.lasted(thresholds, now)
    return after._replace(mode=said) if changed else after


def _mismatch(before: Detection, fixed: Mode | None, said: Mode | None, lasted: bool) -> bool:
    """Where nothing is said, it is as it was; a spec that was edited to the mode detected is right."""
    if fixed is None or said is fixed:
        return False
    return (before.mismatch and before.mode is not fixed) if said is None else (before.mismatch or lasted)


def effective_mode(detection: Detection, fixed: Mode | None, summary: NodeSummary) -> Mode | None:
    """The mode to judge by: the fixed one, else the detected one, where the shape of the answer allows it."""
    mode = fixed or detection.mode
    return mode if (mode is Mode.SINGLE) == (summary.single is not None) else None


def _shown(before: Detection, summary: NodeSummary, fixed: Mode | None) -> Mode | None:
    """Nodes are no single instance, whatever they say."""
    said = mode_of_answer(summary)
    return _guess(summary) if said is None and Mode.SINGLE in {fixed, before.mode} else said


def _continued(streak: Streak, said: Mode | None, now: float) -> Streak:
    if said is None:
        return NO_STREAK
    return streak._replace(rounds=streak.rounds + 1) if streak.mode is said else Streak(said, now, 1)


def _contradicts(summary: NodeSummary) -> bool:
    """Several coreapps are connected, and the primary master is not: High Availability has one, Multiconnect both."""
    return bool(summary.primaries) and summary.connections > 1 and not summary.primary_on_its_way


def _first(
    after: Detection, summary: NodeSummary, fixed: Mode | None, thresholds: Thresholds, now: float
) -> Mode | None:
    """Of a new client: what it shows, what its spec says, or a guess."""
    said = mode_of_answer(summary)
    if said is not None:
        return said
    if fixed is not None and fixed is not Mode.SINGLE:
        return fixed
    if after.ambiguous_since is None:
        return _guess(summary)
    return Mode.HIGH_AVAILABILITY if has_lasted(now - after.ambiguous_since, thresholds.failover_grace) else None


def _guess(summary: NodeSummary) -> Mode:
    """Of a new client whose nodes say nothing: several connections without a primary are Multiconnect."""
    return Mode.MULTICONNECT if summary.connections > 1 and not summary.primaries else Mode.HIGH_AVAILABILITY
