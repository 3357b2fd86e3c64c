"""One round, many web pods: which did answer, and which of their views counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from wahealth.core.answer import Answered, Malformed, Outcome, PodOutcome, Refused, Report, Unreachable, Unreached
from wahealth.core.certificate import Presented

_ORDER = {reason: place for place, reason in enumerate(Unreached)}


class Silence(NamedTuple):
    """A pod without a usable answer, why, and in which words."""

    pod: str
    reason: Unreached
    detail: str


class Round(NamedTuple):
    """What the pods said together, each group ordered by name."""

    view: Report | None  # the view that counts, None where nobody answered
    refusing: tuple[str, ...]  # pods that refused the key
    on_previous: tuple[str, ...]  # pods that refused the key and took the previous one
    silent: tuple[Silence, ...]
    asked: int
    differing: bool = False  # pods report different topologies

    @property
    def reached(self) -> bool:
        return self.asked > len(self.silent)


def one_view(outcomes: Sequence[PodOutcome]) -> Round:
    """The outcomes in any order; a tie between views falls to the pod that comes first by name."""
    ordered = sorted(outcomes, key=lambda o: o.pod)
    reports = [o.outcome.report for o in ordered if isinstance(o.outcome, Answered)]
    essences = [_essence(report) for report in reports] if len(reports) > 1 else []
    votes = Counter(essences)
    leading = max(essences, key=votes.__getitem__, default=None)
    return Round(
        view=reports[essences.index(leading)] if len(votes) > 1 else next(iter(reports), None),
        refusing=tuple(o.pod for o in ordered if isinstance(o.outcome, Refused)),
        on_previous=tuple(o.pod for o in ordered if o.previous_key and isinstance(o.outcome, Answered)),
        silent=tuple(Silence(o.pod, *why) for o in ordered if (why := why_silent(o.outcome))),
        asked=len(ordered),
        differing=len(votes) > 1,
    )


def _essence(report: Report) -> object:
    """Two views are equal when they hold the same set of (name, role, status), whatever the order or `meta`."""
    return report.single, frozenset((n.key, n.role, n.gateway) for n in report.nodes)


def why_silent(outcome: Outcome) -> tuple[Unreached, str] | None:
    match outcome:
        case Answered() | Refused():
            return None
        case Unreachable(Unreached.TLS_VERIFICATION_FAILED as reason, detail, presented):
            return reason, f"{detail or 'the certificate is not trusted'}; {_way_out(presented)}"
        case Unreachable(reason, detail):
            return reason, detail
        case Malformed(problem):
            return Unreached.INVALID_RESPONSE, problem


def _way_out(presented: Presented | None) -> str:
    """What to write into the resource, once a person has compared the fingerprint with waweb's certificate."""
    if presented is None:
        return "name its CA in spec.tls.caRef and its name in spec.tls.serverName"
    pin = f'tls: {{verification: Pinned, pinnedSHA256: ["{presented.fingerprint}"]}}'
    named = f" or, with its CA in caRef, serverName: {presented.name}" if presented.name else ""
    return f"if it is waweb's own, write into spec {pin}{named}"


def commonest(round_: Round) -> tuple[Unreached, str]:
    """The reason most pods gave (a tie: the order of the table in `Unreached`) and one pod's words for it."""
    if not round_.silent:
        return Unreached.NO_READY_ENDPOINTS, ""
    votes = Counter(silence.reason for silence in round_.silent)
    reason = min(votes, key=lambda r: (-votes[r], _ORDER[r]))
    return reason, next(silence.detail for silence in round_.silent if silence.reason is reason)
