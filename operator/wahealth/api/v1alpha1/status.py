"""What the operator found: `.status`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field
from pydantic.config import JsonDict

from wahealth.api.schema import Model, by_key

ConditionName = Annotated[str, Field(min_length=1, max_length=316)]


class Condition(Model):
    """As metav1.Condition, but for an optional lastTransitionTime: the schema's own default has none."""

    type: ConditionName
    status: Literal["True", "False", "Unknown"]
    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    message: Annotated[str, Field(max_length=32768)]
    observed_generation: Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})] | None = None
    last_transition_time: AwareDatetime | None = None


class Connected(Model):
    """Connected coreapps: how many there are and how many there should be."""

    current: int = Field(ge=0)
    expected: int = Field(ge=0)
    summary: str = Field(description="For the CONNECTED column, such as 3/4.")


class Redundancy(Model):
    """How many nodes are usable, active or standby."""

    coreapps: int = Field(ge=0)
    masters: int = Field(ge=0)
    tolerable_failures: int = Field(ge=0, description="So many coreapps may fail before a connection is lost.")


class TopologyNode(Model):
    """One node of the client, as the health node tells."""

    name: str = Field(description="Container part of the node's key, or the whole key where two nodes would share it.")
    role: Literal["PrimaryMaster", "SecondaryMaster", "Coreapp"] | None = None
    gateway_status: (
        Literal["Connected", "Connecting", "Disconnected", "Uninitialized", "Unregistered", "Unknown"] | None
    ) = None
    reported_gateway_status: str | None = Field(None, description="The client's own word, where it is not a known one.")
    verdict: Literal["Active", "Standby", "Starting", "Faulty", "Stale", "Missing"] = Field(
        description="Stale: its pod is gone. Missing: its pod is there, and the answer does not list it."
    )
    since_time: AwareDatetime | None = Field(None, description="Since when the verdict is this one.")
    pod_name: str | None = Field(None, description="The pod that it is, where known.")
    node_name: str | None = Field(None, description="The Kubernetes node that the pod runs on.")


class Topology(Model):
    """The client's nodes, at most 80 of them."""

    nodes: list[TopologyNode] = Field(default_factory=list, max_length=80, json_schema_extra=by_key("name"))


class Endpoint(Model):
    """One web pod that was asked."""

    pod: str
    address: str
    reachable: bool
    reason: str | None = Field(None, description="Why it is not reachable, as in the condition Reachable.")
    key_accepted: bool | None = Field(None, description="Whether it accepts the API key; absent when it did not say.")
    since_time: AwareDatetime | None = None


class LastFailover(Model):
    """The last time that a role moved to another node."""

    time: AwareDatetime = Field(description="First round in which another node held the role.")
    kind: Literal["PrimaryMaster", "ActiveCoreapp"]
    from_: str = Field(alias="from", description="Who held it before.")
    to: str = Field(description="Who holds it since.")
    duration_seconds: int = Field(ge=0, description="From the first round without to the first round with a holder.")


class Credentials(Model):
    """What the operator signs in with, as far as it is known to be taken."""

    key_in_use: Literal["Current", "Previous"] | None = Field(
        None, description="Previous: web pods still run the key that the Secret held before."
    )
    last_rotation_time: AwareDatetime | None = Field(None, description="When a change of the Secret was last noticed.")
    token_expiry_time: AwareDatetime | None = Field(None, description="When the token in use ends.")


class TlsStatus(Model):
    """The certificate that waweb presents; of several the one that ends first."""

    not_after_time: AwareDatetime = Field(description="When it ends.")
    fingerprint_sha256: str = Field(alias="fingerprintSHA256", description="SHA-256 of it, 64 hexadecimal digits.")


WAITING: JsonDict = {
    "gateway": "Unknown",
    "conditions": [
        {
            "type": "Ready",
            "status": "Unknown",
            "reason": "WaitingForOperator",
            "message": "No operator has looked at this client yet: check that the operator runs and watches here.",
        }
    ],
}


class Status(Model):
    """What the operator found."""

    observed_generation: Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})] | None = None
    conditions: list[Condition] = Field(default_factory=list, json_schema_extra=by_key("type"))
    mode: Literal["Single", "HighAvailability", "Multiconnect"] | None = Field(None, description="The mode detected.")
    gateway: Literal[
        "Unknown",
        "Connected",
        "PartiallyConnected",
        "Connecting",
        "Disconnected",
        "Uninitialized",
        "Unregistered",
    ] = "Unknown"
    client_version: str | None = Field(None, description="Version of the client, as it reports it.")
    connected: Connected | None = None
    primary_master: str | None = Field(None, description="Name of the primary master.")
    primary_master_since_time: AwareDatetime | None = None
    connected_coreapps: list[str] = Field(
        default_factory=list,
        max_length=80,
        json_schema_extra={"x-kubernetes-list-type": "set"},
        description="Names of the coreapps that are connected, at most 32.",
    )
    last_failover: LastFailover | None = None
    redundancy: Redundancy | None = Field(None, description="Absent for a single instance.")
    topology: Topology | None = None
    endpoints: list[Endpoint] = Field(default_factory=list, max_length=80, json_schema_extra=by_key("pod"))
    credentials: Credentials | None = None
    tls: TlsStatus | None = None
