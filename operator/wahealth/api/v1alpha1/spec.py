"""What to watch: `.spec`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from wahealth.api.schema import DNS_NAME, EntryName, Model, ObjectName, rule, rules
from wahealth.core.origin import origin_of


class Workload(Model):
    """A workload in the resource's own namespace; every running pod of it is asked, each by itself."""

    kind: Literal["Deployment", "StatefulSet"] = Field("Deployment", description="Kind of the web workload.")
    name: ObjectName = Field(
        description="Name of the web workload (waweb), in the resource's own namespace.",
        examples=["whatsapp-web-deployment"],
    )
    port: int = Field(443, ge=1, le=65535, description="Container port on which waweb answers.", examples=[8443])


class Service(Model):
    """A Service in the resource's own namespace, with a selector; the pods that it selects are asked."""

    name: ObjectName = Field(
        description="Name of waweb's Service, in the resource's own namespace.", examples=["whatsapp-web-service"]
    )
    port: int = Field(443, ge=1, le=65535, description="Port of the Service; its targetPort is asked.", examples=[8443])


ORIGIN = r"^https?://([-a-zA-Z0-9_.]{1,253}|\[[0-9a-fA-F:.]{2,45}\])(:[0-9]{1,5})?/?$"


def _is_origin(url: str) -> str:
    origin_of(url)
    return url


Url = Annotated[
    str,
    AfterValidator(_is_origin),
    Field(
        max_length=300,
        json_schema_extra=rules(
            rule(
                f"self.matches(r'{ORIGIN}')",
                "url must be an origin such as https://waweb.example.com:8443: remove path, query and user",
            )
        ),
    ),
]
Path = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1024,
        pattern=r"^/[!$&-;=@-Z_a-z~%]*$",
        description="Path of the health node, where a proxy stands before waweb.",
        examples=["/support/v1/health"],
    ),
]


class Target(Model):
    """Where waweb answers: exactly one of workload, service and url."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "[has(self.workload), has(self.service), has(self.url)].filter(one, one).size() == 1",
                "name exactly one of workload, service and url",
            ),
            rule(
                "!has(self.scope) || self.scope != 'Service' || has(self.service)",
                "scope Service has a meaning with target.service only: name the service or remove scope",
                fieldPath=".scope",
            ),
            rule(
                "!has(self.url) || self.url.startsWith('http://') == (has(self.scheme) && self.scheme == 'HTTP')",
                "url and scheme must say the same: https:// without scheme, http:// with scheme HTTP",
                fieldPath=".url",
            ),
        )
    )

    workload: Workload | None = None
    service: Service | None = None
    url: Url | None = Field(
        None,
        description="Origin of a client outside of the cluster, such as https://waweb.example.com:8443. The operator's "
        "--allow-url-hosts must admit its host, and none is admitted by default.",
        examples=["https://waweb.example.com:8443"],
    )
    scheme: Literal["HTTPS", "HTTP"] = Field(
        "HTTPS", description="HTTP: the API key is sent in clear, to whoever answers."
    )
    path: Path = "/v1/health"
    scope: Literal["EachPod", "Service"] = Field(
        "EachPod",
        description="EachPod: every running pod is asked, each by itself. Service: one ready pod, as whoever calls the "
        "Service would be answered; another one when that does not answer.",
    )

    @model_validator(mode="after")
    def exactly_one(self) -> Self:
        if sum(one is not None for one in (self.workload, self.service, self.url)) != 1:
            raise ValueError
        return self

    @property
    def named(self) -> tuple[str, str]:
        """Kind and name of what is asked."""
        if self.workload is not None:
            return self.workload.kind, self.workload.name
        return ("Service", self.service.name) if self.service is not None else ("Host", origin_of(self.url or "").host)


class SecretKeyRef(Model):
    """An entry of a Secret in the resource's own namespace."""

    name: ObjectName = Field(
        description="Name of the Secret, in the resource's own namespace.", examples=["web-api-key"]
    )
    key: EntryName = Field("WA_API_KEY", description="Entry of the Secret that holds the API key.")


class ApiKey(Model):
    """The API key of the health node (WA_API_KEY of waweb): 12 to 128 printable ASCII characters."""

    secret_key_ref: SecretKeyRef


class TokenRef(Model):
    """An entry of a Secret in the resource's own namespace."""

    name: ObjectName = Field(description="Name of the Secret, in the resource's own namespace.", examples=["web-token"])
    key: EntryName = Field(
        description="Entry of the Secret that holds the token, without the word Bearer.", examples=["token"]
    )


class BearerToken(Model):
    """A token that somebody else renews, every 7 days; its end is read from it and warned of."""

    secret_key_ref: TokenRef


class LoginRef(Model):
    """Two entries of a Secret in the resource's own namespace."""

    name: ObjectName = Field(description="Name of the Secret, in the resource's own namespace.", examples=["web-user"])
    username_key: EntryName = Field("username", description="Entry of the Secret that holds the user's name.")
    password_key: EntryName = Field("password", description="Entry of the Secret that holds the password.")


class UserCredentials(Model):
    """A user of waweb: the operator logs in and renews the token by itself."""

    secret_ref: LoginRef


class Auth(Model):
    """How the operator signs in at the health node: exactly one of apiKey, bearerToken and userCredentials."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "[has(self.apiKey), has(self.bearerToken), has(self.userCredentials)].filter(one, one).size() == 1",
                "name exactly one of apiKey, bearerToken and userCredentials",
            )
        )
    )

    api_key: ApiKey | None = None
    bearer_token: BearerToken | None = None
    user_credentials: UserCredentials | None = None

    @model_validator(mode="after")
    def exactly_one(self) -> Self:
        if sum(one is not None for one in (self.api_key, self.bearer_token, self.user_credentials)) != 1:
            raise ValueError
        return self


ServerName = Annotated[str, Field(min_length=1, max_length=253, pattern=DNS_NAME)]
Fingerprint = Annotated[str, Field(max_length=95, pattern=r"^[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}$")]


class CaRef(Model):
    """An entry of a Secret or ConfigMap in the resource's own namespace, with PEM certificates to trust."""

    kind: Literal["Secret", "ConfigMap"] = Field("Secret", description="Kind of what holds it.")
    name: ObjectName = Field(
        description="Name of the Secret or ConfigMap, in the resource's own namespace.", examples=["waweb-ca"]
    )
    key: EntryName = Field("ca.crt", description="Entry that holds the certificates (PEM).")


class Tls(Model):
    """How waweb's certificate is verified, before the API key is sent.

    waweb's own certificate signs itself and names WA_WEB_SERVERNAME, never a pod's address. So name both: the CA in
    `caRef`, the name in `serverName`; or pin the certificate.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "(has(self.verification) && self.verification == 'Pinned') == has(self.pinnedSHA256)",
                "verification Pinned and pinnedSHA256 belong together: set both or neither",
                fieldPath=".pinnedSHA256",
            ),
            rule(
                "!has(self.caRef) || !has(self.verification) || self.verification in ['Full', 'SkipHostname']",
                "caRef has a meaning with verification Full or SkipHostname only: remove it or change the verification",
                fieldPath=".caRef",
            ),
        )
    )

    verification: Literal["Full", "SkipHostname", "Pinned", "None"] = Field(
        "Full",
        description="Full: the certificate chains to the CA and carries the name. SkipHostname: it chains to the CA. "
        "Pinned: it is one of pinnedSHA256. None: anybody is sent the API key.",
    )
    ca_ref: CaRef | None = Field(None, description="The CA to trust; absent: what the public trusts.")
    server_name: ServerName | None = Field(
        None,
        description="The name that the certificate is to carry, sent as SNI. Absent: the pod's address.",
        examples=["whatsapp-web"],
    )
    pinned_sha256: list[Fingerprint] | None = Field(
        None,
        alias="pinnedSHA256",
        min_length=1,
        max_length=8,
        json_schema_extra={"x-kubernetes-list-type": "set"},
        examples=[["9F:86:D0:81:88:4C:7D:65:9A:2F:EA:A0:C5:5A:D0:15:A3:BF:4F:1B:2B:0B:82:2C:D1:5D:6C:15:B0:F0:0A:08"]],
        description="SHA-256 fingerprints of certificates, 64 hexadecimal digits each, bare or as openssl prints them; "
        "two while one replaces another.",
    )

    @model_validator(mode="after")
    def pinned_with_pins(self) -> Self:
        if (self.verification == "Pinned") is not bool(self.pinned_sha256):
            raise ValueError
        return self


class Multiconnect(Model):
    """What Multiconnect needs to know."""

    shards: Literal[1, 2, 4, 8, 16, 32] = Field(description="How many coreapps are connected at once.", examples=[4])


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

    period_seconds: int = Field(
        30, ge=5, le=3600, description="Seconds from one round of probes to the next.", examples=[60]
    )
    timeout_seconds: int | None = Field(
        None,
        ge=1,
        le=60,
        examples=[20],
        description="Seconds an answer may take in all. Default 15, or periodSeconds where that is shorter; waweb asks "
        "its nodes one after the other and takes 10 s and more when one of them is gone.",
    )

    failure_threshold: int = Field(
        3, ge=1, le=100, description="Rounds in a row before something worse is believed.", examples=[5]
    )
    success_threshold: int = Field(
        1, ge=1, le=100, description="Rounds in a row before anything else is believed.", examples=[2]
    )


class Grace(Model):
    """How long a passing state may last before it counts."""

    uninitialized_seconds: int = Field(
        600, ge=0, le=86400, description="How long the client may initialise or upgrade its database.", examples=[1800]
    )
    connecting_seconds: int = Field(
        120,
        ge=0,
        le=86400,
        description="How long it may be connecting; a new resource is given this time, too.",
        examples=[300],
    )
    failover_seconds: int = Field(
        60,
        ge=0,
        le=86400,
        description="How long a failover may take, from the last connection to the next.",
        examples=[90],
    )


PROBE_DEFAULT: JsonDict = {"periodSeconds": 30, "failureThreshold": 3, "successThreshold": 1}
PODS_DEFAULT: JsonDict = {"roleLabels": "Disabled", "readinessGates": "Disabled"}
ROTATION_DEFAULT: JsonDict = {"restartPolicy": "Never", "minPeriodSeconds": 300}
GRACE_DEFAULT: JsonDict = {"uninitializedSeconds": 600, "connectingSeconds": 120, "failoverSeconds": 60}


class Expectations(Model):
    """How much is enough."""

    min_connected_coreapps: int | None = Field(
        None,
        ge=1,
        le=32,
        examples=[3],
        description="Connected coreapps that Available wants in Multiconnect. Default: shards.",
    )
    min_coreapps: int | None = Field(
        None,
        ge=1,
        le=1000,
        examples=[5],
        description="Usable coreapps (active or standby) that RedundancySatisfied wants. Default: 2, or shards + 1.",
    )
    min_masters: int = Field(
        2, ge=0, le=100, description="Usable masters that RedundancySatisfied wants.", examples=[3]
    )
    registration: Literal["Required", "Optional"] = Field(
        "Required", description="Optional: a client that is not registered yet counts as available."
    )


_NEVER = (
    "!has(self.apiKeyRotation) || !has(self.apiKeyRotation.restartPolicy) "
    "|| self.apiKeyRotation.restartPolicy == 'Never'"
)


class ApiKeyRotation(Model):
    """What is done when the API key in the Secret changes: waweb reads it only when it starts."""

    restart_policy: Literal["Never", "OnChange"] = Field(
        "Never",
        description="OnChange: the web workload is restarted, once a change, as kubectl rollout restart does it; never "
        "a coreapp or master. The operator needs the right to patch workloads for it.",
    )
    min_period_seconds: int = Field(
        300, ge=60, le=86400, description="Seconds that must lie between two restarts, by whomever.", examples=[600]
    )


class PodSelector(Model):
    """Labels that a pod must have, all of them."""

    match_labels: dict[str, Annotated[str, Field(max_length=63)]] = Field(
        default_factory=dict, max_length=16, description="Labels and their values.", examples=[{"app": "whatsapp"}]
    )


class PodsOfNodes(Model):
    """What the operator writes onto the pods of coreapps and masters. It needs the right to patch pods for it."""

    selector: PodSelector | None = Field(
        None, description="Which pods are written to. Absent: every pod in which a node of the client runs."
    )
    role_labels: Literal["Disabled", "Enabled"] = Field(
        "Disabled",
        description="Enabled: labels wahealth.io/role, wahealth.io/gateway and wahealth.io/client, for a Service to "
        "select by. They are removed when nobody has observed the pod for three periods, and when switched off.",
    )
    readiness_gates: Literal["Disabled", "Report", "Enforce"] = Field(
        "Disabled",
        description="Enforce: pods that name the gate wahealth.io/gateway-ready get that condition, True while their "
        "node is active or standby. Report: it is always True, and its reason says what Enforce would have gone by. A "
        "pod that nobody observes keeps its condition; a new one that nobody observes does not become ready.",
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
            rule(
                "!has(self.tls) || !has(self.target.scheme) || self.target.scheme == 'HTTPS'",
                "tls has no meaning with target.scheme HTTP: remove tls or change the scheme",
                fieldPath=".tls",
            ),
            rule(
                "!has(self.auth.userCredentials) || !has(self.target.path) || self.target.path.endsWith('/v1/health')",
                "a login goes beside the health node, so target.path must end in /v1/health: correct one of them",
                fieldPath=".target",
            ),
            rule(
                f"{_NEVER} || (has(self.target.workload) && has(self.auth.apiKey))",
                "restartPolicy OnChange needs target.workload and auth.apiKey: name both or set it to Never",
                fieldPath=".apiKeyRotation",
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
    api_key_rotation: ApiKeyRotation = Field(
        default_factory=ApiKeyRotation, json_schema_extra={"default": ROTATION_DEFAULT}
    )
    probe: Probe = Field(default_factory=Probe, json_schema_extra={"default": PROBE_DEFAULT})
    grace: Grace = Field(default_factory=Grace, json_schema_extra={"default": GRACE_DEFAULT})
    expectations: Expectations = Field(
        default_factory=Expectations, json_schema_extra={"default": {"minMasters": 2, "registration": "Required"}}
    )
    pods: PodsOfNodes = Field(default_factory=PodsOfNodes, json_schema_extra={"default": PODS_DEFAULT})
    suspend: bool = Field(False, description="Stop asking, keep the last status, say so.")

    @model_validator(mode="after")
    def login_beside_health(self) -> Self:
        if self.auth.user_credentials is not None and not self.target.path.endswith("/v1/health"):
            raise ValueError
        return self
