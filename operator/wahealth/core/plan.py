"""The result of one round: the next state, and everything to do in the world."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from wahealth.core.events.event import Event
from wahealth.core.history.history import with_written
from wahealth.core.hysteresis.confirmation import NO_STATUS
from wahealth.core.hysteresis.flapping import PAUSE
from wahealth.core.instant import Instant, has_lasted
from wahealth.core.restart import WebWorkload
from wahealth.core.state import State
from wahealth.core.status import Failover, Status
from wahealth.core.status_diff import status_to_write
from wahealth.core.verdict.verdict import Verdict


class Plan(NamedTuple):
    """Everything to do after a round. `status` None: the resource says it already, or its next write must wait.

    `desired`: the same without times, to compare with what somebody else may have written in the meantime.
    """

    state: State
    status: Status | None = None
    events: tuple[Event, ...] = ()
    desired: Status | None = None
    restart: WebWorkload | None = None  # to restart once the status is written
    failovers: tuple[Failover, ...] = ()  # failovers that this round completed
    candidate: Verdict | None = None  # the verdict of this round alone; None: nothing was evaluated

    @property
    def known(self) -> Status:
        """The confirmed status, or what was seen in this round while nothing is confirmed yet."""
        verdict = self.state.confirmed or self.candidate
        return verdict.status if verdict else NO_STATUS

    def again(self, written: Status, now: datetime) -> Status | None:
        """The status to write onto what the resource says now, where somebody else wrote first. `now`: UTC."""
        if self.desired is None:
            return None
        history = with_written(self.desired.history, written.history, now)
        return status_to_write(written, self.desired._replace(history=history), now)

    @classmethod
    def of(cls, state: State, desired: Status, written: Status, events: tuple[Event, ...], now: Instant) -> Plan:
        """The plan that makes the resource say `desired`, with the history; while a client flaps, at most once in
        `PAUSE` seconds."""
        desired = desired._replace(history=state.history.packed)
        paused = state.last_write is not None and not has_lasted(now.monotonic - state.last_write, PAUSE)
        if state.flapping and paused:
            return cls(state, None, events)
        status = status_to_write(written, desired, now.wall)
        return cls(state if status is None else state._replace(last_write=now.monotonic), status, events, desired)
