"""The types that a resource's `.status` is made of."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from wahealth.core.answer import GatewayStatus, Role
from wahealth.core.certificate import Certificate
from wahealth.core.strenum import FastStrEnum


class Mode(FastStrEnum):
    """The kind of client: a single instance, or nodes in one of the vendor's two topologies."""

    SINGLE = "Single"
    HIGH_AVAILABILITY = "HighAvailability"
    MULTICONNECT = "Multiconnect"
    CLOUD_API = "CloudAPI"


CLIENT_MODES = (Mode.SINGLE, Mode.HIGH_AVAILABILITY, Mode.MULTICONNECT)  # those of a client, which may be fixed


class Gateway(FastStrEnum):
    """The connection of the client as a whole to the WhatsApp servers."""

    UNKNOWN = "Unknown"
    CONNECTED = "Connected"
    PARTIALLY_CONNECTED = "PartiallyConnected"
    CONNECTING = "Connecting"
    DISCONNECTED = "Disconnected"
    UNINITIALIZED = "Uninitialized"
    UNREGISTERED = "Unregistered"


class NodeVerdict(FastStrEnum):
    """The verdict on a node; `verdict.topology` has the rules."""

    ACTIVE = "Active"
    STANDBY = "Standby"
    STARTING = "Starting"
    FAULTY = "Faulty"
    STALE = "Stale"
    MISSING = "Missing"
    LIMITED = "Limited"
    UNKNOWN = "Unknown"


class ConditionStatus(FastStrEnum):
    """The three values of a condition's `status`."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class ConditionType(FastStrEnum):
    """The types of all conditions that a status may hold."""

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
    QUALITY_ACCEPTABLE = "QualityAcceptable"
    GRAPH_VERSION_SUPPORTED = "GraphVersionSupported"
    TEMPLATES_USABLE = "TemplatesUsable"
    THROTTLED = "Throttled"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


class Finding(NamedTuple):
    """The result of a rule: a condition's status and reason, and its message, a whole sentence."""

    status: ConditionStatus
    reason: str
    message: str


class Condition(NamedTuple):
    """A condition as in metav1; the generation and the time are set only when it is written."""

    type: ConditionType
    status: ConditionStatus
    reason: str
    message: str
    observed_generation: int | None = None
    last_transition_time: datetime | None = None

    @property
    def finding(self) -> Finding:
        """What was found, for a round that finds nothing new."""
        return Finding(self.status, self.reason, self.message)


class Connected(NamedTuple):
    """How many coreapps are connected and how many should be; `current` None: the client is not seen.

    `summary` is what kubectl prints: "2/4", or "-/4".
    """

    current: int | None
    expected: int
    summary: str

    @classmethod
    def of(cls, current: int, expected: int) -> Connected:
        """The numbers of a client that is seen."""
        return cls(current, expected, f"{current}/{expected}")

    @classmethod
    def unseen(cls, expected: int) -> Connected:
        """The numbers of a client that is not seen now."""
        return cls(None, expected, f"-/{expected}")


class TopologyNode(NamedTuple):
    """One node as the status lists it; `node_name` is the Kubernetes node that its pod runs on."""

    name: str
    role: Role | None
    gateway_status: GatewayStatus | None
    verdict: NodeVerdict
    reported_gateway_status: str | None = None
    pod_name: str | None = None
    node_name: str | None = None
    pod_ip: str | None = None  # only if the answer gives both the name of the pod and this address of it
    since_time: datetime | None = None  # since when it has this verdict
    reported_role: str | None = None


class Redundancy(NamedTuple):
    """How many nodes are usable (active or standby), and how many coreapps may fail before a connection is lost."""

    coreapps: int
    masters: int
    tolerable_failures: int


class Endpoint(NamedTuple):
    """One web pod: whether it answers, and whether it accepts the credential (None: it has not said)."""

    pod: str
    address: str
    reachable: bool
    reason: str | None = None
    key_accepted: bool | None = None
    since_time: datetime | None = None


class FailoverKind(FastStrEnum):
    """The role that moved."""

    PRIMARY_MASTER = "PrimaryMaster"
    ACTIVE_COREAPP = "ActiveCoreapp"


class Failover(NamedTuple):
    """A role that moved from `origin` to `to`, the names of one or more nodes.

    `seconds` from the first round without a holder to the first round of the new one, which is `time`.
    """

    time: datetime
    kind: FailoverKind
    origin: str
    to: str
    seconds: int


class KeyInUse(FastStrEnum):
    """Which API key waweb accepts."""

    CURRENT = "Current"
    PREVIOUS = "Previous"


class Credentials(NamedTuple):
    """Facts about the credential, never the credential itself. An API key has the first two, a token the last."""

    key_in_use: KeyInUse | None = None
    last_rotation_time: datetime | None = None
    token_expiry_time: datetime | None = None


class CloudNumber(NamedTuple):
    """What the Cloud API says of the number itself, in our words; None: it did not say."""

    graph_version: str | None = None  # the version asked; None at a provider that has none
    period_seconds: int | None = None  # from one request to the next, as the budget allows
    number_status: str | None = None
    quality_rating: str | None = None
    messaging_limit: str | None = None  # the vendor's word
    throttled_until_time: datetime | None = None


class Status(NamedTuple):
    """All that `.status` holds. `verdict.evaluate` leaves the times out; `status_diff` sets them."""

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
    cloud: CloudNumber | None = None
    history: bytes = b""  # packed by `history.packed`: nearly no round reads it

    def condition(self, type_: ConditionType) -> Condition | None:
        return next((c for c in self.conditions if c.type is type_), None)

    def condition_status(self, type_: ConditionType) -> ConditionStatus | None:
        found = self.condition(type_)
        return found.status if found else None
