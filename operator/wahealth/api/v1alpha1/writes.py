"""What the operator writes besides the status, if asked to: `.spec.apiKeyRotation` and `.spec.pods`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from wahealth.api.schema import Model, ObjectName, rule, rules

ROTATION_DEFAULT: JsonDict = {"restartPolicy": "Never", "minPeriodSeconds": 300}
PODS_DEFAULT: JsonDict = {"roleLabels": "Disabled", "readinessGates": "Disabled"}
NOTHING_WRITTEN = " && ".join(
    f"(!has(self.{field}) || self.{field} == 'Disabled')" for field in ("roleLabels", "readinessGates")
)
_OURS = "['wahealth.io/client', 'wahealth.io/role', 'wahealth.io/gateway']"


class RestartedWorkload(Model):
    """The workload to restart if the target is a Service; in the resource's own namespace."""

    kind: Literal["Deployment", "StatefulSet", "DaemonSet", "Rollout"] = Field(
        "Deployment",
        description="Kind of the web workload behind the Service. Rollout (Argo) needs the operator's "
        "--watch-workloads.",
    )
    name: ObjectName = Field(
        description="Name of the web workload behind the Service. It is restarted only if each of its pods is probed "
        "through the Service.",
        examples=["whatsapp-web-deployment"],
    )


class ApiKeyRotation(Model):
    """What to do when the API key in the Secret changes: waweb reads it only at its start."""

    restart_policy: Literal["Never", "OnChange"] = Field(
        "Never",
        description="OnChange: the operator restarts the web workload once for each change, as kubectl rollout restart "
        "does; never a coreapp or master. It needs the right to patch workloads.",
    )
    min_period_seconds: int = Field(
        300,
        ge=60,
        le=86400,
        description="Minimum seconds between two restarts of the workload, including restarts by others.",
        examples=[600],
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
        default_factory=dict, max_length=16, description="Labels with their values.", examples=[{"app": "whatsapp"}]
    )


class PodsOfNodes(Model):
    """What the operator writes to the pods of coreapps and masters. It needs the right to patch pods."""

    # The rule is on the parent of these fields, so that a stored resource without a selector can be changed elsewhere.
    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                f"({NOTHING_WRITTEN}) || (has(self.selector) && has(self.selector.matchLabels) "
                "&& self.selector.matchLabels.size() > 0)",
                "spec.pods.selector: name at least one label of the client's own pods: roleLabels and readinessGates "
                "are written on no others",
                fieldPath=".selector",
            )
        )
    )

    selector: PodSelector | None = Field(
        None,
        description="Pods to write to: those with these labels that run a node of the client, matched by name and "
        "address. The other two fields need it. If several resources claim a pod, the oldest holds it; the others "
        "report that in PodsClaimed.",
    )
    role_labels: Literal["Disabled", "Enabled"] = Field(
        "Disabled",
        description="Enabled: pods get the labels wahealth.io/client, wahealth.io/role and wahealth.io/gateway, for "
        "the selector of a Service that names all three. They are removed if the pod was not observed for three "
        "periods, and when the field is set to Disabled.",
    )
    readiness_gates: Literal["Disabled", "Report", "Enforce"] = Field(
        "Disabled",
        description="Enforce: pods that name the gate wahealth.io/gateway-ready get that condition, True while their "
        "node is active or standby. Report: it is always True, and its reason shows what Enforce would have set. A "
        "pod that is no longer observed keeps its condition; a new pod that is never observed does not become ready.",
    )
