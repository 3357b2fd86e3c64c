"""When most of the fleet is lost at once: one Warning on the operator's own Deployment, nothing on the resources."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from wahealth.core.events.event import Event, normal, warning
from wahealth.core.fleet import Fleet
from wahealth.core.reasons import progress
from wahealth.kube.events import Recorder, Subject
from wahealth.kube.inventory.kept import Inventory
from wahealth.kube.inventory.names import WorkloadRef
from wahealth.telemetry import metrics

log = logging.getLogger(__name__)

_ISOLATED = warning(progress.OBSERVER_ISOLATED)
_RECOVERED = normal(progress.OBSERVER_RECOVERED)


class Guard:
    """The fleet as the rounds see it. `own`: the operator's Deployment, where it is known."""

    def __init__(self, recorder: Recorder, inventory: Inventory, own: WorkloadRef | None) -> None:
        self._recorder = recorder
        self._inventory = inventory
        self._own = own
        self._isolated = False  # as it was told
        self.fleet = Fleet()
        metrics.isolated.set_function(lambda: self.fleet.isolated)

    async def saw(self, uid: str, reached: bool, asked: float, period: float) -> bool:
        """False while verdicts are frozen."""
        self.fleet.saw(uid, reached, asked, period)
        isolated = self.fleet.isolated
        if isolated is not self._isolated:  # or it ended since, for those that were lost are asked no more
            self._isolated = isolated
            await self._told(_ISOLATED if isolated else _RECOVERED)
        return not isolated

    async def _told(self, event: Event) -> None:
        log.warning(event.note, extra={"reason": event.reason})
        own = self._inventory.workload(self._own) if self._own else None
        if self._own is not None and own is not None:
            subject = Subject("apps/v1", self._own.kind, self._own.namespace, self._own.name, own.uid)
            await self._recorder.tell(subject, event, datetime.now(UTC))
