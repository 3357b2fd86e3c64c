"""Each web pod individually: whether it answers and accepts the credential, confirmed after thresholds of its own.

A pod that was not probed in this round adds to no streak: it stays as it was, and what is confirmed about it counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from wahealth.core.answer import Answered, Forbidden, Outcome, PodOutcome, Throttled, Unauthorized
from wahealth.core.facts import Thresholds
from wahealth.core.observation.views import failure_of
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import Endpoint

MOST_LISTED = 80  # endpoints in a status
MOST_CHARACTERS = 5_000  # of the names of their pods together


class EndpointState(NamedTuple):
    """The confirmed endpoint of one pod (None: nothing yet), and for how many rounds in a row it has said otherwise.

    `other_candidate`: what it said in those rounds, if all of them must agree.
    """

    confirmed: Endpoint | None
    other_streak: int = 0
    other_candidate: Endpoint | None = None


Endpoints = Mapping[str, EndpointState]  # by the pod's name


def debounce_endpoints(
    before: Endpoints, outcomes: Sequence[PodOutcome], thresholds: Thresholds, protected: bool
) -> Endpoints:
    """The endpoints after a round; pods without an outcome are forgotten.

    `protected`: a verdict is confirmed already, so a new pod that does not answer must fail for as long as any other.
    """
    kept = {o.pod: before[o.pod] for o in outcomes if not o.asked and o.pod in before}
    return kept | {o.pod: _debounced(before.get(o.pod), _seen(o), thresholds, protected) for o in outcomes if o.asked}


def that_count(endpoints: Endpoints, outcomes: Sequence[PodOutcome]) -> tuple[PodOutcome, ...]:
    """The outcomes that count: all of this round, and the last ones of other pods as far as they are confirmed.

    An unconfirmed one does not count: a single answer of long ago must not be new evidence in each round.
    """
    return tuple(o for o in outcomes if o.asked or _is_confirmed(endpoints.get(o.pod), _seen(o)))


def _is_confirmed(watched: EndpointState | None, said: Endpoint) -> bool:
    return watched is not None and watched.confirmed == said


def truncated(endpoints: Endpoints) -> tuple[Endpoint, ...]:
    """The confirmed endpoints in the order of their pods' names, as many as a status has room for."""
    confirmed = [w.confirmed for _, w in sorted(endpoints.items()) if w.confirmed is not None][:MOST_LISTED]
    lengths = accumulate(len(endpoint.pod) for endpoint in confirmed)
    return tuple(confirmed[: sum(length <= MOST_CHARACTERS for length in lengths)])


def _seen(asked: PodOutcome) -> Endpoint:
    why = failure_of(asked.outcome)
    accepted = {Answered: not asked.previous_key, Unauthorized: False, Forbidden: False}.get(type(asked.outcome))
    reason = why.reason.value if why else _reserved(asked.outcome)
    return Endpoint(asked.pod, asked.address, why is None, reason, accepted)


def _reserved(outcome: Outcome) -> str | None:
    """The reason if a pod answers with a verdict on who asks; None otherwise."""
    match outcome:
        case Forbidden(wants):
            return (Reason.PROXY_SIGN_IN if wants else Reason.ACCESS_FORBIDDEN).value
        case Throttled():
            return Reason.THROTTLED.value
        case _:
            return None


def _debounced(before: EndpointState | None, now: Endpoint, thresholds: Thresholds, protected: bool) -> EndpointState:
    confirmed = before.confirmed if before and _same_pod(before.confirmed, now) else None
    if now == confirmed:
        return EndpointState(now)
    if confirmed is None and not protected:
        return EndpointState(now)
    other_streak = before.other_streak + 1 if before else 1
    other_candidate = now if _is_as_bad(confirmed, now) else None
    if other_candidate is not None and before is not None and before.other_candidate != other_candidate:
        other_streak = 1  # reasons that take turns are one outage
    lasts = other_candidate is not None or _is_worse(confirmed, now)
    needed = thresholds.failure_threshold if lasts else thresholds.success_threshold
    return EndpointState(now) if other_streak >= needed else EndpointState(confirmed, other_streak, other_candidate)


def _same_pod(confirmed: Endpoint | None, now: Endpoint) -> bool:
    """Whether the address is the same: a pod of the same name with another address is another pod."""
    return confirmed is None or confirmed.address == now.address


def _is_as_bad(confirmed: Endpoint | None, now: Endpoint) -> bool:
    """Whether the pod did not answer before, and does not answer now, whatever the reasons."""
    return confirmed is not None and not confirmed.reachable and not now.reachable


def _is_worse(confirmed: Endpoint | None, now: Endpoint) -> bool:
    if confirmed is None:
        return not now.reachable or now.key_accepted is False or now.reason is not None
    return (
        (confirmed.reachable and not now.reachable)
        or (confirmed.key_accepted is True and now.key_accepted is False)
        or (confirmed.reason is None and now.reason is not None)
    )
