"""What to watch: `.spec`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from wahealth.api.schema import Model, rule, rules
from wahealth.api.v1alpha1.auth import Auth
from wahealth.api.v1alpha1.cloud import Cloud
from wahealth.api.v1alpha1.target import Target
from wahealth.api.v1alpha1.timing import GRACE_DEFAULT, PROBE_DEFAULT, Grace, Probe
from wahealth.api.v1alpha1.tls import Tls
from wahealth.api.v1alpha1.writes import NOTHING_WRITTEN, PODS_DEFAULT, ROTATION_DEFAULT, ApiKeyRotation, PodsOfNodes
from wahealth.core.conflicts import RESOURCE, login_elsewhere, shards_needed, shards_useless, tls_useless

_NEVER = (
    "!has(self.apiKeyRotation) || !has(self.apiKeyRotation.restartPolicy) "
    "|| self.apiKeyRotation.restartPolicy == 'Never'"
)

_AT_DIALOG360 = "has(self.target.cloud.provider) && self.target.cloud.provider == 'Dialog360'"


# What a phone number of the Cloud API has nothing of. Defaults are there before a rule looks: it compares values.
_OF_A_NUMBER = (
    ("!has(self.mode) || self.mode == 'Auto'", "target.cloud has no mode: remove mode", ".mode"),
    ("!has(self.multiconnect)", "target.cloud has no shards: remove multiconnect", ".multiconnect"),
    (
        f"!has(self.pods) || ({NOTHING_WRITTEN.replace('self', 'self.pods')})",
        "target.cloud has no pods: set pods.roleLabels and pods.readinessGates to Disabled",
        ".pods",
    ),
    ("!has(self.tls)", "target.cloud is always verified in full: remove tls", ".tls"),
    (
        f"{_AT_DIALOG360} || has(self.auth.bearerToken)",
        "target.cloud needs auth.bearerToken: name a Secret with the token",
        ".auth",
    ),
    (
        f"!({_AT_DIALOG360}) || has(self.auth.apiKey)",
        "provider Dialog360 needs auth.apiKey: name a Secret with the key, such as key D360_API_KEY",
        ".auth",
    ),
)


class Multiconnect(Model):
    """Settings of Multiconnect."""

    shards: Literal[1, 2, 4, 8, 16, 32] = Field(description="How many coreapps are connected at once.", examples=[4])


class Expectations(Model):
    """How many nodes are enough."""

    min_connected_coreapps: int | None = Field(
        None,
        ge=1,
        le=32,
        examples=[3],
        description="Connected coreapps that Available requires in Multiconnect. Default: shards.",
    )
    min_coreapps: int | None = Field(
        None,
        ge=1,
        le=1000,
        examples=[5],
        description="Usable coreapps (active or standby) that RedundancySatisfied requires. Default: 2, or shards + 1.",
    )
    min_masters: int = Field(
        2, ge=0, le=100, description="Usable masters that RedundancySatisfied requires.", examples=[3]
    )
    registration: Literal["Required", "Optional"] = Field(
        "Required", description="Optional: a client that is not registered yet counts as available."
    )


class Spec(Model):
    """What to watch."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.mode) || self.mode != 'Multiconnect' || has(self.multiconnect)",
                shards_needed(RESOURCE),
                fieldPath=".mode",
            ),
            rule(
                "!has(self.multiconnect) || !has(self.mode) || self.mode in ['Auto', 'Multiconnect']",
                shards_useless(RESOURCE),
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
                tls_useless("tls", RESOURCE),
                fieldPath=".tls",
            ),
            rule(
                "!has(self.auth.userCredentials) || !has(self.target.path) || self.target.path.endsWith('/v1/health')",
                login_elsewhere(RESOURCE),
                fieldPath=".target",
            ),
            rule(
                f"{_NEVER} || "
                "(has(self.auth.apiKey) && (has(self.target.workload) || has(self.apiKeyRotation.workload)))",
                "restartPolicy OnChange needs auth.apiKey, and target.workload or apiKeyRotation.workload: name both "
                "or set it to Never",
                fieldPath=".apiKeyRotation",
            ),
            rule(
                "!has(self.apiKeyRotation) || !has(self.apiKeyRotation.workload) || has(self.target.service)",
                "apiKeyRotation.workload applies only with target.service: name the service or remove it",
                fieldPath=".apiKeyRotation",
            ),
            *(
                rule(f"!has(self.target.cloud) || ({holds})", message, fieldPath=field)
                for holds, message, field in _OF_A_NUMBER
            ),
            rule(
                "!has(self.auth.bearerToken) || !has(self.auth.bearerToken.appSecretKeyRef) || has(self.target.cloud)",
                "auth.bearerToken.appSecretKeyRef applies only with target.cloud: name a phone number or remove it",
                fieldPath=".auth",
            ),
            rule(
                "!has(self.cloud) || !has(self.cloud.templates) || self.cloud.templates.size() == 0"
                " || (has(self.target.cloud) && has(self.target.cloud.accountID))",
                "cloud.templates needs target.cloud.accountID: name the WhatsApp Business account that has them",
                fieldPath=".cloud",
            ),
            rule(
                "!has(self.cloud) || has(self.target.cloud)",
                "cloud applies only with target.cloud: name a phone number or remove it",
                fieldPath=".cloud",
            ),
        )
    )

    target: Target
    mode: Literal["Auto", "Single", "HighAvailability", "Multiconnect"] = Field(
        "Auto",
        description="Auto detects the mode from the answer. With a fixed mode, an answer of another mode is a "
        "ModeMismatch.",
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
    cloud: Cloud | None = None
    suspend: bool = Field(False, description="Stop probing and keep the last status; a condition says so.")

    @model_validator(mode="after")
    def login_beside_health(self) -> Self:
        if self.auth.user_credentials is not None and not self.target.path.endswith("/v1/health"):
            raise ValueError
        return self

    @model_validator(mode="after")
    def own_credential_for_a_number(self) -> Self:
        """As the schema's rules say, for what is at stake if they are not there: a key of waweb leaves the cluster."""
        cloud = self.target.cloud
        if cloud is None:
            return self
        own = self.auth.bearer_token if cloud.provider == "Graph" else self.auth.api_key
        if own is None or self.tls is not None:
            raise ValueError
        return self
