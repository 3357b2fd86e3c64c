"""One round, many web pods: which of them answered, and whose view counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from wahealth.core.answer import (
    Answered,
    FailureReason,
    Forbidden,
    Malformed,
    Outcome,
    PodOutcome,
    Report,
    Throttled,
    Unauthorized,
    Unreachable,
)

_ORDER = {reason: place for place, reason in enumerate(FailureReason)}


class FailedProbe(NamedTuple):
    """A pod without a usable answer, and why."""

    pod: str
    why: Unreachable


class MergedView(NamedTuple):
    """The outcomes of all pods together, each group ordered by the pod's name.

    `fresh`: pods were probed, and the view that counts is of this round. If not, nothing new is known about the client.
    """

    view: Report | None  # the view that counts; None if no pod answered with a report
    refusing: tuple[str, ...]  # pods that rejected the credential
    on_previous: tuple[str, ...]  # pods that rejected the API key and accepted the previous one
    silent: tuple[FailedProbe, ...]
    asked: int  # how many pods have an outcome
    forbidding: Forbidden | None = None  # a pod, or something in front of it, forbids the request; the first by name
    throttling: bool = False  # a pod asks to be probed less often
    differing: bool = False  # pods report different topologies
    deprecated: bool = False  # a pod reports that its version is deprecated
    fresh: bool = True

    @property
    def reached(self) -> bool:
        """Whether at least one pod answered, with a report or with a rejection."""
        return self.asked > len(self.silent)


def merge_views(outcomes: Sequence[PodOutcome]) -> MergedView:
    """Merge the outcomes, given in any order: the view that most pods share counts; in a tie, that of the first pod by
    name.

    Pods that were not probed in this round have no vote: a view of theirs counts only if there is no other.
    """
    ordered = sorted(outcomes, key=lambda o: o.pod)
    reports = [o.outcome.report for o in ordered if o.asked and isinstance(o.outcome, Answered)]
    essences = [_essence(report) for report in reports] if len(reports) > 1 else []
    votes = Counter(essences)
    leading = max(essences, key=votes.__getitem__, default=None)
    known = (o.outcome.report for o in ordered if isinstance(o.outcome, Answered))
    view = reports[essences.index(leading)] if len(votes) > 1 else next(chain(reports, known), None)
    return MergedView(
        view=view,
        refusing=tuple(o.pod for o in ordered if isinstance(o.outcome, Unauthorized)),
        on_previous=tuple(o.pod for o in ordered if o.previous_key and isinstance(o.outcome, Answered)),
        silent=tuple(FailedProbe(o.pod, why) for o in ordered if (why := failure_of(o.outcome))),
        asked=len(ordered),
        forbidding=next((o.outcome for o in ordered if isinstance(o.outcome, Forbidden)), None),
        throttling=any(isinstance(o.outcome, Throttled) for o in ordered),
        differing=len(votes) > 1,
        deprecated=any(isinstance(o.outcome, Answered) and o.outcome.report.deprecated for o in ordered),
        fresh=bool(reports) or (view is None and (not ordered or any(o.asked for o in ordered))),
    )


def _essence(report: Report) -> object:
    """The part of a view that is compared: the set of (name, role, status), whatever the order or `meta`."""
    return report.single, frozenset((n.key, n.role, n.gateway) for n in report.nodes)


def failure_of(outcome: Outcome) -> Unreachable | None:
    """Why a pod has no usable answer; None if it answers, even with a rejection."""
    match outcome:
        case Unreachable():
            return outcome
        case Malformed(problem):
            return Unreachable(FailureReason.INVALID_RESPONSE, problem)
        case _:
            return None


def most_common_failure(merged: MergedView) -> Unreachable:
    """The failure whose reason most pods share, as the first of these pods by name reports it.

    A tie is decided by the order of `FailureReason`; without pods it is NoReadyEndpoints.
    """
    if not merged.silent:
        return Unreachable(FailureReason.NO_READY_ENDPOINTS)
    votes = Counter(silence.why.reason for silence in merged.silent)
    reason = min(votes, key=lambda r: (-votes[r], _ORDER[r]))
    return next(silence.why for silence in merged.silent if silence.why.reason is reason)
