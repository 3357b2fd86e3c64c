"""The state of one resource between two rounds. Only the module that defines a part of it writes that part."""

from __future__ import annotations

from typing import NamedTuple

from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.events.posting import EventLog
from wahealth.core.facts import Facts
from wahealth.core.history.history import History
from wahealth.core.hysteresis.confirmation import Confirmation
from wahealth.core.hysteresis.failover import FailoverState
from wahealth.core.hysteresis.flapping import Flaps
from wahealth.core.hysteresis.streaks import AnomalyStreaks
from wahealth.core.observation.observe import ObservationState
from wahealth.core.status import Status
from wahealth.core.verdict.timers import Timers
from wahealth.core.verdict.verdict import Verdict


class Steady(NamedTuple):
    """A round that changed nothing: the same facts change nothing either, until something falls due."""

    facts: Facts
    written: Status
    until: float  # when the next Warning is posted again (monotonic seconds)

    def holds(self, facts: Facts, written: Status, now: float) -> bool:
        """Whether a round with these facts and this written status changes nothing. `now`: monotonic seconds."""
        return now < self.until and facts == self.facts and (written is self.written or written == self.written)


class State(NamedTuple):
    """Everything that is remembered about one resource."""

    confirmation: Confirmation
    event_log: EventLog
    observation: ObservationState = ObservationState({}, {})
    timers: Timers = ()
    anomaly_streaks: AnomalyStreaks = ()
    failover: FailoverState = FailoverState()
    flaps: Flaps = Flaps()
    suspended: bool = False
    last_write: float | None = None  # when the status was last written (monotonic seconds)
    steady: Steady | None = None
    history: History = History()
    about: CloudDesired | None = None  # the number that is known by `confirmation`; None: none, or not known which

    def knows(self, cloud: CloudDesired) -> bool:
        """Whether `confirmation` is about this number, and not about one that the resource named before."""
        return self.settled or (self.about is not None and self.about.whom == cloud.whom)

    @property
    def confirmed(self) -> Verdict | None:
        """The confirmed verdict; None if nothing is confirmed yet."""
        return self.confirmation.verdict

    @property
    def generation(self) -> int:
        """metadata.generation of the rounds that are counted."""
        return self.confirmation.generation

    @property
    def settled(self) -> bool:
        """Whether something is confirmed, and it is about the present generation."""
        return self.confirmation.settled

    @property
    def flapping(self) -> bool:
        """Whether the client flaps."""
        return self.flaps.active

    @property
    def is_steady(self) -> bool:
        """Whether nothing is being counted or waited for, so that only other facts can change anything."""
        counted = self.confirmation.counting or self.anomaly_streaks or self.timers or self.flaps.active
        return self.settled and not counted and self.failover.is_steady and self.observation.is_steady

    def paused(self) -> State:
        """The state of a suspended resource: nothing is probed, and nothing is counted."""
        log = self.event_log._replace(posted=())
        return self._replace(suspended=True, timers=(), event_log=log, failover=self.failover.paused(), steady=None)
