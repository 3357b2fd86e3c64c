"""Where waweb answers: `.spec.target`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from wahealth.api.schema import DNS_NAME, Model, ObjectName, rule, rules
from wahealth.api.v1alpha1.cloud import CloudTarget
from wahealth.core.cloud.wanted import HOSTS, Provider
from wahealth.core.egress.origin import HEALTH, LONGEST_PATH, PATH, origin_of


class Workload(Model):
    """A workload in the resource's own namespace; each of its running pods is probed."""

    kind: Literal["Deployment", "StatefulSet", "DaemonSet", "Rollout", "DeploymentConfig"] = Field(
        "Deployment",
        description="Kind of the web workload. Rollout (Argo) and DeploymentConfig (OpenShift) need the operator's "
        "--watch-workloads.",
    )
    name: ObjectName = Field(
        description="Name of the web workload (waweb), in the resource's own namespace.",
        examples=["whatsapp-web-deployment"],
    )
    port: int = Field(443, ge=1, le=65535, description="Container port on which waweb answers.", examples=[8443])


class Service(Model):
    """A Service in the resource's own namespace, with a selector; the pods that it selects are probed."""

    name: ObjectName = Field(
        description="Name of waweb's Service, in the resource's own namespace.", examples=["whatsapp-web-service"]
    )
    port: int = Field(
        443, ge=1, le=65535, description="Port of the Service; its targetPort is probed.", examples=[8443]
    )


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
HostHeader = Annotated[
    str, Field(min_length=1, max_length=259, pattern=DNS_NAME.removesuffix("$") + r"(:[0-9]{1,5})?$")
]
Path = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_PATH,
        pattern=PATH,
        description="Path of the health node, if a proxy is in front of waweb.",
        examples=["/support/v1/health"],
    ),
]


class Target(Model):
    """Where waweb answers, or a number of the Cloud API: exactly one of workload, service, url and cloud."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "[has(self.workload), has(self.service), has(self.url), has(self.cloud)].filter(one, one).size() == 1",
                "name exactly one of workload, service, url and cloud",
            ),
            rule(
                "!has(self.scope) || self.scope != 'Service' || has(self.service)",
                "scope Service applies only with target.service: name the service or remove scope",
                fieldPath=".scope",
            ),
            rule(
                "!has(self.url) || self.url.startsWith('http://') == (has(self.scheme) && self.scheme == 'HTTP')",
                "url and scheme must say the same: https:// without scheme, http:// with scheme HTTP",
                fieldPath=".url",
            ),
            rule(
                "!has(self.cloud) || ((!has(self.scheme) || self.scheme == 'HTTPS') && !has(self.hostHeader)"
                f" && (!has(self.path) || self.path == '{HEALTH}'))",
                "scheme HTTP, hostHeader and path do not apply to target.cloud: remove them",
                fieldPath=".cloud",
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
    cloud: CloudTarget | None = None
    scheme: Literal["HTTPS", "HTTP"] = Field(
        "HTTPS", description="HTTP: the API key is sent unencrypted, to any server that answers."
    )
    path: Path = HEALTH
    host_header: HostHeader | None = Field(
        None,
        description="Host header of the request, if a proxy needs another one than the default: tls.serverName, or "
        "else the target.",
        examples=["support.example.com"],
    )
    scope: Literal["EachPod", "Service"] = Field(
        "EachPod",
        description="EachPod: every running pod is probed. Service: one ready pod is probed, as a caller of the "
        "Service would reach it; another one if that does not answer.",
    )

    @model_validator(mode="after")
    def exactly_one(self) -> Self:
        if sum(one is not None for one in (self.workload, self.service, self.url, self.cloud)) != 1:
            raise ValueError
        return self

    @property
    def named(self) -> tuple[str, str]:
        """Kind and name of the target, such as Deployment and web; Host and its name for a URL."""
        if self.cloud is not None:
            return "Host", HOSTS[Provider(self.cloud.provider)]
        if self.workload is not None:
            return self.workload.kind, self.workload.name
        return ("Service", self.service.name) if self.service is not None else ("Host", origin_of(self.url or "").host)
