"""What a resource's `.status` says."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from wahealth.core.answer import GatewayStatus, Role
from wahealth.core.certificate import Certificate
from wahealth.core.strenum import FastStrEnum


class Mode(FastStrEnum):
    SINGLE = "Single"
    HIGH_AVAILABILITY = "HighAvailability"
    MULTICONNECT = "Multiconnect"


class Gateway(FastStrEnum):
    """How the client as a whole stands with the WhatsApp servers."""

    UNKNOWN = "Unknown"
    CONNECTED = "Connected"
    PARTIALLY_CONNECTED = "PartiallyConnected"
    CONNECTING = "Connecting"
    DISCONNECTED = "Disconnected"
    UNINITIALIZED = "Uninitialized"
    UNREGISTERED = "Unregistered"


class NodeVerdict(FastStrEnum):
    ACTIVE = "Active"
    STANDBY = "Standby"
    STARTING = "Starting"
    FAULTY = "Faulty"
    STALE = "Stale"
    MISSING = "Missing"


class ConditionStatus(FastStrEnum):
    """The three values of a condition's `status`."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class ConditionType(FastStrEnum):
    ACCEPTED = "Accepted"
    CREDENTIALS_VALID = "CredentialsValid"
    REACHABLE = "Reachable"
    AVAILABLE = "Available"
    REDUNDANCY_SATISFIED = "RedundancySatisfied"
    READY = "Ready"
    SUSPENDED = "Suspended"
    RESTART_REQUIRED = "RestartRequired"
    PODS_CLAIMED = "PodsClaimed"
    PROBING_REDUCED = "ProbingReduced"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


class Finding(NamedTuple):
    """What one rule found: a condition's status, reason and message, a whole sentence."""

    status: ConditionStatus
    reason: str
    message: str


class Condition(NamedTuple):
    type: ConditionType
    status: ConditionStatus
    reason: str
    message: str
    observed_generation: int | None = None
    last_transition_time: datetime | None = None


class Connected(NamedTuple):
    """`current` None: the client is not seen."""

    current: int | None
    expected: int
    summary: str

    @classmethod
    def of(cls, current: int, expected: int) -> Connected:
        return cls(current, expected, f"{current}/{expected}")

    @classmethod
    def unseen(cls, expected: int) -> Connected:
        return cls(None, expected, f"-/{expected}")


class TopologyNode(NamedTuple):
    name: str
    role: Role | None
    gateway_status: GatewayStatus | None
    verdict: NodeVerdict
    reported_gateway_status: str | None = None
    pod_name: str | None = None
    node_name: str | None = None
    pod_ip: str | None = None  # where the answer names the pod by its name and by this address of it
    since_time: datetime | None = None  # since when its verdict is this one
    reported_role: str | None = None


class Redundancy(NamedTuple):
    """Usable nodes, active or standby, and how many coreapps may fail before a connection is lost."""

    coreapps: int
    masters: int
    tolerable_failures: int


class Endpoint(NamedTuple):
    pod: str
    address: str
    reachable: bool
    reason: str | None = None
    key_accepted: bool | None = None
    since_time: datetime | None = None


class FailoverKind(FastStrEnum):
    PRIMARY_MASTER = "PrimaryMaster"
    ACTIVE_COREAPP = "ActiveCoreapp"


class Failover(NamedTuple):
    """A role that moved; `seconds` from the first round without to the first round with."""

    time: datetime
    kind: FailoverKind
    origin: str
    to: str
    seconds: int


class KeyInUse(FastStrEnum):
    CURRENT = "Current"
    PREVIOUS = "Previous"


class Credentials(NamedTuple):
    key_in_use: KeyInUse | None = None
    last_rotation_time: datetime | None = None
    token_expiry_time: datetime | None = None


class Status(NamedTuple):
    """All that `.status` holds. `judge` leaves the times out, `plan` stamps them."""

    gateway: Gateway = Gateway.UNKNOWN
    mode: Mode | None = None
    client_version: str | None = None
    connected: Connected | None = None
    primary_master: str | None = None
    primary_master_since_time: datetime | None = None
    connected_coreapps: tuple[str, ...] = ()
    last_failover: Failover | None = None
    redundancy: Redundancy | None = None
    nodes: tuple[TopologyNode, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    credentials: Credentials | None = None
    tls: Certificate | None = None
    client_certificate: Certificate | None = None
    conditions: tuple[Condition, ...] = ()
    observed_generation: int | None = None

    def condition(self, type_: ConditionType) -> Condition | None:
        return next((c for c in self.conditions if c.type is type_), None)

    def condition_status(self, type_: ConditionType) -> ConditionStatus | None:
        found = self.condition(type_)
        return found.status if found else None
