"""How often a client is probed, and how long trouble may last: `.spec.probe` and `.spec.grace`."""

from __future__ import annotations

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from wahealth.api.schema import Model, rule, rules

PROBE_DEFAULT: JsonDict = {"failureThreshold": 3, "successThreshold": 1}
PERIOD, CLOUD_PERIOD = 30, 300  # seconds, where the resource names none
LEAST_VENDOR_PERIOD = 60.0  # seconds, for the vendor's own host: it counts requests by the hour
GRACE_DEFAULT: JsonDict = {"uninitializedSeconds": 600, "connectingSeconds": 120, "failoverSeconds": 60}


class Probe(Model):
    """How often each web pod is probed and when a change counts; the fields are named as those of a core/v1 Probe."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.timeoutSeconds) || "
                f"self.timeoutSeconds <= (has(self.periodSeconds) ? self.periodSeconds : {PERIOD})",
                "timeoutSeconds must not be longer than periodSeconds: lower timeoutSeconds or raise periodSeconds",
                fieldPath=".timeoutSeconds",
            )
        )
    )

    # Only the CustomResourceDefinition has the minimum of 5: the operator itself can probe each second.
    period_seconds: int | None = Field(
        None,
        ge=1,
        le=3600,
        json_schema_extra={"minimum": 5},
        description=f"Seconds from one round of probes to the next. Default {PERIOD}; {CLOUD_PERIOD} for target.cloud, "
        "which limits the requests an hour.",
        examples=[60],
    )
    timeout_seconds: int | None = Field(
        None,
        ge=1,
        le=60,
        examples=[20],
        description="Seconds that an answer may take in all. Default 14, or periodSeconds if that is shorter. waweb "
        "asks its nodes one after the other and takes 10 s and more if one of them is gone.",
    )

    failure_threshold: int = Field(
        3, ge=1, le=100, description="Consecutive rounds before a worse result counts.", examples=[5]
    )
    success_threshold: int = Field(
        1, ge=1, le=100, description="Consecutive rounds before any other result counts.", examples=[2]
    )


class Grace(Model):
    """How long a temporary state may last before it counts."""

    uninitialized_seconds: int = Field(
        600, ge=0, le=86400, description="How long the client may initialise or upgrade its database.", examples=[1800]
    )
    connecting_seconds: int = Field(
        120,
        ge=0,
        le=86400,
        description="How long the client may be connecting; a new resource gets this time, too.",
        examples=[300],
    )
    failover_seconds: int = Field(
        60,
        ge=0,
        le=86400,
        description="How long a failover may take, from the last connection to the next.",
        examples=[90],
    )
