"""The input of a rule: the facts, and what was made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wahealth.core.answer import GatewayStatus
from wahealth.core.facts import Facts
from wahealth.core.observation.endpoints import Endpoints
from wahealth.core.observation.views import MergedView
from wahealth.core.status import Finding, Mode, Redundancy, Status
from wahealth.core.verdict.problem import Connectivity, Problem


class RuleInput(NamedTuple):
    """Everything that a rule may look at."""

    facts: Facts
    merged: MergedView
    endpoints: Endpoints
    confirmed: Status  # the status from which everything is taken that stays as it was
    connectivity: Connectivity | None = None  # None: the client was not seen
    problem: Problem | None = None
    over: bool = True  # the problem's grace has ended
    detected: Mode | None = None
    mismatch: bool = False  # spec.mode differs from the detected mode, and has done so for long enough
    redundancy: Redundancy | None = None  # None for a single instance
    primaries: tuple[GatewayStatus | None, ...] = ()  # the gateway statuses of the primary masters

    @property
    def kept(self) -> bool:
        """Whether the client says only that it asks to be probed less often; for a while everything stays as it was."""
        return self.problem is Problem.THROTTLED and not self.over


Rule = Callable[[RuleInput], Finding | None]
