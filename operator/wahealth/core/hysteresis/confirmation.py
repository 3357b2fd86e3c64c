"""The confirmed verdict, and the streaks of rounds that contradict it. Only `debounce` draws conclusions from them."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.status import Failover, Gateway, Status
from wahealth.core.verdict.verdict import Verdict

NO_STATUS = Status()


class Confirmation(NamedTuple):
    """The verdict that the rounds of one resource have confirmed, and the streaks. Times are monotonic seconds."""

    first_round: float  # the first round of the resource, or of a generation before anything was confirmed
    generation: int  # metadata.generation of the rounds that are counted
    last_round: float  # the last round that counted
    verdict: Verdict | None = None  # the confirmed one; None: nothing is confirmed yet
    verdict_generation: int | None = None  # the generation that `verdict`, or a suspension, is about
    preliminary: Status = NO_STATUS  # what was last seen while nothing is confirmed
    worse_streak: int = 0  # rounds in a row that are worse than `verdict`, or bad ones of a new generation
    certain_streak: int = 0  # of the worse ones, the last in a row that the vendor says outright
    other_streak: int = 0  # rounds in a row that differ from `verdict` in another way
    other_candidate: Verdict | None = None  # the verdict of those rounds, if all of them must agree

    @property
    def settled(self) -> bool:
        """Whether something is confirmed, and it is about the present generation."""
        return self.verdict is not None and self.verdict_generation == self.generation

    @property
    def status(self) -> Status:
        """The confirmed status; an empty one while nothing is confirmed."""
        return self.verdict.status if self.verdict else NO_STATUS

    @property
    def known(self) -> Status:
        """The confirmed status, or what was last seen while nothing is confirmed."""
        return self.verdict.status if self.verdict else self.preliminary

    @property
    def counting(self) -> bool:
        """Whether a streak is under way."""
        return bool(self.worse_streak or self.other_streak)

    def of_generation(self, generation: int, now: float) -> Confirmation:
        """The confirmation for rounds of this generation, at `now` (monotonic seconds).

        A new generation ends all streaks; its start-up grace starts again if nothing is confirmed.
        """
        if self.generation == generation:
            return self
        began = self.first_round if self.verdict else now
        return self.without_streaks()._replace(generation=generation, first_round=began)

    def confirm(self, candidate: Verdict) -> Confirmation:
        """The confirmation with the candidate as the confirmed verdict."""
        return self.without_streaks()._replace(verdict=candidate, verdict_generation=self.generation)

    def restored(self, written: Verdict) -> Confirmation:
        """The confirmation with the verdict of a written status, which is about the status's own generation."""
        return self._replace(verdict=written)

    def without_streaks(self) -> Confirmation:
        """The confirmation with all streaks ended."""
        return self._replace(worse_streak=0, certain_streak=0, other_streak=0, other_candidate=None)

    def with_worse_streak(self, rounds: int, certain: int = 0) -> Confirmation:
        """The confirmation after so many worse rounds in a row, which end any other streak. `certain`: the last of them
        that the vendor says outright."""
        return self.without_streaks()._replace(worse_streak=rounds, certain_streak=certain)

    def with_other_streak(self, rounds: int, candidate: Verdict | None) -> Confirmation:
        """The confirmation after so many differing rounds in a row; `candidate`: their verdict, if all must agree."""
        return self.without_streaks()._replace(other_streak=rounds, other_candidate=candidate)

    def after_round(self, candidate: Verdict, now: float) -> Confirmation:
        """The confirmation after a round that counted; its status is the preliminary one while nothing is confirmed."""
        seen = self.preliminary if self.verdict else seen_so_far(candidate.status)
        return self._replace(last_round=now, preliminary=seen)

    def with_endpoints(self, candidate: Verdict) -> Confirmation:
        """The confirmation with the endpoints of a round without news of the client; they are debounced already."""
        return self._with_status(self.status._replace(endpoints=candidate.status.endpoints))

    def with_last_failover(self, failover: Failover) -> Confirmation:
        """The confirmation whose status shows this failover as the last one."""
        return self._with_status(self.status._replace(last_failover=failover))

    def suspended(self, status: Status) -> Confirmation:
        """The confirmation of a suspended resource. `status`: the confirmed one, as it stays while nothing is probed.

        It counts as confirmed for the present generation.
        """
        return self.without_streaks()._with_status(status)._replace(verdict_generation=self.generation)

    def _with_status(self, status: Status) -> Confirmation:
        return self._replace(verdict=self.verdict._replace(status=status)) if self.verdict else self


def seen_so_far(status: Status) -> Status:
    """The part of a preliminary status that stays while the client is not seen, and that decides nothing."""
    return status._replace(gateway=Gateway.UNKNOWN, conditions=(), endpoints=(), observed_generation=None)
