"""How long somebody is left alone who asks for a pause (Retry-After): operator, sidecar and replay do the same."""

from __future__ import annotations

from datetime import datetime

from wahealth.core.answer import Outcome, Throttled, Unreachable
from wahealth.core.cloud.errors import GraphError
from wahealth.core.status import Status

MOST_PERIODS = 5  # periods of the resource that a pause lasts at most
LONGEST = 24 * 3600.0  # seconds that a pause of the Cloud API lasts at most


def rest_of(outcome: Outcome, period: float) -> float:
    """Seconds, counted from the answer, for which that pod is not probed again; 0 if it asks for no pause.

    `period`: seconds between two rounds; a pause lasts `MOST_PERIODS` of them at most.
    """
    if not isinstance(outcome, Throttled | Unreachable | GraphError):
        return 0.0
    if isinstance(outcome, GraphError):
        return outcome.retry_after  # asking earlier prolongs it
    return min(outcome.retry_after, MOST_PERIODS * period)


def written_pause(written: Status, generation: int, now: datetime) -> float:
    """Seconds that are left of a pause of the Cloud API, as the process before this one wrote it; 0 if none is.

    `generation`: metadata.generation; a status of another one may be about another number.
    """
    number = written.cloud
    if number is None or number.throttled_until_time is None or written.observed_generation not in {None, generation}:
        return 0.0
    left = (number.throttled_until_time - now).total_seconds()
    return left if 0 < left <= LONGEST else 0.0
