"""What the operator found: `.status`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field
from pydantic.config import JsonDict

from wahealth.api.schema import Model, by_key
from wahealth.api.v1alpha1.history_entry import Gateway, HistoryEntry, Mode
from wahealth.core.reasons.spec import WAITING_FOR_OPERATOR

ConditionName = Annotated[str, Field(min_length=1, max_length=316)]


class Condition(Model):
    """A metav1.Condition, except that lastTransitionTime is optional: the schema's default has none."""

    type: ConditionName = Field(description="Which condition.", examples=["Ready"])
    status: Literal["True", "False", "Unknown"] = Field(description="Whether it holds.")
    reason: Annotated[str, Field(min_length=1, max_length=1024)] = Field(
        description="One of a closed set of words.", examples=["Available"]
    )
    message: Annotated[str, Field(max_length=32768)] = Field(
        description="A whole sentence, with what to do.", examples=["4 of 4 coreapps are connected."]
    )
    observed_generation: Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})] | None = Field(
        None, description="The generation of the spec that the condition describes.", examples=[2]
    )
    last_transition_time: AwareDatetime | None = Field(None, description="Time of the last change of its status.")


class Connected(Model):
    """Connected coreapps: how many there are and how many there should be."""

    current: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Connected now; absent while the client is not seen.", examples=[3]
    )
    expected: int = Field(ge=0, description="Coreapps that should be connected.", examples=[4])
    summary: str = Field(
        description="For the CONNECTED column, such as 3/4; -/4 while the client is not seen.", examples=["3/4"]
    )


class Redundancy(Model):
    """How many nodes are usable, active or standby."""

    coreapps: int = Field(ge=0, description="Usable coreapps.", examples=[5])
    masters: int = Field(ge=0, description="Usable masters.", examples=[2])
    tolerable_failures: int = Field(
        ge=0, description="How many coreapps may fail before a connection is lost.", examples=[1]
    )


class TopologyNode(Model):
    """One node of the client, as the health node reports it."""

    name: str = Field(
        description="The container part of the node's key, or the whole key if two nodes would share that part.",
        examples=["support-coreapp-0"],
    )
    role: (
        Literal[
            "PrimaryMaster", "SecondaryMaster", "Coreapp", "PhoneNumber", "BusinessAccount", "Business", "App", "Other"
        ]
        | None
    ) = Field(
        None, description="The role that the node reports, or reported last; for the Cloud API, the kind of entity."
    )
    gateway_status: (
        Literal["Connected", "Connecting", "Disconnected", "Uninitialized", "Unregistered", "Unknown"] | None
    ) = Field(None, description="The gateway status that the node reports; absent if it could not be asked.")
    reported_gateway_status: str | None = Field(
        None, description="The client's own word, if it is not a known status.", examples=["hibernating"]
    )
    reported_role: str | None = Field(
        None, description="The client's own word, if it is not a known role.", examples=["active_coreapp"]
    )
    verdict: Literal["Active", "Standby", "Starting", "Faulty", "Stale", "Missing", "Limited", "Unknown"] = Field(
        description="Stale: its pod is gone. Missing: its pod exists, but the answer does not list it. Limited and"
        " Unknown: for the Cloud API."
    )
    since_time: AwareDatetime | None = Field(None, description="Time of the last change of the verdict.")
    pod_name: str | None = Field(None, description="The pod of the node, if known.", examples=["support-coreapp-0"])
    pod_ip: str | None = Field(
        None,
        alias="podIP",
        description="The pod's address, if the client names the node by name and address.",
        examples=["10.1.2.4"],
    )
    node_name: str | None = Field(None, description="The Kubernetes node on which the pod runs.", examples=["node-1"])


class Topology(Model):
    """The client's nodes, at most 80 of them."""

    nodes: list[TopologyNode] = Field(default_factory=list, max_length=80, json_schema_extra=by_key("name"))


class Endpoint(Model):
    """One web pod that was probed."""

    pod: str = Field(
        description="Name of the pod; of the Service if that is probed as a whole; or the host of a URL.",
        examples=["support-web-0"],
    )
    address: str = Field(description="The address that was probed.", examples=["10.1.2.3"])
    reachable: bool = Field(description="Whether the pod answers, after the thresholds.", examples=[True])
    reason: str | None = Field(
        None,
        description="Why the pod is not reachable, as in the condition Reachable; or AccessForbidden, ProxySignIn or"
        " Throttled, if it answers with that alone.",
        examples=["ConnectTimeout"],
    )
    key_accepted: bool | None = Field(
        None,
        description="Whether the pod accepts the operator's credential; absent if the answer did not say.",
        examples=[True],
    )
    since_time: AwareDatetime | None = Field(None, description="Time of the last change of reachable.")


class LastFailover(Model):
    """The last time that a role moved to another node."""

    time: AwareDatetime = Field(description="First round in which another node held the role.")
    kind: Literal["PrimaryMaster", "ActiveCoreapp"] = Field(description="The role that moved.")
    from_: str = Field(alias="from", description="The node that held it before.", examples=["support-coreapp-0"])
    to: str = Field(description="The node that holds it since.", examples=["support-coreapp-1"])
    duration_seconds: int = Field(
        ge=0, description="Seconds from the first round without a holder to the first round with one.", examples=[12]
    )


class Credentials(Model):
    """The credential that the operator uses, as far as it is known to be accepted."""

    key_in_use: Literal["Current", "Previous"] | None = Field(
        None, description="Previous: web pods still run with the key that the Secret held before."
    )
    last_rotation_time: AwareDatetime | None = Field(
        None, description="When the operator last noticed a change of the Secret."
    )
    token_expiry_time: AwareDatetime | None = Field(None, description="When the token in use expires.")


class TlsStatus(Model):
    """The certificate that waweb presents; of several the one that expires first."""

    not_after_time: AwareDatetime = Field(description="When the certificate expires.")
    fingerprint_sha256: str = Field(
        alias="fingerprintSHA256",
        description="SHA-256 of the certificate, 64 hexadecimal digits.",
        examples=["9f86d0…0a08"],
    )


class ClientCertificate(Model):
    """The client certificate that the operator presents to waweb."""

    not_after_time: AwareDatetime = Field(description="When the certificate expires.")
    fingerprint_sha256: str = Field(
        alias="fingerprintSHA256",
        description="SHA-256 of the certificate, 64 hexadecimal digits.",
        examples=["9f86d0…0a08"],
    )


class CloudStatus(Model):
    """What the Cloud API says about the phone number itself."""

    graph_version: str | None = Field(
        None,
        description="Version of the Graph API that is requested; absent at a provider that has none.",
        examples=["v26.0"],
    )
    period_seconds: int | None = Field(
        None,
        ge=0,
        description="Seconds from one request about this number to the next: longer than spec.probe.periodSeconds if "
        "many numbers share a token.",
        examples=[300],
    )
    number_status: str | None = Field(
        None,
        description="Status of the number; Unknown if this version does not know the word.",
        examples=["Connected"],
    )
    quality_rating: str | None = Field(None, description="Its quality rating.", examples=["Green"])
    messaging_limit: str | None = Field(
        None, description="The vendor's word for how many people it may write to.", examples=["TIER_1K"]
    )
    throttled_until_time: AwareDatetime | None = Field(
        None, description="While the Cloud API asks for fewer requests: when the next one is made."
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
        None, description="The generation of the spec that the verdict describes.", examples=[2]
    )
    conditions: list[Condition] = Field(default_factory=list, json_schema_extra=by_key("type"))
    cloud: CloudStatus | None = None
    mode: Mode | None = Field(None, description="The mode detected.")
    gateway: Gateway = Field("Unknown", description="Connection of the client as a whole to the WhatsApp servers.")
    client_version: str | None = Field(
        None, description="Version of the client, as it reports it.", examples=["v2.37.1"]
    )
    connected: Connected | None = None
    primary_master: str | None = Field(None, description="Name of the primary master.", examples=["support-master-0"])
    primary_master_since_time: AwareDatetime | None = Field(
        None, description="Since when this node is the primary master."
    )
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
    history: list[HistoryEntry] = Field(
        default_factory=list,
        max_length=20,
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
        description="What was believed of the client, newest first; at most 20 entries.",
    )
