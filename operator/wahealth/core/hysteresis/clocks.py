"""Since when each problem of the present stretch has been seen: what graces are counted from.

A clock starts with the first round of that very state, runs on through other problems, and ends with a good round or
when another state is confirmed. So states that take turns cannot put each other's grace off for ever.
"""

from __future__ import annotations

from wahealth.core.moment import AsOf
from wahealth.core.verdict.problem import Problem

Clocks = tuple[tuple[Problem, float], ...]  # seconds of the monotonic clock
LONG_AGO = float("-inf")


def ticking(clocks: Clocks, problem: Problem | None, now: float) -> Clocks:
    if problem is None:
        return ()
    return clocks if any(known is problem for known, _ in clocks) else (*clocks, (problem, now))


def not_before(clocks: Clocks, key_changed: float | None, unclear: float | None) -> Clocks:
    """Another key is another refusal; too many were connected since the shape began to contradict every mode."""
    return tuple((problem, _start(problem, since, key_changed, unclear)) for problem, since in clocks)


def _start(problem: Problem, since: float, key_changed: float | None, unclear: float | None) -> float:
    if problem is Problem.REFUSED and key_changed is not None:
        return max(since, key_changed)
    return min(since, unclear) if problem is Problem.TOO_MANY and unclear is not None else since


def only(clocks: Clocks, problem: Problem | None) -> Clocks:
    return tuple(clock for clock in clocks if clock[0] is problem)


def first_round(clocks: Clocks, problem: Problem | None) -> float | None:
    return next((since for known, since in clocks if known is problem), None)


def is_over(clocks: Clocks, problem: Problem | None, grace: float, now: AsOf) -> bool:
    since = first_round(clocks, problem)
    return since is None or now.has_lasted(since, grace)
