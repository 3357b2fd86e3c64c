"""The vocabulary: what a client's nodes report, what one round of probes saw, what a resource's status says.

The vendor's words (page "Health" of the WhatsApp Business On-Premises API reference) are mapped to these types once,
at the border (`probe.payload`); nothing behind it knows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class GatewayStatus(StrEnum):
    """What one node says of its connection to the WhatsApp servers; UNKNOWN is a word this version does not know."""

    CONNECTED = "Connected"
    CONNECTING = "Connecting"
    DISCONNECTED = "Disconnected"
    UNINITIALIZED = "Uninitialized"
    UNREGISTERED = "Unregistered"
    UNKNOWN = "Unknown"


class Role(StrEnum):
    PRIMARY_MASTER = "PrimaryMaster"
    SECONDARY_MASTER = "SecondaryMaster"
    COREAPP = "Coreapp"


MASTERS = frozenset({Role.PRIMARY_MASTER, Role.SECONDARY_MASTER})


class Mode(StrEnum):
    SINGLE = "Single"
    HIGH_AVAILABILITY = "HighAvailability"
    MULTICONNECT = "Multiconnect"


class Gateway(StrEnum):
    """How the client as a whole stands with the WhatsApp servers."""

    UNKNOWN = "Unknown"
    CONNECTED = "Connected"
    PARTIALLY_CONNECTED = "PartiallyConnected"
    CONNECTING = "Connecting"
    DISCONNECTED = "Disconnected"
    UNINITIALIZED = "Uninitialized"
    UNREGISTERED = "Unregistered"


class NodeVerdict(StrEnum):
    ACTIVE = "Active"
    STANDBY = "Standby"
    STARTING = "Starting"
    FAULTY = "Faulty"


class Truth(StrEnum):
    """The three values of a condition's `status`."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class ConditionType(StrEnum):
    ACCEPTED = "Accepted"
    CREDENTIALS_VALID = "CredentialsValid"
    REACHABLE = "Reachable"
    AVAILABLE = "Available"
    REDUNDANCY_SATISFIED = "RedundancySatisfied"
    READY = "Ready"
    SUSPENDED = "Suspended"
    RESTART_REQUIRED = "RestartRequired"


# --- what an answer holds -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """One entry of the health node's map, its key split at the last colon into host and container part."""

    key: str
    host: str
    container: str
    role: Role | None
    gateway: GatewayStatus | None  # None: the node could not be asked (only `errors`, or nothing at all)
    reported: str | None = None  # the vendor's own word, kept only where gateway is UNKNOWN


@dataclass(frozen=True, slots=True)
class Report:
    """An answer that was understood: one status (a single instance) or the nodes, ordered by key."""

    single: GatewayStatus | None
    nodes: tuple[Node, ...]
    version: str | None
    reported: str | None = None  # the single status in the vendor's word, kept only where it is UNKNOWN


@dataclass(frozen=True, slots=True)
class Answered:
    report: Report


@dataclass(frozen=True, slots=True)
class Refused:
    """HTTP 401 or 403: a word about the key, not about the client."""


class Unreached(StrEnum):
    """Why no answer came, in the order in which a tie between pods is decided."""

    DNS_LOOKUP_FAILED = "DNSLookupFailed"
    CONNECTION_REFUSED = "ConnectionRefused"
    CONNECT_TIMEOUT = "ConnectTimeout"
    READ_TIMEOUT = "ReadTimeout"
    TLS_VERIFICATION_FAILED = "TLSVerificationFailed"
    TLS_HANDSHAKE_FAILED = "TLSHandshakeFailed"
    HTTP_STATUS = "HTTPStatus"
    REDIRECTED = "Redirected"
    BODY_TOO_LARGE = "BodyTooLarge"
    INVALID_RESPONSE = "InvalidResponse"
    NO_READY_ENDPOINTS = "NoReadyEndpoints"


@dataclass(frozen=True, slots=True)
class Unreachable:
    reason: Unreached
    detail: str = ""  # our own words, such as "HTTP 500 (1014)"; never an exception's text


@dataclass(frozen=True, slots=True)
class Malformed:
    """A 200 whose body is not an answer; `problem` is one of our own phrases."""

    problem: str


Outcome = Answered | Refused | Unreachable | Malformed


@dataclass(frozen=True, slots=True)
class PodOutcome:
    pod: str
    address: str
    outcome: Outcome


# --- what a status says ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found: a condition's status, reason and message, a whole sentence."""

    status: Truth
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Condition:
    type: ConditionType
    status: Truth
    reason: str
    message: str
    observed_generation: int | None = None
    last_transition_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    current: int
    expected: int
    summary: str

    @classmethod
    def of(cls, current: int, expected: int) -> Connected:
        return cls(current, expected, f"{current}/{expected}")


@dataclass(frozen=True, slots=True)
class TopologyNode:
    name: str
    role: Role | None
    gateway_status: GatewayStatus | None
    verdict: NodeVerdict
    reported_gateway_status: str | None = None


@dataclass(frozen=True, slots=True)
class Redundancy:
    """Usable nodes, active or standby, and how many coreapps may fail before a connection is lost."""

    coreapps: int
    masters: int
    tolerable_failures: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    pod: str
    address: str
    reachable: bool
    reason: str | None = None
    key_accepted: bool | None = None
    since_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """All that `.status` holds. `evaluate` leaves the times out, `plan` stamps them."""

    gateway: Gateway = Gateway.UNKNOWN
    mode: Mode | None = None
    client_version: str | None = None
    connected: Connected | None = None
    primary_master: str | None = None
    connected_coreapps: tuple[str, ...] = ()
    redundancy: Redundancy | None = None
    nodes: tuple[TopologyNode, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    conditions: tuple[Condition, ...] = ()
    observed_generation: int | None = None

    def condition(self, type_: ConditionType) -> Condition | None:
        return next((c for c in self.conditions if c.type is type_), None)

    def truth(self, type_: ConditionType) -> Truth | None:
        found = self.condition(type_)
        return found.status if found else None
