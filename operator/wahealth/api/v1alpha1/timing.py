"""When it asks, and how patiently: `.spec.probe` and `.spec.grace`."""

from __future__ import annotations

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from wahealth.api.schema import Model, rule, rules

PROBE_DEFAULT: JsonDict = {"periodSeconds": 30, "failureThreshold": 3, "successThreshold": 1}
GRACE_DEFAULT: JsonDict = {"uninitializedSeconds": 600, "connectingSeconds": 120, "failoverSeconds": 60}


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

    # 5 is what the CustomResourceDefinition admits, and it alone: the operator itself could ask each second.
    period_seconds: int = Field(
        30,
        ge=1,
        le=3600,
        json_schema_extra={"minimum": 5},
        description="Seconds from one round of probes to the next.",
        examples=[60],
    )
    timeout_seconds: int | None = Field(
        None,
        ge=1,
        le=60,
        examples=[20],
        description="Seconds an answer may take in all. Default 14, or periodSeconds where that is shorter; waweb asks "
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
