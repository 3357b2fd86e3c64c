"""Posts events as client-go's recorder does: core/v1, one object for a repeated event, with a count that grows.

events.k8s.io/v1 has no `lastTimestamp`, by which kubectl orders; and collectors drop an event whose `eventTime` is
older than their own start, even when it is repeated.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from datetime import datetime
from typing import NamedTuple

from wahealth.api.v1alpha1 import GROUP
from wahealth.core.events.event import Event
from wahealth.kube.apiserver.api import MERGE, ApiError, ApiServer, ApiUnavailable, Document, whole_seconds
from wahealth.kube.apiserver.session import replica
from wahealth.telemetry import metrics
from wahealth.telemetry.logs import topic

log = logging.getLogger(__name__)

MANAGER = "wahealth"
CONTROLLER = f"{GROUP}/operator"
_MOST_OF_A_NOTE = 1024  # bytes, although the API server's own message says characters
_AT_ONCE = 4
_MOST_WAITING = 64
_MOST_COUNTED = 10_000  # beyond it the counts are read again from the events themselves


class Subject(NamedTuple):
    """The object that an event is about."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str


class Recorder:
    """Posts at most `_AT_ONCE` events at once, because statuses go first."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._times_posted: dict[str, int] = {}  # by the event's name

    @property
    def has_room(self) -> bool:
        """False: too many events wait, so post in a later round."""
        return self._waiting < _MOST_WAITING

    async def post(self, subject: Subject, event: Event, now: datetime) -> None:
        """Post the event; a repeated one increases its count. An event that cannot be posted is dropped and logged."""
        self._waiting += 1
        try:
            async with self._turns:
                await self._post_or_drop(subject, event, now)
        finally:
            self._waiting -= 1

    async def _post_or_drop(self, subject: Subject, event: Event, now: datetime) -> None:
        name = _event_name(subject, event)
        try:
            self._times_posted[name] = await self._posted(name, subject, event, now)
        except (ApiError, ApiUnavailable) as error:
            metrics.events.labels(event.reason, "dropped").inc()
            fields = {"namespace": subject.namespace, "resource": subject.name, "uid": subject.uid}
            about = topic(f"event {subject.namespace}", **fields, reason=event.reason, error=str(error))
            log.warning("event dropped", extra=about)
        else:
            metrics.events.labels(event.reason, "told").inc()
        if len(self._times_posted) > _MOST_COUNTED:
            self._times_posted.clear()

    async def _posted(self, name: str, subject: Subject, event: Event, now: datetime) -> int:
        """Create the event, or repeat it where it exists: how often it was posted by now."""
        try:
            await self._api.create(_events(subject.namespace), _event_document(name, subject, event, now))
        except ApiError as error:
            if error.status != 409:
                raise
            return await self._repeated(subject.namespace, name, now)
        return 1

    async def _repeated(self, namespace: str, name: str, now: datetime) -> int:
        path = f"{_events(namespace)}/{name}"
        posted = self._times_posted.get(name)
        known: Document = {"count": posted} if posted else _so_far(await self._api.patch(path, {}, MERGE))
        count: int = known["count"] + 1
        await self._api.patch(path, {**known, "count": count, "lastTimestamp": whole_seconds(now)}, MERGE)
        return count


def _so_far(event: Document) -> Document:
    """The fields that an event of another process must keep. `event`: the answer to an empty patch, which needs no
    right to read events. An event with a series, as earlier versions posted it, is converted to this form."""
    if not event.get("eventTime"):
        return {"count": int(event.get("count") or 1)}
    count = int((event.get("series") or {}).get("count", 1))
    first = f"{event['eventTime'].partition('.')[0].removesuffix('Z')}Z"
    return {"count": count, "firstTimestamp": first, "eventTime": None, "series": None}


def _events(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/events"


def _event_name(subject: Subject, event: Event) -> str:
    """One name for one event of one object, in every process."""
    digest = hashlib.sha256(f"{subject.uid}/{event.reason}/{event.note}".encode()).hexdigest()[:16]
    return f"{subject.name}.{digest}"


def _event_document(name: str, subject: Subject, event: Event, now: datetime) -> Document:
    at = whole_seconds(now)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": subject.namespace},
        "involvedObject": {
            "apiVersion": subject.api_version,
            "kind": subject.kind,
            "name": subject.name,
            "namespace": subject.namespace,
            "uid": subject.uid,
        },
        "type": "Warning" if event.warning else "Normal",
        "reason": event.reason,
        "message": _within(event.note, _MOST_OF_A_NOTE),
        "action": "Probed",
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
        "source": {"component": CONTROLLER},
        "reportingComponent": CONTROLLER,
        "reportingInstance": f"{MANAGER}-{replica()}"[:128],
    }


def _within(text: str, most: int) -> str:
    """The beginning of `text`: at most `most` bytes of UTF-8, with no character cut in two."""
    return text.encode()[:most].decode(errors="ignore")
