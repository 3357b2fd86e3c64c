"""What the operator writes: the status of a resource, by server-side apply, and events. Nothing else, anywhere."""

from __future__ import annotations

import hashlib
import logging
import socket
from datetime import datetime
from typing import Any

from wahealth.api.v1alpha1 import API_VERSION, GROUP, KIND, PLURAL, VERSION
from wahealth.core.events import Event
from wahealth.kube.api import APPLY, MERGE, ApiError, ApiServer, ApiUnavailable, Document
from wahealth.kube.record import Record, Ref

log = logging.getLogger(__name__)

MANAGER = "wahealth"
CONTROLLER = f"{GROUP}/operator"
_MOST_TOLD = 10_000  # beyond it the counts are read again from the events themselves
RESOURCES = f"/apis/{GROUP}/{VERSION}"


class Conflict(Exception):
    """Somebody wrote since we last saw the resource: look again, then plan again."""


class Vanished(Exception):
    """The resource is gone."""


class Cluster:
    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._told: dict[str, int] = {}  # by event name: how often it was told

    async def read(self, ref: Ref) -> Document:
        try:
            return await self._api.read(_path(ref))
        except ApiError as error:
            raise _meaning(error) from None

    async def apply_status(self, record: Record, status: dict[str, Any]) -> str:
        """The new resourceVersion. The one last seen goes along: server-side apply ignores a wrong uid in status."""
        metadata = {"name": record.ref.name, "namespace": record.ref.namespace, "resourceVersion": record.version}
        body = {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "status": status}
        try:
            written = await self._api.patch(
                f"{_path(record.ref)}/status", body, APPLY, fieldManager=MANAGER, force="true"
            )
        except ApiError as error:
            raise _meaning(error) from None
        return str(written["metadata"]["resourceVersion"])

    async def tell(self, record: Record, event: Event, now: datetime) -> None:
        """Post the event; the same one again grows its series. An event that cannot be posted is dropped."""
        name = _event_name(record, event)
        try:
            self._told[name] = await self._posted(name, record, event, now)
        except (ApiError, ApiUnavailable) as error:
            log.warning("event dropped", extra={"ref": str(record.ref), "reason": event.reason, "error": str(error)})
        if len(self._told) > _MOST_TOLD:
            self._told.clear()

    async def _posted(self, name: str, record: Record, event: Event, now: datetime) -> int:
        """How often it was told by now."""
        try:
            await self._api.create(_events(record.ref), _event_document(name, record, event, now))
        except ApiError as error:
            if error.status != 409:
                raise
            return await self._told_again(record.ref, name, now)
        return 1

    async def _told_again(self, ref: Ref, name: str, now: datetime) -> int:
        count = (self._told.get(name) or await self._count_so_far(ref, name)) + 1
        series = {"series": {"count": count, "lastObservedTime": _micro(now)}}
        await self._api.patch(f"{_events(ref)}/{name}", series, MERGE)
        return count

    async def _count_so_far(self, ref: Ref, name: str) -> int:
        """After a restart: an empty patch answers with the event as it is, without the right to read events."""
        event = await self._api.patch(f"{_events(ref)}/{name}", {}, MERGE)
        return int((event.get("series") or {}).get("count", 1))


def _meaning(error: ApiError) -> Exception:
    return {404: Vanished(), 409: Conflict()}.get(error.status, error)


def _path(ref: Ref) -> str:
    return f"{RESOURCES}/namespaces/{ref.namespace}/{PLURAL}/{ref.name}"


def _events(ref: Ref) -> str:
    return f"/apis/events.k8s.io/v1/namespaces/{ref.namespace}/events"


def _event_name(record: Record, event: Event) -> str:
    """The same event of the same object has the same name, in every process."""
    digest = hashlib.sha256(f"{record.uid}/{event.reason}/{event.note}".encode()).hexdigest()[:16]
    return f"{record.ref.name}.{digest}"


def _event_document(name: str, record: Record, event: Event, now: datetime) -> Document:
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": record.ref.namespace},
        "eventTime": _micro(now),
        "type": "Warning" if event.warning else "Normal",
        "reason": event.reason,
        "note": event.note[:1024],
        "action": "Probed",
        "regarding": {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "name": record.ref.name,
            "namespace": record.ref.namespace,
            "uid": record.uid,
        },
        "reportingController": CONTROLLER,
        "reportingInstance": f"{MANAGER}-{socket.gethostname()}"[:128],
    }


def _micro(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
