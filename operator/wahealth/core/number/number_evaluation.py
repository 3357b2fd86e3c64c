"""What a round says of a phone number, asked as of any instant; as `verdict.evaluation` does for a client."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from wahealth.core.answer import Malformed, NumberAnswer, PodOutcome, Unreachable
from wahealth.core.cloud.errors import GraphError
from wahealth.core.cloud.report import NumberReport
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.facts import Facts
from wahealth.core.instant import AsOf, Instant
from wahealth.core.number.number_input import NumberInput
from wahealth.core.number.number_verdict import evaluate_number
from wahealth.core.number.situation import Situation, SituationRow, problem_in, situation_of
from wahealth.core.status import Mode, Status
from wahealth.core.verdict.problem import Problem
from wahealth.core.verdict.timers import Timers, expired, start
from wahealth.core.verdict.verdict import Verdict


class NumberEvaluation(NamedTuple):
    """One round's facts about a number, with the timer of its problem started."""

    look: NumberInput
    row: SituationRow
    timers: Timers
    problem: Problem | None
    grace: float  # seconds that the problem may last
    now: float  # monotonic seconds
    fresh: bool
    observation: None = None  # a number has no nodes that take over from each other

    @property
    def seen(self) -> bool:
        """The number was seen in this round."""
        return self.look.report is not None

    @classmethod
    def of(cls, facts: Facts, cloud: CloudDesired, timers: Timers, confirmed: Status, now: Instant) -> NumberEvaluation:
        """`confirmed`: the status that is confirmed, or was last seen; one of another target counts as none."""
        known = confirmed if confirmed.mode is Mode.CLOUD_API else Status()
        look = seen_in(facts, cloud, known, now)
        row = situation_of(look)
        problem = problem_in(look, row)
        grace = facts.desired.thresholds.throttled_grace if row.situation is Situation.THROTTLED else 0.0
        # Time counts while requests are throttled, although none is made.
        nobody = not facts.outcomes and not facts.not_probed  # its turn within the budget has not come yet
        fresh = row.situation is Situation.THROTTLED or not (nobody or facts.nothing_new)
        return cls(look, row, start(timers, problem, now.monotonic), problem, grace, now.monotonic, fresh)

    def verdict(self) -> Verdict:
        """The verdict as of this round: its candidate."""
        return self.verdict_at(self.now)

    def verdict_at(self, second: float) -> Verdict:
        """The verdict as of an earlier `second` (monotonic)."""
        over = expired(self.timers, self.problem, self.grace, AsOf(second, self.now))
        return evaluate_number(self.look._replace(over=over), self.row)


def seen_in(facts: Facts, cloud: CloudDesired, confirmed: Status, now: Instant) -> NumberInput:
    """The facts of one round, as the rules look at them."""
    desired, outcome = facts.desired, next(iter(facts.outcomes), None)
    return NumberInput(
        cloud,
        _answer(outcome.outcome) if outcome else None,
        confirmed,
        now.wall,
        desired.registration_required,
        desired.surface,
        facts.reference_problem,
        facts.credential_problem,
        checks=facts.checks,
        throttled_until=_throttled_until(outcome, confirmed, desired.thresholds.period, now),
        period=desired.thresholds.period,
    )


def _throttled_until(outcome: PodOutcome | None, confirmed: Status, period: float, now: Instant) -> datetime | None:
    """When the vendor may be asked again, if that is later than the next round; as it was confirmed while nobody is
    asked."""
    if outcome is None or not isinstance(outcome.outcome, GraphError) or not outcome.outcome.retry_after:
        return None
    known = confirmed.cloud.throttled_until_time if confirmed.cloud and not outcome.asked else None
    left = outcome.outcome.retry_after
    return known or (now.wall + timedelta(seconds=round(left)) if left > period else None)


def _answer(outcome: object) -> NumberAnswer:
    if isinstance(outcome, NumberReport | GraphError | Malformed | Unreachable):
        return outcome
    raise TypeError("the Cloud API answers with no outcome of waweb")
