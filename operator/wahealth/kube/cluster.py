"""What the operator writes: the status of a resource, the restart of a web workload, labels and a condition of pods.

Apart from events and Leases it writes nothing else. A restart is an annotation of the pod template, as
`kubectl rollout restart` sets it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from wahealth.api.left_standing import left_standing
from wahealth.api.v1alpha1 import API_VERSION, GROUP, KIND, PLURAL, VERSION
from wahealth.core.control.pod_labels import GATE, Gate, PodChange
from wahealth.core.restart import WebWorkload, no_safe_way
from wahealth.kube.apiserver.api import (
    APPLY,
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    ApiError,
    ApiServer,
    ApiUnavailable,
    Document,
    whole_seconds,
)
from wahealth.kube.entry import Ref, ResourceEntry
from wahealth.kube.events import MANAGER
from wahealth.kube.inventory.kinds import KINDS
from wahealth.telemetry import metrics

RESOURCES = f"/apis/{GROUP}/{VERSION}"
_RESULTS = {404: "gone", 409: "conflict"}


class Conflict(Exception):
    """The resource has changed since it was last seen (HTTP 409): read it again, then plan again."""


class Gone(Exception):
    """The resource does not exist any more (HTTP 404)."""


class StatusRejected(Exception):
    """The API server rejected the status, and would reject it again. The text is the HTTP status and its reason."""


class Cluster:
    """Reads resources; writes only what this process leads.

    `require_leadership` gets the uid of the resource before each write, and raises `NotLeading` where another replica
    may lead. Every method that asks raises `ApiUnavailable` when the API server cannot answer.
    """

    def __init__(self, api: ApiServer, require_leadership: Callable[[str], None] = lambda _: None) -> None:
        self._api = api
        self._must_lead = require_leadership

    async def read(self, ref: Ref) -> Document:
        """The whole `WhatsAppClient`. Raises `Gone`, and `ApiError` for every other refusal."""
        try:
            return await self._api.read(_path(ref))
        except ApiError as error:
            raise _translate(error) from None

    async def apply_status(self, entry: ResourceEntry, status: dict[str, Any], whole: bool = True) -> str:
        """Apply the status document, and return the new resourceVersion.

        The resourceVersion last seen is sent along, because server-side apply ignores a wrong uid in status. `whole`:
        also remove what others wrote there, which an apply would leave in place. Raises `Gone`, `Conflict`,
        `StatusRejected` for every other refusal, and `NotLeading`.
        """
        metadata = {"name": entry.ref.name, "namespace": entry.ref.namespace, "resourceVersion": entry.version}
        body = {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "status": status}
        self._must_lead(entry.uid)
        try:
            written = await self._api.patch(
                f"{_path(entry.ref)}/status", body, APPLY, fieldManager=MANAGER, force="true"
            )
            if whole and (others := left_standing(status, written.get("status") or {})):
                written = await self._without(entry, others, written["metadata"]["resourceVersion"])
        except ApiUnavailable:
            metrics.status_writes.labels("unavailable").inc()
            raise
        except ApiError as error:
            metrics.status_writes.labels(_RESULTS.get(error.status, "refused")).inc()
            known = error.status in _RESULTS
            raise (_translate(error) if known else StatusRejected(str(error))) from None
        metrics.status_writes.labels("written").inc()
        return str(written["metadata"]["resourceVersion"])

    async def _without(self, entry: ResourceEntry, pointers: list[str], version: str) -> Document:
        last_seen = {"op": "replace", "path": "/metadata/resourceVersion", "value": version}
        patch = [last_seen, *({"op": "remove", "path": pointer} for pointer in pointers)]
        return await self._api.patch(f"{_path(entry.ref)}/status", patch, JSON_PATCH, fieldManager=MANAGER)

    async def restart(self, entry: ResourceEntry, workload: WebWorkload, now: datetime) -> str:
        """Restart the workload: empty, or a whole sentence why that was refused. Raises `NotLeading`."""
        namespace, kind = entry.ref.namespace, KINDS[workload.kind]
        path = f"/apis/{kind.api_version}/namespaces/{namespace}/{kind.plural}/{workload.name}"
        if kind.restart is None:
            return no_safe_way(workload.kind, workload.name)
        body = {
            "apiVersion": kind.api_version,
            "kind": workload.kind,
            "metadata": {"name": workload.name, "namespace": namespace, "uid": workload.uid},
            "spec": kind.restart(whole_seconds(now)),
        }
        self._must_lead(entry.uid)
        try:
            await self._api.patch(path, body, APPLY, fieldManager=f"{MANAGER}-restart", force="true")
        except ApiError as error:
            return _why_no_restart(error, workload)
        return ""

    async def mark(self, namespace: str, change: PodChange, now: datetime, uid: str) -> None:
        """Write labels and condition of one pod, for the resource with that uid.

        Nothing happens when the pod is gone or has been replaced by another of its name. Raises `ApiError` for a
        refusal, and `NotLeading`.
        """
        self._must_lead(uid)
        path = f"/api/v1/namespaces/{namespace}/pods/{change.pod}"
        with contextlib.suppress(Gone, Conflict):
            try:
                if change.labels:
                    labels: Document = {"metadata": {"uid": change.uid, "labels": dict(change.labels)}}
                    await self._patch(path, labels, MERGE)
            finally:  # a refusal of the labels says nothing about the condition
                if change.gate is not None:
                    condition = _condition(change.gate, now)
                    gate: Document = {"metadata": {"uid": change.uid}, "status": {"conditions": [condition]}}
                    await self._patch(f"{path}/status", gate, STRATEGIC)

    async def _patch(self, path: str, body: dict[str, Any], form: str) -> None:
        try:
            await self._api.patch(path, body, form)
        except ApiError as error:
            raise _translate(error) from None


def _condition(gate: Gate, now: datetime) -> Document:
    return {
        "type": GATE,
        "status": gate.status,
        "reason": gate.reason,
        "message": gate.message,
        "lastTransitionTime": whole_seconds(now),
    }


def _why_no_restart(error: ApiError, workload: WebWorkload) -> str:
    named = f"{workload.kind} {workload.name}"
    if error.status == 403:
        return f"The operator may not patch {named}: give it that right, or restart it by hand."
    return f"{named} could not be restarted (HTTP {error.status}): restart it by hand."


def _translate(error: ApiError) -> Exception:
    return {404: Gone(), 409: Conflict()}.get(error.status, error)


def _path(ref: Ref) -> str:
    return f"{RESOURCES}/namespaces/{ref.namespace}/{PLURAL}/{ref.name}"
