"""Timers: since when each problem has been seen without a good round in between. Graces are counted from them.

A timer starts with the first round of its problem, runs on through other problems, and ends with a good round or when
another verdict is confirmed. So problems that take turns cannot put off each other's grace forever.
"""

from __future__ import annotations

from wahealth.core.instant import AsOf
from wahealth.core.verdict.problem import Problem

Timers = tuple[tuple[Problem, float], ...]  # problem, monotonic seconds of its first round


def start(timers: Timers, problem: Problem | None, now: float) -> Timers:
    """The timers after a round with this problem; without a problem all end. `now`: monotonic seconds."""
    if problem is None:
        return ()
    return timers if any(known is problem for known, _ in timers) else (*timers, (problem, now))


def clamp(timers: Timers, key_changed: float | None, unclear: float | None) -> Timers:
    """The timers with what else is known about their start; both arguments are monotonic seconds.

    `key_changed`: when the key changed; a rejection of the new key counts from then on. `unclear`: since when the shape
    has contradicted every mode; too many coreapps have been connected for at least as long.
    """
    return tuple((problem, _clamped(problem, since, key_changed, unclear)) for problem, since in timers)


def _clamped(problem: Problem, since: float, key_changed: float | None, unclear: float | None) -> float:
    if problem is Problem.REFUSED and key_changed is not None:
        return max(since, key_changed)
    return min(since, unclear) if problem is Problem.TOO_MANY and unclear is not None else since


def keep_only(timers: Timers, problem: Problem | None) -> Timers:
    """The timer of this problem alone, if it runs."""
    return tuple(clock for clock in timers if clock[0] is problem)


def started_at(timers: Timers, problem: Problem | None) -> float | None:
    """When the problem was first seen (monotonic seconds); None if no timer runs for it."""
    return next((since for known, since in timers if known is problem), None)


def expired(timers: Timers, problem: Problem | None, grace: float, now: AsOf) -> bool:
    """Whether the grace (seconds) of the problem has ended; True if no timer runs for it."""
    since = started_at(timers, problem)
    return since is None or now.has_lasted(since, grace)
