"""The verdict of one round as of any instant: the same observation, with its timers read at that time."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.facts import Facts
from wahealth.core.instant import AsOf
from wahealth.core.observation.observe import Observation, while_ambiguous
from wahealth.core.status import Mode, Status
from wahealth.core.verdict.evaluate import Classification, classify, evaluate
from wahealth.core.verdict.timers import Timers, clamp, expired, start
from wahealth.core.verdict.verdict import Verdict


class Evaluation(NamedTuple):
    """One round's facts and observation, classified, with the timer of its problem started.

    Two verdicts of one evaluation differ only because time has passed: that is how `hysteresis.debounce` distinguishes
    a grace that has ended from an answer that has changed.
    """

    facts: Facts
    observation: Observation
    classified: Classification
    timers: Timers  # with the timer of this round's problem
    confirmed: Status  # the status from which everything is taken that stays as it was

    @property
    def fresh(self) -> bool:
        """Somebody was asked, and the view that counts is of this round."""
        return self.observation.merged.fresh

    @property
    def seen(self) -> bool:
        """The client was seen in this round."""
        return self.observation.summary is not None

    @classmethod
    def of(cls, facts: Facts, observation: Observation, timers: Timers, confirmed: Status) -> Evaluation:
        """The evaluation of a round. `timers`: before this round. `confirmed`: the status that is confirmed, or, while
        nothing is, was last seen."""
        classified = classify(facts, observation)
        running = start(timers, classified.problem, observation.now.now)
        running = clamp(running, facts.key_changed, observation.detection.ambiguous_since)
        known = confirmed if confirmed.mode is not Mode.CLOUD_API else Status()  # of another target
        return cls(facts, observation, classified, running, known)

    def verdict(self) -> Verdict:
        """The verdict as of this round, which is the candidate."""
        return self._as_of(self.observation, self.classified)

    def verdict_at(self, second: float) -> Verdict:
        """The verdict as of an earlier time, `second` (monotonic seconds): graces and an ambiguous mode that have ended
        since then still run."""
        seen = while_ambiguous(self.observation, self.facts.desired.mode)
        classified = self.classified if seen is self.observation else classify(self.facts, seen)
        return self._as_of(seen._replace(now=AsOf(second, self.observation.now.now)), classified)

    def _as_of(self, seen: Observation, classified: Classification) -> Verdict:
        over = expired(self.timers, classified.problem, classified.grace, seen.now)
        return evaluate(self.facts, seen, classified, self.confirmed, over)
