"""The operator's settings, from flags and from `WAHEALTH_…` variables: one model for both."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from wahealth.core.cloud.wanted import ORIGINS, Provider
from wahealth.core.egress.hosts import is_pattern
from wahealth.core.egress.origin import NotAnOrigin, listening_at, origin_of
from wahealth.core.egress.proxy import Proxy, proxy_of


def _listed(written: object) -> object:
    return tuple(filter(None, written.split(","))) if isinstance(written, str) else written


def _host_pattern(written: str) -> str:
    if not is_pattern(written):
        raise ValueError("name hosts such as waweb.example.com, *.example.com or 192.0.2.1, separated by commas")
    return written


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_listed)]
HostPattern = Annotated[str, AfterValidator(_host_pattern)]
Hosts = Annotated[tuple[HostPattern, ...], NoDecode, BeforeValidator(_listed)]


def _address(written: str) -> str:
    try:
        listening_at(written)
    except ValueError:
        raise ValueError("name an address and a port, such as 127.0.0.1:8080, or :8080 for every address") from None
    return written


def _proxy(written: object) -> object:
    return proxy_of(written) if isinstance(written, str) and written else written or None


NAMESPACE = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"  # RFC 1123, of at most 63 characters


def _name(written: str) -> str:
    """An RFC 1123 subdomain, as most objects in Kubernetes are named."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", written):
        raise ValueError("name it with lower case letters, digits, - and ., such as wahealth-operator")
    return written


def _namespace(written: str) -> str:
    if not re.fullmatch(NAMESPACE, written) or len(written) > 63:
        raise ValueError("name namespaces such as team-a, separated by commas")
    return written


def _https_origin(written: str) -> str:
    try:
        origin = origin_of(written)
    except NotAnOrigin:
        origin = None
    if origin is None or origin.scheme != "https":
        raise ValueError("name an origin with https, such as https://graph.example.com:8443")
    return written


CloudOrigin = Annotated[str, AfterValidator(_https_origin)]
HttpProxy = Annotated[Proxy | None, NoDecode, BeforeValidator(_proxy)]
File = Annotated[Path | None, BeforeValidator(lambda written: written or None)]
Listen = Annotated[str, AfterValidator(_address)]
Name = Annotated[str, AfterValidator(_name)]
Namespace = Annotated[str, AfterValidator(_namespace)]
Namespaces = Annotated[tuple[Namespace, ...], NoDecode, BeforeValidator(_listed)]
SecretRefresh = Annotated[float, Field(ge=1)]
Kinds = Annotated[tuple[Literal["Rollout", "DeploymentConfig"], ...], NoDecode, BeforeValidator(_listed)]
Shards = Annotated[int, Field(ge=1, le=64)]
LogFormat = Literal["json", "text"]
LogLevel = Literal["debug", "info", "warning", "error"]


class OperatorSettings(BaseSettings):
    """Each field is a flag (`--secret-refresh 60`) and a variable (`WAHEALTH_SECRET_REFRESH=60`); the flag wins."""

    model_config = SettingsConfigDict(env_prefix="WAHEALTH_", hide_input_in_errors=True)

    kubeconfig: Path | None = Field(
        None, description="Kubeconfig; by default the pod's own ServiceAccount, else $KUBECONFIG or ~/.kube/config."
    )
    watch_namespaces: Namespaces = Field((), description="Namespaces to watch, separated by commas; none: all.")
    watch_workloads: Kinds = Field(
        (), description="Kinds of workloads to watch in addition to the usual ones: Rollout, DeploymentConfig, or both."
    )
    secret_refresh: SecretRefresh = Field(300, description="Seconds after which a Secret or a CA is read again.")
    watch_secrets: bool = Field(False, description="Watch labelled Secrets, so that a change is noticed at once.")
    require_secret_label: bool = Field(False, description="Use only Secrets whose label permits it.")
    max_probes_in_flight: int = Field(256, ge=4, le=16384, description="Probes that may wait for an answer at once.")
    allow_pod_networks: Networks = Field(
        (),
        description="CIDRs, separated by commas, in which pods are probed although such ranges are denied by default.",
    )
    allow_url_hosts: Hosts = Field(
        (), description="Hosts, separated by commas, that target.url may name; *.example.com admits all below it."
    )
    allow_url_networks: Networks = Field(
        (), description="CIDRs, separated by commas, in which those hosts may be although they are not public."
    )
    egress_proxy: HttpProxy = Field(
        None,
        description="Proxy for hosts outside the cluster only (target.url, Cloud API): http://proxy.example.com:3128.",
    )
    egress_ca_file: File = Field(
        None,
        description="Certificate authorities (PEM) trusted for those hosts, next to the public ones, without a caRef.",
    )
    allow_cloud: bool = Field(
        False,
        description="Probe phone numbers of the Cloud API: the tokens that resources name leave the cluster.",
    )
    cloud_origin: CloudOrigin = Field(
        ORIGINS[Provider.GRAPH],
        description="Where the Cloud API answers: a simulator or a reverse proxy, if it is not the vendor's own host.",
    )
    dialog360_origin: CloudOrigin = Field(
        ORIGINS[Provider.DIALOG360],
        description="The same for numbers behind 360dialog.",
    )
    own_deployment: str | None = Field(
        None,
        pattern=r"^[a-z0-9-]+/[a-z0-9.-]+$",
        description="The operator's own Deployment, NAMESPACE/NAME, for events about the operator itself.",
    )
    listen: Listen = Field(":8080", description="Where /livez, /readyz and /metrics are served.")
    node_metrics: bool = Field(False, description="Export a metric for each node of each client.")
    leader_election: bool = Field(
        True, description="Acquire a Lease before probing and writing, so that several replicas may run."
    )
    lease_name: Name = Field(
        "wahealth-operator", description="Name of the Lease; with several shards their numbers are added."
    )
    lease_namespace: Name | None = Field(
        None, description="Namespace of the Lease; by default the one of this pod, else wahealth-system."
    )
    lease_duration: float = Field(
        15, ge=1, le=3600, description="Seconds after which a Lease that is not renewed is free."
    )
    renew_deadline: float = Field(
        10, ge=0.5, le=3600, description="Seconds without renewal after which nothing is written."
    )
    retry_period: float = Field(
        2, ge=0.1, le=60, description="Seconds between two tries to acquire or renew the Lease."
    )
    shards: Shards = Field(
        1, description="Leases over which the resources are spread; the same number in each replica."
    )
    resync: float = Field(
        600, ge=5, le=86400, description="Seconds after which everything that is watched is listed again."
    )
    max_parked_connections: int = Field(
        10_000,
        ge=0,
        le=100_000,
        description="Connections kept between two probes; beyond that, targets of the longest period connect again.",
    )
    log_format: LogFormat = Field("json", description="Form of the logs on stderr.")
    log_level: LogLevel = Field("info", description="Least severity logged.")

    @model_validator(mode="after")
    def _terms_fit(self) -> Self:
        if not self.retry_period < self.renew_deadline < self.lease_duration:
            raise ValueError("--retry-period must be less than --renew-deadline, and that less than --lease-duration")
        return self


def add_flags(parser: argparse.ArgumentParser, model: type[BaseSettings]) -> None:
    """Add a flag for each field of the model, with its description and default."""
    for name, field in model.model_fields.items():
        default = "" if field.default in {None, (), False} else f" (default: {field.default})"
        switch: dict[str, Any] = {"nargs": "?", "const": True} if field.annotation is bool else {}
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            dest=name,
            default=argparse.SUPPRESS,
            metavar="VALUE",
            help=f"{field.description}{default}",
            **switch,
        )


Settings = TypeVar("Settings", bound=BaseSettings)


def settings_from(arguments: argparse.Namespace, model: type[Settings], wrong: Callable[[str], NoReturn]) -> Settings:
    """The settings from flags and environment. `wrong` is called with one sentence, without the value, about the first
    that is invalid, and does not return."""
    given = {name: value for name, value in vars(arguments).items() if name in model.model_fields}
    try:
        return model(**given)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        said = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:
            wrong(said)
        flag = str(problem["loc"][0]).replace("_", "-")
        wrong(f"--{flag} (or WAHEALTH_{flag.replace('-', '_').upper()}): {said}")
