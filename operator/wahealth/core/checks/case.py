"""What a rule looks at: the facts, and what was made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wahealth.core.facts import Facts
from wahealth.core.status import Finding, Gateway, Mode, Redundancy
from wahealth.core.views import Round


@dataclass(frozen=True, slots=True)
class Case:
    """The facts, and what was made of them, as far as one round tells."""

    facts: Facts
    round: Round
    mode: Mode | None
    gateway: Gateway
    connected: int
    expected: int
    redundancy: Redundancy | None = None  # None for a single instance

    @property
    def asked_nothing(self) -> bool:
        return self.facts.reference is not None or self.facts.key is not None


Rule = Callable[[Case], Finding | None]
