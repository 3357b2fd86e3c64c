"""When most clients are lost at once: one Warning on the operator's own Deployment, and nothing on the resources.

`core.control.isolation_detector` decides when that is, and why the fault is then the operator's own.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import partial

from wahealth.core.control.isolation_detector import IsolationDetector, Path, Vote
from wahealth.core.events.event import Event, normal, warning
from wahealth.core.reasons import progress
from wahealth.kube.events import Recorder, Subject
from wahealth.kube.inventory.inventory import Inventory
from wahealth.kube.inventory.keys import WorkloadRef
from wahealth.telemetry import metrics

log = logging.getLogger(__name__)

_WHAT = {
    Path.CLUSTER: "clients in the cluster",
    Path.OUTSIDE: "hosts outside of the cluster",
    Path.CLOUD: "numbers of the Cloud API",
    Path.DIALOG360: "numbers behind 360dialog",
}


class IsolationGuard:
    """Feeds the detector, and reports when it changes its mind. `own`: the operator's Deployment, if known."""

    def __init__(self, recorder: Recorder, inventory: Inventory, own: WorkloadRef | None) -> None:
        self._recorder = recorder
        self._inventory = inventory
        self._own = own
        self._isolated = dict.fromkeys(Path, False)  # as last reported
        self.detector = IsolationDetector()
        for path in Path:
            metrics.isolated.labels(path).set_function(partial(self.detector.isolated, path))

    async def saw(self, uid: str, vote: Vote, reached: bool, asked: float, period: float) -> bool:
        """Whether the round counts: False while verdicts are frozen and the client was not reached.

        `asked`: monotonic timestamp of the round's begin; `period` in seconds."""
        self.detector.saw(uid, vote, reached, asked, period)
        isolated = self.detector.isolated(vote.path)
        if isolated is not self._isolated[vote.path]:  # also when it ended because the lost clients were deleted
            self._isolated[vote.path] = isolated
            what = _WHAT[vote.path]
            event = (
                warning(progress.OBSERVER_ISOLATED, what=what)
                if isolated
                else normal(progress.OBSERVER_RECOVERED, what=what)
            )
            await self._report(event)
        return reached or not self.detector.freezes(vote, asked, period)

    async def _report(self, event: Event) -> None:
        log.warning(event.note, extra={"reason": event.reason})
        own = self._inventory.workload(self._own) if self._own else None
        if self._own is not None and own is not None:
            subject = Subject("apps/v1", self._own.kind, self._own.namespace, self._own.name, own.uid)
            await self._recorder.post(subject, event, datetime.now(UTC))
