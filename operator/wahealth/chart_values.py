"""The chart's values, from which its values.schema.json is generated. charts/wahealth/values.yaml explains each of
them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from wahealth.core.cloud.wanted import ORIGINS, Provider
from wahealth.kube.settings import NAMESPACE, LogFormat, LogLevel, SecretRefresh, Shards

Object = dict[str, Any]  # a Kubernetes object, which the API server checks
Labels = dict[str, str]
Namespace = Annotated[str, Field(pattern=f"^{NAMESPACE}$", max_length=63)]
Unique = Field(json_schema_extra={"uniqueItems": True})
Name = Annotated[str, Field(pattern=r"^([a-z]([-a-z0-9]*[a-z0-9])?)?$", max_length=52)]
DnsName = Annotated[str, Field(pattern=r"^([a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$", max_length=253)]
EntryName = Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]+$", max_length=253)]
HostPattern = Annotated[str, Field(pattern=r"^(\*\.)?[A-Za-z0-9:]([-.A-Za-z0-9:]*[A-Za-z0-9])?$")]
NamespaceOrOurs = Annotated[str, Field(pattern=f"^({NAMESPACE})?$", max_length=63)]
Duration = Annotated[str, Field(pattern=r"^([0-9]+(ms|[smhd]))+$")]
DurationOrTheirs = Annotated[str, Field(pattern=r"^([0-9]+(ms|[smhd]))*$")]
LabelName = Annotated[str, Field(pattern="^[a-zA-Z_][a-zA-Z0-9_]*$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Network = Annotated[str, Field(pattern=r"^[0-9a-fA-F.:]+/[0-9]{1,3}$")]


class Part(BaseModel):
    """A group of values. Unknown values are errors."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Global(Part):
    """Values that other charts of an umbrella chart share; unknown ones are permitted."""

    model_config = ConfigDict(extra="allow")
    image_registry: str = ""
    image_pull_secrets: list[str | Object] = []


class Image(Part):
    registry: Annotated[str, Field(pattern="^[^ /:]*(:[0-9]+)?(/.*)?$")] = ""
    repository: Annotated[str, Field(min_length=1)] = "wahealth"
    tag: str = ""
    digest: Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64})?$")] = ""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


class Watch(Part):
    namespaces: Annotated[list[Namespace], Unique] = []
    workloads: Annotated[list[Literal["Rollout", "DeploymentConfig"]], Unique] = []


class Crds(Part):
    enabled: bool = True
    keep: bool = True
    refuse_older: bool = True


class Rbac(Part):
    create: bool = True
    user_roles: bool = True


class ServiceAccount(Part):
    create: bool = True
    name: DnsName = ""
    annotations: Labels = {}
    automount_service_account_token: bool = False


class SecretPolicy(Part):
    enabled: bool = False


WorkloadName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$")]


class SingleInstancePolicy(Part):
    enabled: bool = False
    workloads: Annotated[list[WorkloadName], Unique] = []


class Service(Part):
    enabled: bool = True
    labels: Labels = {}
    annotations: Labels = {}
    ip_family_policy: Literal["", "SingleStack", "PreferDualStack", "RequireDualStack"] = ""
    ip_families: Annotated[list[Literal["IPv4", "IPv6"]], Unique, Field(max_length=2)] = []


class Monitor(Part):
    enabled: bool = False
    namespace: NamespaceOrOurs = ""
    interval: Duration = "30s"
    scrape_timeout: DurationOrTheirs = ""
    labels: Labels = {}
    annotations: Labels = {}
    relabelings: list[Object] = []
    metric_relabelings: list[Object] = []


class PrometheusRule(Part):
    enabled: bool = False
    namespace: NamespaceOrOurs = ""
    labels: Labels = {}
    annotations: Labels = {}
    additional_rule_labels: Labels = {}
    cluster_label: LabelName = "cluster"
    disabled: Annotated[list[str], Unique] = []
    runbook_url: str = ""


class Dashboard(Part):
    enabled: bool = False
    namespace: NamespaceOrOurs = ""
    labels: Labels = {"grafana_dashboard": "1"}
    annotations: Labels = {}


class Metrics(Part):
    nodes: bool = False
    service: Service = Service()
    service_monitor: Monitor = Monitor()
    pod_monitor: Monitor = Monitor()
    prometheus_rule: PrometheusRule = PrometheusRule()
    dashboard: Dashboard = Dashboard()


class NetworkPolicy(Part):
    enabled: bool = False
    api_server_cidrs: list[Network] = []
    api_server_ports: Annotated[list[Port], Field(min_length=1)] = [443, 6443]
    waweb_ports: Annotated[list[Port], Field(min_length=1)] = [443]
    waweb_cidrs: list[Network] = []
    url_cidrs: list[Network] = []
    cloud_cidrs: list[Network] = []
    proxy_cidrs: list[Network] = []
    proxy_ports: list[Port] = []
    ingress_from: list[Object] = []
    extra_egress: list[Object] = []


class Entry(Part):
    """An entry of a Secret; an empty name means none."""

    name: DnsName = ""
    key: EntryName = "proxy"


class Authorities(Part):
    config_map: DnsName = ""
    secret: DnsName = ""
    key: EntryName = "ca.crt"


class Egress(Part):
    proxy: Annotated[str, Field(pattern=r"^(http://[^@/?#\s]+/?)?$")] = ""
    proxy_secret: Entry = Entry()
    ca: Authorities = Authorities()


HttpsOrigin = Annotated[str, Field(pattern=r"^https://[^@/?#\s]+/?$")]


class Cloud(Part):
    enabled: bool = False
    origin: HttpsOrigin = ORIGINS[Provider.GRAPH]
    dialog360_origin: HttpsOrigin = ORIGINS[Provider.DIALOG360]


class Values(Part):
    enabled: bool = True  # for the `condition` of an umbrella chart
    global_: Annotated[Global, Field(alias="global")] = Global()
    image: Image = Image()
    name_override: Name = ""
    fullname_override: Name = ""
    common_labels: Labels = {}
    common_annotations: Labels = {}
    replicas: Annotated[int, Field(ge=0)] | None = 1  # None: an autoscaler's
    shards: Shards = 1
    pod_disruption_budget: Literal["Auto", "Enabled", "Disabled"] = "Auto"
    unhealthy_pod_eviction_policy: Literal["AlwaysAllow", "IfHealthyBudget"] = "AlwaysAllow"
    watch: Watch = Watch()
    secret_refresh_seconds: SecretRefresh = 300
    restart_on_change: bool = False
    watch_secrets: bool = False
    mark_pods: bool = False
    require_secret_label: bool = False
    allow_url_hosts: list[HostPattern] = []
    allow_url_networks: list[Network] = []
    allow_pod_networks: list[Network] = []
    cloud: Cloud = Cloud()
    egress: Egress = Egress()
    log_level: LogLevel = "info"
    log_format: LogFormat = "json"
    crds: Crds = Crds()
    rbac: Rbac = Rbac()
    service_account: ServiceAccount = ServiceAccount()
    secret_policy: SecretPolicy = SecretPolicy()
    single_instance_policy: SingleInstancePolicy = SingleInstancePolicy()
    metrics: Metrics = Metrics()
    network_policy: NetworkPolicy = NetworkPolicy()
    resources_preset: Literal["none", "small", "medium", "large"] = "medium"
    resources: Object = {}
    deployment_annotations: Labels = {}
    strategy: Object = {}
    revision_history_limit: Annotated[int, Field(ge=0)] | None = 10
    pod_annotations: Labels = {}
    pod_labels: Labels = {}
    priority_class_name: DnsName = ""
    runtime_class_name: DnsName = ""
    automount_service_account_token: bool = True
    host_users: bool = True
    dns_policy: Literal["", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"] = ""
    dns_config: Object = {}
    host_aliases: list[Object] = []
    node_selector: Labels = {"kubernetes.io/os": "linux"}
    tolerations: list[Object] = []
    affinity: Object = {}
    topology_spread_constraints: list[Object] = []
    pod_security_context: Object = {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    security_context: Object = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    extra_args: list[str] = []
    extra_env: list[Object] = []
    extra_volumes: list[Object] = []
    extra_volume_mounts: list[Object] = []
    extra_objects: list[Object | str] = []


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) by which Helm checks values, without titles and descriptions of these classes."""
    written = _untitled(Values.model_json_schema())
    for group in (written, *written["$defs"].values()):
        if needed := [name for name, value in group.get("properties", {}).items() if _is_needed(value)]:
            group["required"] = needed
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **written}


def _is_needed(value: dict[str, Any]) -> bool:
    """Whether the templates cannot do without this value, given its schema. Helm takes a value that is set to null out
    of the values, so what is not needed may be null, and counts as empty: what is empty by default, maps that a user
    fills, and what a schema admits as null."""
    if {"type": "null"} in value.get("anyOf", ()):
        return False
    return "$ref" in value or (value["default"] not in ("", []) and not isinstance(value["default"], dict))


def _untitled(part: Any) -> Any:
    """The schema without titles and descriptions, which are written for readers of this module."""
    if isinstance(part, dict):
        said = {"title", "description"}
        return {k: _untitled(v) for k, v in part.items() if k not in said or not isinstance(v, str)}
    return [_untitled(each) for each in part] if isinstance(part, list) else part
