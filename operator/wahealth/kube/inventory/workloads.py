"""Which workloads of one kind there are."""

from __future__ import annotations

from wahealth.kube.api import Document
from wahealth.kube.inventory.names import Key, key_of

PATHS = {
    "Deployment": "/apis/apps/v1/deployments",
    "StatefulSet": "/apis/apps/v1/statefulsets",
}


class Workloads:
    """With their uid."""

    def __init__(self) -> None:
        self._existing: dict[Key, str] = {}

    def uid(self, key: Key) -> str | None:
        return self._existing.get(key)

    def replace(self, objects: list[Document]) -> None:
        self._existing = {key_of(object_): object_["metadata"]["uid"] for object_ in objects}

    def put(self, object_: Document) -> None:
        self._existing[key_of(object_)] = object_["metadata"]["uid"]

    def drop(self, object_: Document) -> None:
        self._existing.pop(key_of(object_), None)
