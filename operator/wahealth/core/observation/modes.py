"""Mode detection: which mode an answer shows, and when another shape means another mode.

Documented (pages "High Availability" and "Multiconnect"): in High Availability one coreapp is connected and all other
nodes, the primary master included, are disconnected; in Multiconnect as many coreapps as there are shards are
connected, and the primary master too. An answer shows the mode of the first row that fits:

    the answer has                                           its mode
    -------------------------------------------------------  ----------------
    one status and no nodes                                  Single
    a primary master, connected or connecting                Multiconnect
    a primary master that is not, and one coreapp connected  HighAvailability
    anything else                                            none

A failover passes through shapes that are neither, so a known mode is kept until another shape has lasted. What becomes
of the mode with an answer; the first row that fits decides:

    mode so far  the answer                                   the mode now
    -----------  -------------------------------------------  ------------------------------------------------
    some         shows another                                the other, once it lasts
                 any other                                    as it was
    none         shows one                                    that one, at once
                 shows none, but spec.mode names one          that of spec.mode
                 shows none, with several coreapps connected  Multiconnect
                 shows none                                   HighAvailability
                 contradicts every mode                       none, and HighAvailability after failoverSeconds

"It lasts": for failureThreshold rounds in a row and for failoverSeconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wahealth.core.facts import Thresholds
from wahealth.core.instant import has_lasted
from wahealth.core.observation.summary import NodeSummary
from wahealth.core.status import Mode


class Streak(NamedTuple):
    """The mode that consecutive answers show: which, since when (monotonic seconds), and for how many rounds."""

    mode: Mode | None = None
    since: float = 0.0
    rounds: int = 0

    def lasted(self, thresholds: Thresholds, now: float) -> bool:
        """Whether it has lasted for failureThreshold rounds and for failoverSeconds. `now`: monotonic seconds."""
        return self.rounds >= thresholds.failure_threshold and has_lasted(now - self.since, thresholds.failover_grace)


NO_STREAK = Streak()


class Detection(NamedTuple):
    """The detected mode, and what speaks for another one, from round to round."""

    mode: Mode | None = None  # the detected mode
    shape: Streak = NO_STREAK  # the mode that the last rounds show
    mismatch: bool = False  # spec.mode is a different one, and has been for long enough
    ambiguous_since: float | None = None  # since when the shape contradicts every mode (monotonic seconds)


class Shape(NamedTuple):
    """A row of the first table. `seen`: the answers that fit, in words; `mode`: the one they show."""

    seen: str
    fits: Callable[[NodeSummary], bool]
    mode: Mode | None


SHAPES = (
    Shape("one status and no nodes", lambda said: said.single is not None, Mode.SINGLE),
    Shape("a primary master, connected or connecting", lambda said: bool(said.primary_on_its_way), Mode.MULTICONNECT),
    Shape(
        "a primary master that is not, and one coreapp connected",
        lambda said: bool(said.primaries) and said.connections == 1,
        Mode.HIGH_AVAILABILITY,
    ),
    Shape("anything else", lambda _: True, None),
)


def mode_of_answer(summary: NodeSummary) -> Mode | None:
    """The mode that an answer shows; None if it shows none, or contradicts all of them."""
    return next(shape.mode for shape in SHAPES if shape.fits(summary))


def detect_mode(
    before: Detection, summary: NodeSummary, fixed: Mode | None, thresholds: Thresholds, now: float
) -> Detection:
    """The detection after an answer. `fixed`: spec.mode, None for Auto. `now`: monotonic seconds."""
    shown = _shown(before, summary, fixed)
    shape = _continued(before.shape, shown, now)
    lasts = shape.lasted(thresholds, now)
    after = Detection(before.mode, shape, _mismatch(before, fixed, shown, lasts))
    if _contradicts(summary):
        after = after._replace(ambiguous_since=now if before.ambiguous_since is None else before.ambiguous_since)
    seen = Seen(before.mode, shown, lasts, summary, fixed, _ambiguous_for_long(after, thresholds, now))
    return after._replace(mode=next(change for change in CHANGES if change.fits(seen)).mode(seen))


def _ambiguous_for_long(detection: Detection, thresholds: Thresholds, now: float) -> bool | None:
    """Whether the shape has contradicted every mode for as long as a failover may take; None: it has never done so."""
    since = detection.ambiguous_since
    return None if since is None else has_lasted(now - since, thresholds.failover_grace)


class Seen(NamedTuple):
    """The input of a mode change: the mode so far, the one shown now and whether it has lasted, and the answer."""

    before: Mode | None
    shown: Mode | None
    lasts: bool
    summary: NodeSummary
    fixed: Mode | None
    ambiguous_for_long: bool | None


class ModeChange(NamedTuple):
    """A row of the second table. `known`, `answer` and `then`: its three columns, in words."""

    known: str
    answer: str
    then: str
    fits: Callable[[Seen], bool]
    mode: Callable[[Seen], Mode | None]


def _shows_another(seen: Seen) -> bool:
    return seen.before is not None and seen.shown is not None and seen.lasts


def _new_and_clear(seen: Seen) -> bool:
    return mode_of_answer(seen.summary) is not None


def _fixed_with_nodes(seen: Seen) -> bool:
    return seen.fixed is not None and seen.fixed is not Mode.SINGLE


def _unclear(seen: Seen) -> bool:
    return seen.ambiguous_for_long is None


def _unclear_and_several(seen: Seen) -> bool:
    return _unclear(seen) and _guess(seen.summary) is Mode.MULTICONNECT


CHANGES = (
    ModeChange("some", "shows another", "the other, once it lasts", _shows_another, lambda seen: seen.shown),
    ModeChange("some", "any other", "as it was", lambda seen: seen.before is not None, lambda seen: seen.before),
    ModeChange("none", "shows one", "that one, at once", _new_and_clear, lambda seen: mode_of_answer(seen.summary)),
    ModeChange(
        "none", "shows none, but spec.mode names one", "that of spec.mode", _fixed_with_nodes, lambda seen: seen.fixed
    ),
    ModeChange(
        "none",
        "shows none, with several coreapps connected",
        "Multiconnect",
        _unclear_and_several,
        lambda _: Mode.MULTICONNECT,
    ),
    ModeChange("none", "shows none", "HighAvailability", _unclear, lambda _: Mode.HIGH_AVAILABILITY),
    ModeChange(
        "none",
        "contradicts every mode",
        "none, and HighAvailability after failoverSeconds",
        lambda _: True,
        lambda seen: Mode.HIGH_AVAILABILITY if seen.ambiguous_for_long else None,
    ),
)


def _mismatch(before: Detection, fixed: Mode | None, shown: Mode | None, lasts: bool) -> bool:
    """Whether spec.mode contradicts the answers. An answer that shows no mode changes nothing, unless an edited spec
    agrees with the detected mode."""
    if fixed is None or shown is fixed:
        return False
    return (before.mismatch and before.mode is not fixed) if shown is None else (before.mismatch or lasts)


def effective_mode(detection: Detection, fixed: Mode | None, summary: NodeSummary) -> Mode | None:
    """The mode to judge by: the fixed one, else the detected one; None if the shape of the answer contradicts it."""
    mode = fixed or detection.mode
    return mode if (mode is Mode.SINGLE) == (summary.single is not None) else None


def _shown(before: Detection, summary: NodeSummary, fixed: Mode | None) -> Mode | None:
    """The mode that the answer shows; with nodes in place of an expected single instance it always shows one."""
    shown = mode_of_answer(summary)
    return _guess(summary) if shown is None and Mode.SINGLE in {fixed, before.mode} else shown


def _continued(streak: Streak, shown: Mode | None, now: float) -> Streak:
    if shown is None:
        return NO_STREAK
    return streak._replace(rounds=streak.rounds + 1) if streak.mode is shown else Streak(shown, now, 1)


def _contradicts(summary: NodeSummary) -> bool:
    """Whether several coreapps are connected and the primary master is not: in High Availability only one coreapp is
    connected, in Multiconnect the primary master is connected as well."""
    return bool(summary.primaries) and summary.connections > 1 and not summary.primary_on_its_way


def _guess(summary: NodeSummary) -> Mode:
    """The mode of a new client whose nodes show none: several connections without a primary are Multiconnect."""
    return Mode.MULTICONNECT if summary.connections > 1 and not summary.primaries else Mode.HIGH_AVAILABILITY
