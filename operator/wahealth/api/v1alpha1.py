"""WhatsAppClient v1alpha1: the single source of truth of the CustomResourceDefinition.

A field stands here once it works. Once released, fields and reasons are added to, never renamed. Rules beside the
fields (CEL, checked by the API server at `kubectl apply`) refuse what is contradictory with a sentence that says what
to do; they guard each read with `has()`, because defaults run through them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from wahealth.api.schema import EntryName, Model, ObjectName, by_key, rule, rules

GROUP, VERSION, KIND = "wahealth.io", "v1alpha1", "WhatsAppClient"
PLURAL, SINGULAR, SHORT_NAME, CATEGORY = "whatsappclients", "whatsappclient", "wac", "whatsapp"
API_VERSION = f"{GROUP}/{VERSION}"

LONGEST_NAME = 63  # it becomes a label value


# --- spec ------------------------------------------------------------------------------------------------------------


class Workload(Model):
    """A workload in the resource's own namespace; every running pod of it is asked, each by itself."""

    kind: Literal["Deployment", "StatefulSet"] = "Deployment"
    name: ObjectName = Field(description="Name of the web workload (waweb), in the resource's own namespace.")
    port: int = Field(443, ge=1, le=65535, description="Container port on which waweb serves HTTPS.")


class Target(Model):
    """Where waweb answers."""

    workload: Workload


class SecretKeyRef(Model):
    """An entry of a Secret in the resource's own namespace."""

    name: ObjectName = Field(description="Name of the Secret, in the resource's own namespace.")
    key: EntryName = Field("WA_API_KEY", description="Entry of the Secret that holds the API key.")


class ApiKey(Model):
    """The API key of the health node (WA_API_KEY of waweb): 12 to 128 printable ASCII characters."""

    secret_key_ref: SecretKeyRef


class Auth(Model):
    """How the operator signs in at the health node."""

    api_key: ApiKey


class CaRef(Model):
    """An entry of a Secret or ConfigMap in the resource's own namespace, with PEM certificates to trust."""

    kind: Literal["Secret", "ConfigMap"] = "Secret"
    name: ObjectName = Field(description="Name of the Secret or ConfigMap, in the resource's own namespace.")
    key: EntryName = Field("ca.crt", description="Entry that holds the certificates (PEM).")


class Tls(Model):
    """How waweb's certificate is verified.

    With `caRef` the certificate must chain to it, whatever name it carries: waweb's own certificate names
    WA_WEB_SERVERNAME, never a pod's address. Without `caRef` it must be one that the public trusts, for that address.
    """

    ca_ref: CaRef | None = None


class Multiconnect(Model):
    """What Multiconnect needs to know."""

    shards: Literal[1, 2, 4, 8, 16, 32] = Field(description="How many coreapps are connected at once.")


class Probe(Model):
    """When and how patiently each web pod is asked; the words of core/v1 Probe."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.timeoutSeconds) || !has(self.periodSeconds) || self.timeoutSeconds <= self.periodSeconds",
                "timeoutSeconds must not be longer than periodSeconds: lower timeoutSeconds or raise periodSeconds",
                fieldPath=".timeoutSeconds",
            )
        )
    )

    period_seconds: int = Field(30, ge=5, le=3600, description="Seconds from one round of probes to the next.")
    timeout_seconds: int | None = Field(
        None,
        ge=1,
        le=60,
        description="Seconds an answer may take in all. Default 15, or periodSeconds where that is shorter; waweb asks "
        "its nodes one after the other and takes 10 s and more when one of them is gone.",
    )

    failure_threshold: int = Field(3, ge=1, le=100, description="Rounds in a row before something worse is believed.")
    success_threshold: int = Field(1, ge=1, le=100, description="Rounds in a row before anything else is believed.")


class Grace(Model):
    """How long a passing state may last before it counts."""

    uninitialized_seconds: int = Field(
        600, ge=0, le=86400, description="How long the client may initialise or upgrade its database."
    )
    connecting_seconds: int = Field(
        120, ge=0, le=86400, description="How long it may be connecting; a new resource is given this time, too."
    )
    failover_seconds: int = Field(
        60, ge=0, le=86400, description="How long a failover may take, from the last connection to the next."
    )


PROBE_DEFAULT: JsonDict = {"periodSeconds": 30, "failureThreshold": 3, "successThreshold": 1}
GRACE_DEFAULT: JsonDict = {"uninitializedSeconds": 600, "connectingSeconds": 120, "failoverSeconds": 60}


class Expectations(Model):
    """How much is enough."""

    min_connected_coreapps: int | None = Field(
        None, ge=1, le=32, description="Connected coreapps that Available wants in Multiconnect. Default: shards."
    )
    min_coreapps: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Usable coreapps (active or standby) that RedundancySatisfied wants. Default: 2, or shards + 1.",
    )
    min_masters: int = Field(2, ge=0, le=100, description="Usable masters that RedundancySatisfied wants.")
    registration: Literal["Required", "Optional"] = Field(
        "Required", description="Optional: a client that is not registered yet counts as available."
    )


class Spec(Model):
    """What to watch."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.mode) || self.mode != 'Multiconnect' || has(self.multiconnect)",
                "mode Multiconnect needs multiconnect.shards: set it to 1, 2, 4, 8, 16 or 32",
                fieldPath=".mode",
            ),
            rule(
                "!has(self.multiconnect) || !has(self.mode) || self.mode in ['Auto', 'Multiconnect']",
                "multiconnect.shards has a meaning with mode Multiconnect or Auto only: remove it or change the mode",
                fieldPath=".multiconnect",
            ),
            rule(
                "!has(self.multiconnect) || !has(self.expectations) || !has(self.expectations.minConnectedCoreapps) || "
                "self.expectations.minConnectedCoreapps <= self.multiconnect.shards",
                "expectations.minConnectedCoreapps must not be more than multiconnect.shards: lower it",
                fieldPath=".expectations",
            ),
        )
    )

    target: Target
    mode: Literal["Auto", "Single", "HighAvailability", "Multiconnect"] = Field(
        "Auto", description="Auto detects the mode from the answer; a fixed mode turns a difference into ModeMismatch."
    )
    multiconnect: Multiconnect | None = None
    auth: Auth
    tls: Tls | None = None
    probe: Probe = Field(default_factory=Probe, json_schema_extra={"default": PROBE_DEFAULT})
    grace: Grace = Field(default_factory=Grace, json_schema_extra={"default": GRACE_DEFAULT})
    expectations: Expectations = Field(
        default_factory=Expectations, json_schema_extra={"default": {"minMasters": 2, "registration": "Required"}}
    )
    suspend: bool = Field(False, description="Stop asking, keep the last status, say so.")


# --- status ----------------------------------------------------------------------------------------------------------

ConditionName = Annotated[str, Field(min_length=1, max_length=316)]


class Condition(Model):
    """As metav1.Condition, but for an optional lastTransitionTime: the schema's own default has none."""

    type: ConditionName
    status: Literal["True", "False", "Unknown"]
    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    message: Annotated[str, Field(max_length=32768)]
    observed_generation: Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})] | None = None
    last_transition_time: datetime | None = None


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
    since_time: datetime | None = Field(None, description="Since when the verdict is this one.")
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
    since_time: datetime | None = None


class LastFailover(Model):
    """The last time that a role moved to another node."""

    time: datetime = Field(description="First round in which another node held the role.")
    kind: Literal["PrimaryMaster", "ActiveCoreapp"]
    from_: str = Field(alias="from", description="Who held it before.")
    to: str = Field(description="Who holds it since.")
    duration_seconds: int = Field(ge=0, description="From the first round without to the first round with a holder.")


class Credentials(Model):
    """The key, as far as it is known to be taken."""

    key_in_use: Literal["Current", "Previous"] | None = Field(
        None, description="Previous: web pods still run the key that the Secret held before."
    )
    last_rotation_time: datetime | None = Field(None, description="When a change of the Secret was last noticed.")


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
    primary_master_since_time: datetime | None = None
    connected_coreapps: list[str] = Field(
        default_factory=list,
        max_length=80,
        json_schema_extra={"x-kubernetes-list-type": "set"},
        description="Names of the coreapps that are connected, at most 80.",
    )
    last_failover: LastFailover | None = None
    redundancy: Redundancy | None = Field(None, description="Absent for a single instance.")
    topology: Topology | None = None
    endpoints: list[Endpoint] = Field(default_factory=list, max_length=80, json_schema_extra=by_key("pod"))
    credentials: Credentials | None = None


class WhatsAppClient(Model):
    """A WhatsApp Business API client whose health is watched."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                f"self.metadata.name.size() <= {LONGEST_NAME}",
                f"metadata.name must not be longer than {LONGEST_NAME} characters: it becomes a label value",
            )
        )
    )

    spec: Spec
    status: Status = Field(default_factory=Status, json_schema_extra={"default": WAITING})
