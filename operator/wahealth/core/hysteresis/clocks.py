"""Since when each trouble of the present stretch has been seen: what graces are counted from.

A clock starts with the first round of that very state, runs on through other troubles, and ends with a good round or
when another state is confirmed. So states that take turns cannot put each other's grace off for ever.
"""

from __future__ import annotations

from wahealth.core.moment import AsOf
from wahealth.core.verdict.trouble import Trouble

Clocks = tuple[tuple[Trouble, float], ...]  # seconds of the monotonic clock
LONG_AGO = float("-inf")


def ticking(clocks: Clocks, trouble: Trouble | None, now: float) -> Clocks:
    if trouble is None:
        return ()
    return clocks if any(known is trouble for known, _ in clocks) else (*clocks, (trouble, now))


def not_before(clocks: Clocks, key_changed: float | None, unclear: float | None) -> Clocks:
    """Another key is another refusal; too many were connected since the shape began to contradict every mode."""
    return tuple((trouble, _start(trouble, since, key_changed, unclear)) for trouble, since in clocks)


def _start(trouble: Trouble, since: float, key_changed: float | None, unclear: float | None) -> float:
    if trouble is Trouble.REFUSED and key_changed is not None:
        return max(since, key_changed)
    return min(since, unclear) if trouble is Trouble.TOO_MANY and unclear is not None else since


def only(clocks: Clocks, trouble: Trouble | None) -> Clocks:
    return tuple(clock for clock in clocks if clock[0] is trouble)


def first_round(clocks: Clocks, trouble: Trouble | None) -> float | None:
    return next((since for known, since in clocks if known is trouble), None)


def is_over(clocks: Clocks, trouble: Trouble | None, grace: float, now: AsOf) -> bool:
    since = first_round(clocks, trouble)
    return since is None or now.has_lasted(since, grace)
