"""A WhatsAppClient as its document says, whatever version wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from wahealth.wa import document as read
from wahealth.wa.document import Document

GROUP, VERSION, PLURAL, KIND = "wahealth.io", "v1alpha1", "whatsappclients", "WhatsAppClient"
LEASE, NAMESPACE = "wahealth-operator", "wahealth-system"  # as the operator's --lease-name and --lease-namespace
PERIOD, CLOUD_PERIOD = 30, 300  # seconds, where neither spec nor status says
WELL = frozenset({"Active", "Standby"})  # verdicts on a node that can be used


class Condition(NamedTuple):
    """A condition of the status."""

    status: str
    reason: str
    message: str
    since: datetime | None


class Node(NamedTuple):
    """A node of the client, or an entity of a number."""

    name: str
    role: str
    gateway: str
    verdict: str
    since: datetime | None
    pod: str
    machine: str  # the Kubernetes node


class Endpoint(NamedTuple):
    """A web pod. `accepted` None: it has not said."""

    pod: str
    reachable: bool
    reason: str
    accepted: bool | None
    since: datetime | None


class State(NamedTuple):
    """An entry of the history."""

    time: datetime
    ready: str
    reason: str
    gateway: str
    connected: str
    coreapps: tuple[str, ...]
    primary: str
    key: str
    note: str


class Client(NamedTuple):
    """What is read of a resource. `document` is the whole of it."""

    namespace: str
    name: str
    uid: str
    document: Document
    conditions: Mapping[str, Condition]
    nodes: tuple[Node, ...]
    endpoints: tuple[Endpoint, ...]
    history: tuple[State, ...]

    @property
    def status(self) -> Document:
        return read.inner(self.document, "status")

    @property
    def spec(self) -> Document:
        return read.inner(self.document, "spec")

    @property
    def mode(self) -> str:
        return read.text(self.status, "mode")

    @property
    def gateway(self) -> str:
        return read.text(self.status, "gateway")

    @property
    def connected(self) -> str:
        return read.text(self.status, "connected", "summary")

    @property
    def pods(self) -> frozenset[str]:
        """The names of all pods that the status knows."""
        return frozenset({each.pod for each in self.nodes} | {each.pod for each in self.endpoints}) - {""}

    @property
    def is_number(self) -> bool:
        return bool(read.inner(self.spec, "target", "cloud"))

    @property
    def is_suspended(self) -> bool:
        return read.truth(self.spec, "suspend") or self.holds("Suspended")

    @property
    def is_behind(self) -> bool:
        """Whether the status is of a spec before this one."""
        seen = read.whole(self.status, "observedGeneration")
        return seen is not None and seen < (read.whole(self.document, "metadata", "generation") or 0)

    @property
    def period(self) -> int:
        """Seconds from one round to the next."""
        asked = read.whole(self.status, "cloud", "periodSeconds") or read.whole(self.spec, "probe", "periodSeconds")
        return asked or (CLOUD_PERIOD if self.is_number else PERIOD)

    def holds(self, kind: str, status: str = "True") -> bool:
        """Whether a condition has this status."""
        found = self.conditions.get(kind)
        return found is not None and found.status == status


def client_of(document: Document) -> Client:
    """The client of a document."""
    status = read.inner(document, "status")
    return Client(
        read.text(document, "metadata", "namespace"),
        read.text(document, "metadata", "name"),
        read.text(document, "metadata", "uid"),
        document,
        {read.text(each, "type"): _condition(each) for each in read.objects(status, "conditions")},
        tuple(_node(each) for each in read.objects(status, "topology", "nodes")),
        tuple(_endpoint(each) for each in read.objects(status, "endpoints")),
        tuple(_state(each, time) for each in read.objects(status, "history") if (time := read.time(each, "time"))),
    )


def _condition(found: Document) -> Condition:
    return Condition(
        read.text(found, "status"),
        read.text(found, "reason"),
        read.text(found, "message", longest=2048),
        read.time(found, "lastTransitionTime"),
    )


def _node(found: Document) -> Node:
    return Node(
        read.text(found, "name"),
        read.text(found, "reportedRole") or read.text(found, "role"),
        read.text(found, "reportedGatewayStatus") or read.text(found, "gatewayStatus"),
        read.text(found, "verdict"),
        read.time(found, "sinceTime"),
        read.text(found, "podName"),
        read.text(found, "nodeName"),
    )


def _endpoint(found: Document) -> Endpoint:
    return Endpoint(
        read.text(found, "pod"),
        read.truth(found, "reachable") is True,
        read.text(found, "reason"),
        read.truth(found, "keyAccepted"),
        read.time(found, "sinceTime"),
    )


def _state(found: Document, time: datetime) -> State:
    return State(
        time,
        read.text(found, "ready"),
        read.text(found, "reason"),
        read.text(found, "gateway"),
        read.text(found, "connected"),
        read.texts(found, "connectedCoreapps"),
        read.text(found, "primaryMaster"),
        read.text(found, "keyInUse"),
        read.text(found, "note"),
    )
