"""What a rule looks at: the facts, and what was made of them."""

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
    facts: Facts
    merged: MergedView
    endpoints: Endpoints
    confirmed: Status  # for what stays as it was
    connectivity: Connectivity | None = None  # None: the client was not seen
    problem: Problem | None = None
    over: bool = True  # the problem's grace is over
    detected: Mode | None = None
    mismatch: bool = False  # spec.mode is another than the mode detected, and for long enough
    redundancy: Redundancy | None = None  # None for a single instance
    primaries: tuple[GatewayStatus | None, ...] = ()  # what the primary masters say

    @property
    def kept(self) -> bool:
        """The client answers, and says only that it wants to be asked less often: for a while all is as it was."""
        return self.problem is Problem.THROTTLED and not self.over


Rule = Callable[[RuleInput], Finding | None]
