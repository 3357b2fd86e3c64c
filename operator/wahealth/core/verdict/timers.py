"""Timers: since when each problem of the present stretch has been seen. Graces are counted from them.

A timer starts with the first round of its problem, runs on through other problems, and ends with a good round or when
another verdict is confirmed. So problems that take turns cannot put off each other's grace for ever.
"""

from __future__ import annotations

from wahealth.core.instant import AsOf
from wahealth.core.verdict.problem import Problem

Timers = tuple[tuple[Problem, float], ...]  # problem, monotonic seconds of its first round


def start(timers: Timers, problem: Problem | None, now: float) -> Timers:
    if problem is None:
        return ()
    return timers if any(known is problem for known, _ in timers) else (*timers, (problem, now))


def clamp(timers: Timers, key_changed: float | None, unclear: float | None) -> Timers:
    """The timers with what else is known of their start.

    `key_changed`: a new key is refused anew from there on. `unclear`: since when the shape has contradicted every mode;
    too many have been connected for as long.
    """
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
    """The grace (seconds) of the problem has ended, or no timer runs for it."""
    since = started_at(timers, problem)
    return since is None or now.has_lasted(since, grace)
