"""How long a pod is left alone that asks for a pause (Retry-After): operator, sidecar and replay do the same."""

from __future__ import annotations

from wahealth.core.answer import Outcome, Throttled, Unreachable
from wahealth.core.cloud.errors import GraphError

MOST_PERIODS = 5  # periods of the resource that a pause lasts at most


def rest_of(outcome: Outcome, period: float) -> float:
    """Seconds, counted from the answer, for which that pod is not probed again; 0 if it asks for no pause.

    `period`: seconds between two rounds; a pause lasts `MOST_PERIODS` of them at most.
    """
    if not isinstance(outcome, Throttled | Unreachable | GraphError):
        return 0.0
    if isinstance(outcome, GraphError):
        return outcome.retry_after  # asking earlier prolongs it
    return min(outcome.retry_after, MOST_PERIODS * period)
