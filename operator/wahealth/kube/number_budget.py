"""The share that one number has in the budget of its token: when it may be asked, and when the vendor wants a pause."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from wahealth.api.credential_source import source_of
from wahealth.api.v1alpha1 import Spec
from wahealth.core.answer import Outcome, is_refusal
from wahealth.core.cloud.errors import GraphError, throttle
from wahealth.core.cloud.number_checks import NumberChecks
from wahealth.core.cloud.quota import BudgetKey, Quota
from wahealth.core.instant import EARLY
from wahealth.core.resting import written_pause
from wahealth.kube.entry import ResourceEntry
from wahealth.probe.client import ProbeResponse


@dataclass(frozen=True, slots=True)
class NumberBudget:
    """For one round. Times are monotonic seconds."""

    quota: Quota
    entry: ResourceEntry
    spec: Spec
    cost: float = 1.0  # requests of one round, on average

    @property
    def key(self) -> BudgetKey:
        """The budget: by the app where the vendor has named it, else by the token; by its Secret while that cannot be
        read, and nothing is sent."""
        state, wanted = self.entry.probe, self.entry.desired.cloud
        checks = state.checks or NumberChecks()
        account = wanted.account if wanted and checks.account_seen else ""  # one that is made up has no quota
        if checks.token is not None and checks.token.is_valid and checks.token.app:
            return BudgetKey(checks.token.app, account)
        if state.reading is not None and state.reading.secret is not None:
            return BudgetKey(state.reading.secret.digest, account)
        return BudgetKey(f"{self.entry.ref.namespace}/{source_of(self.spec).secret}", account)

    def pace(self, now: float) -> float | None:
        """Seconds from one round of this number to the next, within the budget; None: its turn has not come yet."""
        own = self.entry.timing.period
        if self.quota.wait(self.key, self.entry.uid, own, now, self.cost):
            return None
        return own * ceil(self.quota.period(self.key, own) / own)  # rounds come by its own period

    def paused(self, now: float) -> GraphError | None:
        """The error for which nothing is asked now; its `retry_after` is what is left of the pause."""
        said = self.quota.paused(self.key, now)
        if said is None and (left := self._written_pause()):
            said = throttle(left)
            self.quota.pause(self.key, said, now)
        return said

    def _written_pause(self) -> float:
        """Seconds that are left of a pause that the process before this one was told of."""
        if self.entry.state is not None:
            return 0.0
        return written_pause(self.entry.written, self.entry.generation, datetime.now(UTC))

    def heard(self, response: ProbeResponse[object]) -> None:
        """Count what was sent, and mind what the answer says of the quota."""
        now = asyncio.get_running_loop().time()
        for _ in range(response.sent):
            self.quota.asked(self.key, now)
        self.quota.heard(self.key, response.usage, response.outcome, now)

    def least_pause(self, outcome: Outcome) -> float:
        """Seconds for which the number is left alone after an answer, whatever edits ask for: others share its token.
        None after a refusal, so that a new token is tried at once."""
        if is_refusal(outcome):
            return 0.0
        pace, period = self.entry.probe.pace, self.entry.timing.period
        return max(pace - period / 2 if pace > period else 0.0, self.entry.cloud_floor - EARLY)
