"""Which Services exist, and to which pods and ports they send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wahealth.core.control.pod_labels import Labels
from wahealth.kube.apiserver.api import Document
from wahealth.kube.inventory.keys import Key, key_of

PATH = "/api/v1/services"
_FAMILIES = {"IPv4": 4, "IPv6": 6}


class Service(NamedTuple):
    """What is kept of a Service."""

    outside: bool  # its type is ExternalName
    selector: Labels | None  # None: it has none
    ports: tuple[tuple[int, int | str], ...]  # its own port, and the pods' port as a number or a name
    families: tuple[int, ...] = ()  # 4 and 6, the preferred one first; empty: whatever the cluster has

    def port_of_pods(self, port: int) -> int | str | None:
        """The pods' port, as a number or a name; None when the Service has no such port."""
        return dict(self.ports).get(port)


class Services:
    def __init__(self) -> None:
        self._existing: dict[Key, Service] = {}

    def get(self, key: Key) -> Service | None:
        return self._existing.get(key)

    def replace(self, objects: list[Document]) -> None:
        self._existing = {key_of(object_): service_of(object_) for object_ in objects}

    def put(self, object_: Document) -> None:
        self._existing[key_of(object_)] = service_of(object_)

    def drop(self, object_: Document) -> None:
        self._existing.pop(key_of(object_), None)


def service_of(object_: Document) -> Service:
    spec = object_["spec"]
    selector = spec.get("selector")
    outside = spec.get("type") == "ExternalName"
    families = tuple(_FAMILIES[family] for family in spec.get("ipFamilies", ()) if family in _FAMILIES)
    return Service(outside, frozenset(selector.items()) if selector else None, tuple(_ports(spec)), families)


def _ports(spec: Document) -> Iterator[tuple[int, int | str]]:
    for port in spec.get("ports", ()):
        if port.get("protocol", "TCP") == "TCP":
            yield port["port"], port.get("targetPort") or port["port"]
