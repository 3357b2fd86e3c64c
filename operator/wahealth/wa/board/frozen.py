"""Whether the operator has frozen verdicts: it says so on its own Deployment when most of the fleet is lost at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from wahealth.core.reasons.parted import parted
from wahealth.core.reasons.reason import Reason
from wahealth.wa import document as read
from wahealth.wa.cluster import EVENTS, Cluster
from wahealth.wa.document import Document
from wahealth.wa.looking import seen_at

_OVER = timedelta(hours=1)  # an event without an end is of an operator that has gone


async def frozen(cluster: Cluster, namespace: str) -> str:
    """A sentence; empty where nothing is frozen, or the events may not be read."""
    return frozen_by((await cluster.part(EVENTS, namespace, fieldSelector=_SELECTOR)).objects, cluster.now)


_SELECTOR = "involvedObject.kind=Deployment"


def frozen_by(events: tuple[Document, ...], now: datetime) -> str:
    """What the newest event says, if it is that of a beginning."""
    told = {Reason.OBSERVER_ISOLATED.value, Reason.OBSERVER_RECOVERED.value}
    found = [
        (seen, event) for event in events if read.text(event, "reason") in told and (seen := seen_at(event)) is not None
    ]
    if not found:
        return ""
    seen, newest = max(found, key=lambda each: each[0])
    reason = read.text(newest, "reason")
    if reason != Reason.OBSERVER_ISOLATED or now - seen > _OVER:
        return ""
    return parted(reason, read.text(newest, "message", longest=1024)).means
