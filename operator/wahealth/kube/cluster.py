"""What the operator writes of a resource: its status, by server-side apply. Nothing else, anywhere, but events."""

from __future__ import annotations

from typing import Any

from wahealth.api.v1alpha1 import API_VERSION, GROUP, KIND, PLURAL, VERSION
from wahealth.kube.api import APPLY, ApiError, ApiServer, Document
from wahealth.kube.events import MANAGER
from wahealth.kube.record import Record, Ref

RESOURCES = f"/apis/{GROUP}/{VERSION}"


class Conflict(Exception):
    """Somebody wrote since we last saw the resource: look again, then plan again."""


class Vanished(Exception):
    """The resource is gone."""


class Cluster:
    def __init__(self, api: ApiServer) -> None:
        self._api = api

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


def _meaning(error: ApiError) -> Exception:
    return {404: Vanished(), 409: Conflict()}.get(error.status, error)


def _path(ref: Ref) -> str:
    return f"{RESOURCES}/namespaces/{ref.namespace}/{PLURAL}/{ref.name}"
