"""How long a pod is left alone that asks for it (Retry-After): operator, sidecar and replay do the same."""

from __future__ import annotations

from wahealth.core.answer import Outcome, Throttled, Unreachable

MOST_PERIODS = 5


def rest_of(outcome: Outcome, period: float) -> float:
    """Seconds from the answer on in which nobody asks that pod again; 0 where it wants none."""
    if not isinstance(outcome, Throttled | Unreachable):
        return 0.0
    return min(outcome.retry_after, MOST_PERIODS * period)
