"""What the operator found: `.status`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field
from pydantic.config import JsonDict

from wahealth.api.schema import Model, by_key
from wahealth.core.reasons.spec import WAITING_FOR_OPERATOR

ConditionName = Annotated[str, Field(min_length=1, max_length=316)]


class Condition(Model):
    """As metav1.Condition, but for an optional lastTransitionTime: the schema's own default has none."""

    type: ConditionName = Field(description="Which condition.", examples=["Ready"])
    status: Literal["True", "False", "Unknown"] = Field(description="Whether it holds.")
    reason: Annotated[str, Field(min_length=1, max_length=1024)] = Field(
        description="One of a closed set of words.", examples=["Available"]
    )
    message: Annotated[str, Field(max_length=32768)] = Field(
        description="A whole sentence, with what to do.", examples=["4 of 4 coreapps are connected."]
    )
    observed_generation: Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})] | None = Field(
        None, description="The generation of the spec that it is about.", examples=[2]
    )
    last_transition_time: AwareDatetime | None = Field(None, description="Since when its status is this one.")


class Connected(Model):
    """Connected coreapps: how many there are and how many there should be."""

    current: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Connected now; absent while the client is not seen.", examples=[3]
    )
    expected: int = Field(ge=0, description="To be connected.", examples=[4])
    summary: str = Field(
        description="For the CONNECTED column, such as 3/4; -/4 while the client is not seen.", examples=["3/4"]
    )


class Redundancy(Model):
    """How many nodes are usable, active or standby."""

    coreapps: int = Field(ge=0, description="Usable coreapps.", examples=[5])
    masters: int = Field(ge=0, description="Usable masters.", examples=[2])
    tolerable_failures: int = Field(
        ge=0, description="So many coreapps may fail before a connection is lost.", examples=[1]
    )


class TopologyNode(Model):
    """One node of the client, as the health node tells."""

    name: str = Field(
        description="Container part of the node's key, or the whole key where two nodes would share it.",
        examples=["support-coreapp-0"],
    )
    role: Literal["PrimaryMaster", "SecondaryMaster", "Coreapp"] | None = Field(
        None, description="As it tells, or told last."
    )
    gateway_status: (
        Literal["Connected", "Connecting", "Disconnected", "Uninitialized", "Unregistered", "Unknown"] | None
    ) = Field(None, description="As it tells; absent where it could not be asked.")
    reported_gateway_status: str | None = Field(
        None, description="The client's own word, where it is not a known one.", examples=["hibernating"]
    )
    reported_role: str | None = Field(
        None, description="The client's own word, where it is no known role.", examples=["active_coreapp"]
    )
    verdict: Literal["Active", "Standby", "Starting", "Faulty", "Stale", "Missing"] = Field(
        description="Stale: its pod is gone. Missing: its pod is there, and the answer does not list it."
    )
    since_time: AwareDatetime | None = Field(None, description="Since when the verdict is this one.")
    pod_name: str | None = Field(None, description="The pod that it is, where known.", examples=["support-coreapp-0"])
    pod_ip: str | None = Field(
        None,
        alias="podIP",
        description="The pod's address, where the client names it by name and address.",
        examples=["10.1.2.4"],
    )
    node_name: str | None = Field(None, description="The Kubernetes node that the pod runs on.", examples=["node-1"])


class Topology(Model):
    """The client's nodes, at most 80 of them."""

    nodes: list[TopologyNode] = Field(default_factory=list, max_length=80, json_schema_extra=by_key("name"))


class Endpoint(Model):
    """One web pod that was asked."""

    pod: str = Field(
        description="Its name; that of the Service where it is asked as one, or the host of a URL.",
        examples=["support-web-0"],
    )
    address: str = Field(description="Where it was asked.", examples=["10.1.2.3"])
    reachable: bool = Field(description="Whether it answers, thresholds applied.", examples=[True])
    reason: str | None = Field(
        None,
        description="Why it is not reachable, as in the condition Reachable; or AccessForbidden, ProxySignIn or"
        " Throttled, where it answers and says no more.",
        examples=["ConnectTimeout"],
    )
    key_accepted: bool | None = Field(
        None,
        description="Whether it takes what the operator signs in with; absent when it did not say.",
        examples=[True],
    )
    since_time: AwareDatetime | None = Field(None, description="Since when it is reachable or not.")


class LastFailover(Model):
    """The last time that a role moved to another node."""

    time: AwareDatetime = Field(description="First round in which another node held the role.")
    kind: Literal["PrimaryMaster", "ActiveCoreapp"] = Field(description="Which role.")
    from_: str = Field(alias="from", description="Who held it before.", examples=["support-coreapp-0"])
    to: str = Field(description="Who holds it since.", examples=["support-coreapp-1"])
    duration_seconds: int = Field(
        ge=0, description="From the first round without to the first round with a holder.", examples=[12]
    )


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
    fingerprint_sha256: str = Field(
        alias="fingerprintSHA256", description="SHA-256 of it, 64 hexadecimal digits.", examples=["9f86d0…0a08"]
    )


class ClientCertificate(Model):
    """The client certificate that is shown to waweb."""

    not_after_time: AwareDatetime = Field(description="When it ends.")
    fingerprint_sha256: str = Field(
        alias="fingerprintSHA256", description="SHA-256 of it, 64 hexadecimal digits.", examples=["9f86d0…0a08"]
    )


WAITING: JsonDict = {
    "gateway": "Unknown",
    "conditions": [
        {
            "type": "Ready",
            "status": "Unknown",
            "reason": WAITING_FOR_OPERATOR.reason.value,
            "message": WAITING_FOR_OPERATOR.says(),
        }
    ],
}


class Status(Model):
    """What the operator found."""

    observed_generation: Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})] | None = Field(
        None, description="The generation of the spec that the verdict is about.", examples=[2]
    )
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
    ] = Field("Unknown", description="How the client as a whole stands with the WhatsApp servers.")
    client_version: str | None = Field(
        None, description="Version of the client, as it reports it.", examples=["v2.37.1"]
    )
    connected: Connected | None = None
    primary_master: str | None = Field(None, description="Name of the primary master.", examples=["support-master-0"])
    primary_master_since_time: AwareDatetime | None = Field(None, description="Since when it is that one.")
    connected_coreapps: list[str] = Field(
        default_factory=list,
        max_length=80,
        json_schema_extra={"x-kubernetes-list-type": "set"},
        description="Names of the coreapps that are connected, at most 32.",
        examples=[["support-coreapp-0"]],
    )
    last_failover: LastFailover | None = None
    redundancy: Redundancy | None = Field(None, description="Absent for a single instance.")
    topology: Topology | None = None
    endpoints: list[Endpoint] = Field(default_factory=list, max_length=80, json_schema_extra=by_key("pod"))
    credentials: Credentials | None = None
    tls: TlsStatus | None = None
    client_certificate: ClientCertificate | None = None
