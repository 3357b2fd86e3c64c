"""Since when each problem of the present stretch has been seen: what graces are counted from.

A clock starts with the first round of that very state, runs on through other problems, and ends with a good round or
when another state is confirmed. So states that take turns cannot put each other's grace off for ever.
"""

from __future__ import annotations

from wahealth.core.instant import AsOf
from wahealth.core.verdict.problem import Problem

Timers = tuple[tuple[Problem, float], ...]  # seconds of the monotonic clock
LONG_AGO = float("-inf")


def start(timers: Timers, problem: Problem | None, now: float) -> Timers:
    if problem is None:
        return ()
    return timers if any(known is problem for known, _ in timers) else (*timers, (problem, now))


def clamp(timers: Timers, key_changed: float | None, unclear: float | None) -> Timers:
    """Another key is another refusal; too many were connected since the shape began to contradict every mode."""
    return tuple((problem, _clamped(problem, since, key_changed, unclear)) for problem, since in timers)


def _clamped(problem: Problem, since: float, key_changed: float | None, unclear: float | None) -> float:
    if problem is Problem.REFUSED and key_changed is not None:
        return max(since, key_changed)
    return min(since, unclear) if problem is Problem.TOO_MANY and unclear is not None else since


def keep_only(timers: Timers, problem: Problem | None) -> Timers:
    return tuple(clock for clock in timers if clock[0] is problem)


def started_at(timers: Timers, problem: Problem | None) -> float | None:
    return next((since for known, since in timers if known is problem), None)


def expired(timers: Timers, problem: Problem | None, grace: float, now: AsOf) -> bool:
    since = started_at(timers, problem)
    return since is None or now.has_lasted(since, grace)
