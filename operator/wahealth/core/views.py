"""One round, many web pods: which did answer, and which of their views counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from wahealth.core.answer import Answered, Malformed, Outcome, PodOutcome, Refused, Report, Unreachable, Unreached
from wahealth.core.status import Endpoint

_ORDER = {reason: place for place, reason in enumerate(Unreached)}


@dataclass(frozen=True, slots=True)
class Round:
    """What the pods said together."""

    view: Report | None  # the view that counts, None where nobody answered
    refusing: tuple[str, ...]  # pods that refused the key
    silent: tuple[tuple[str, Unreached, str], ...]  # pods without a usable answer, why, and in which words
    asked: int

    @property
    def reached(self) -> bool:
        return self.asked > len(self.silent)


def one_view(outcomes: Sequence[PodOutcome]) -> Round:
    """The outcomes in any order; a tie between views falls to the pod that comes first by name."""
    ordered = sorted(outcomes, key=lambda o: o.pod)
    return Round(
        view=_view_of_most([o.outcome.report for o in ordered if isinstance(o.outcome, Answered)]),
        refusing=tuple(o.pod for o in ordered if isinstance(o.outcome, Refused)),
        silent=tuple((o.pod, *why) for o in ordered if (why := why_silent(o.outcome))),
        asked=len(ordered),
    )


def _view_of_most(reports: Sequence[Report]) -> Report | None:
    if len(reports) < 2:
        return reports[0] if reports else None
    votes = Counter(_essence(report) for report in reports)
    return max(reports, key=lambda report: votes[_essence(report)])  # max keeps the first of equals


def _essence(report: Report) -> object:
    """Two views are equal when they hold the same set of (name, role, status), whatever the order or `meta`."""
    return report.single, frozenset((n.key, n.role, n.gateway) for n in report.nodes)


def why_silent(outcome: Outcome) -> tuple[Unreached, str] | None:
    match outcome:
        case Answered() | Refused():
            return None
        case Unreachable(reason, detail):
            return reason, detail
        case Malformed(problem):
            return Unreached.INVALID_RESPONSE, problem


def commonest(round_: Round) -> tuple[Unreached, str]:
    """The reason most pods gave (a tie: the order of the table in `Unreached`) and one pod's words for it."""
    if not round_.silent:
        return Unreached.NO_READY_ENDPOINTS, ""
    votes = Counter(reason for _, reason, _ in round_.silent)
    reason = min(votes, key=lambda r: (-votes[r], _ORDER[r]))
    return reason, next(detail for _, r, detail in round_.silent if r is reason)


def endpoints(outcomes: Sequence[PodOutcome]) -> tuple[Endpoint, ...]:
    return tuple(_endpoint(o) for o in sorted(outcomes, key=lambda o: o.pod))


def _endpoint(asked: PodOutcome) -> Endpoint:
    why = why_silent(asked.outcome)
    accepted = {Answered: True, Refused: False}.get(type(asked.outcome))
    return Endpoint(asked.pod, asked.address, why is None, why[0].value if why else None, accepted)
