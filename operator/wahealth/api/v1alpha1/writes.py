"""What it writes beside the status, where wanted: `.spec.apiKeyRotation` and `.spec.pods`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic.config import JsonDict

from wahealth.api.schema import Model

ROTATION_DEFAULT: JsonDict = {"restartPolicy": "Never", "minPeriodSeconds": 300}
PODS_DEFAULT: JsonDict = {"roleLabels": "Disabled", "readinessGates": "Disabled"}


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
