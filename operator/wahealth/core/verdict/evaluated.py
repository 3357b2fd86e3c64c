"""What every evaluation of a round offers, of a client or of a phone number: its verdict as of any instant."""

from __future__ import annotations

from typing import Protocol

from wahealth.core.observation.observe import Observation
from wahealth.core.verdict.timers import Timers
from wahealth.core.verdict.verdict import Verdict


class Evaluated(Protocol):
    @property
    def timers(self) -> Timers:
        """With this round's problem started."""

    @property
    def fresh(self) -> bool:
        """Somebody was asked, and the answer that counts is of this round."""

    @property
    def seen(self) -> bool:
        """The answer says how the client is, so that its anomalies count."""

    @property
    def observation(self) -> Observation | None:
        """The nodes of a client; None: it has no nodes that take over from each other."""

    def verdict(self) -> Verdict:
        """As of this round: its candidate."""

    def verdict_at(self, second: float) -> Verdict:
        """As of an earlier monotonic `second`: no grace that has ended since then had ended."""
