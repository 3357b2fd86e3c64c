"""What it writes beside the status, where wanted: `.spec.apiKeyRotation` and `.spec.pods`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from wahealth.api.schema import Model, ObjectName, rule, rules

ROTATION_DEFAULT: JsonDict = {"restartPolicy": "Never", "minPeriodSeconds": 300}
PODS_DEFAULT: JsonDict = {"roleLabels": "Disabled", "readinessGates": "Disabled"}
_NOTHING_WRITTEN = " && ".join(
    f"(!has(self.{field}) || self.{field} == 'Disabled')" for field in ("roleLabels", "readinessGates")
)
_OURS = "['wahealth.io/client', 'wahealth.io/role', 'wahealth.io/gateway']"


class RestartedWorkload(Model):
    """What is restarted, where the target is a Service: a workload in the resource's own namespace."""

    kind: Literal["Deployment", "StatefulSet", "DaemonSet", "Rollout"] = Field(
        "Deployment",
        description="Kind of the web workload behind the Service. Rollout (Argo) needs the operator's "
        "--watch-workloads.",
    )
    name: ObjectName = Field(
        description="Name of the web workload behind the Service. It is restarted only while each of its pods is asked "
        "through that.",
        examples=["whatsapp-web-deployment"],
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
    workload: RestartedWorkload | None = None


class PodSelector(Model):
    """Labels that a pod must have, all of them."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                f"!has(self.matchLabels) || self.matchLabels.all(name, !(name in {_OURS}))",
                "spec.pods.selector: the operator itself writes wahealth.io/client, wahealth.io/role and "
                "wahealth.io/gateway: name labels that the pods have without it",
                fieldPath=".matchLabels",
            )
        )
    )

    match_labels: dict[str, Annotated[str, Field(max_length=63)]] = Field(
        default_factory=dict, max_length=16, description="Labels and their values.", examples=[{"app": "whatsapp"}]
    )


class PodsOfNodes(Model):
    """What the operator writes onto the pods of coreapps and masters. It needs the right to patch pods for it."""

    # Beside the fields themselves, so that a stored resource without a selector can be changed elsewhere.
    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                f"({_NOTHING_WRITTEN}) || (has(self.selector) && has(self.selector.matchLabels) "
                "&& self.selector.matchLabels.size() > 0)",
                "spec.pods.selector: name at least one label of the client's own pods: roleLabels and readinessGates "
                "are written on no others",
                fieldPath=".selector",
            )
        )
    )

    selector: PodSelector | None = Field(
        None,
        description="Which pods are written to: those with these labels in which a node of the client runs, by name "
        "and address. Needed for the other two. Of several resources that claim a pod the oldest holds it, and the "
        "others say so in PodsClaimed.",
    )
    role_labels: Literal["Disabled", "Enabled"] = Field(
        "Disabled",
        description="Enabled: labels wahealth.io/client, wahealth.io/role and wahealth.io/gateway, for a Service to "
        "select by, all three of them. They are removed when nobody has observed the pod for three periods, and when "
        "switched off.",
    )
    readiness_gates: Literal["Disabled", "Report", "Enforce"] = Field(
        "Disabled",
        description="Enforce: pods that name the gate wahealth.io/gateway-ready get that condition, True while their "
        "node is active or standby. Report: it is always True, and its reason shows what Enforce would have set. A "
        "pod that nobody observes keeps its condition; a new one that nobody observes does not become ready.",
    )
