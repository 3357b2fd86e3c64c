"""The operator's settings: flags and `WAHEALTH_…` environment, one truth."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from wahealth.core.hosts import is_pattern


def _listed(written: object) -> object:
    return tuple(filter(None, written.split(","))) if isinstance(written, str) else written


def _host_pattern(written: str) -> str:
    if not is_pattern(written):
        raise ValueError("name hosts such as waweb.example.com, *.example.com or 192.0.2.1, with commas between them")
    return written


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_listed)]
HostPattern = Annotated[str, AfterValidator(_host_pattern)]
Hosts = Annotated[tuple[HostPattern, ...], NoDecode, BeforeValidator(_listed)]


class OperatorSettings(BaseSettings):
    """Each field is a flag (`--secret-refresh 60`) and a variable (`WAHEALTH_SECRET_REFRESH=60`); the flag wins."""

    model_config = SettingsConfigDict(env_prefix="WAHEALTH_", hide_input_in_errors=True)

    kubeconfig: Path | None = Field(
        None, description="Kubeconfig; by default the pod's own ServiceAccount, else $KUBECONFIG or ~/.kube/config."
    )
    secret_refresh: float = Field(300, ge=1, description="Seconds after which a Secret or a CA is read again.")
    watch_secrets: bool = Field(
        False, description="Watch labelled Secrets, so that a change of one is noticed at once."
    )
    require_secret_label: bool = Field(False, description="Use only Secrets that say by a label that they may be used.")
    max_probes_in_flight: int = Field(256, ge=4, le=16384, description="Probes that may wait for an answer at once.")
    allow_pod_networks: Networks = Field(
        (), description="Networks, with commas between them, in which pods are asked although no pod lives there."
    )
    allow_url_hosts: Hosts = Field(
        (), description="Hosts, with commas between them, that target.url may name; *.example.com admits all below it."
    )
    allow_url_networks: Networks = Field(
        (), description="Networks, with commas between them, in which those hosts may be although it is not public."
    )
    own_deployment: str | None = Field(
        None,
        pattern=r"^[a-z0-9-]+/[a-z0-9.-]+$",
        description="The operator's own Deployment, NAMESPACE/NAME, for events about the operator itself.",
    )
    log_format: Literal["json", "text"] = Field("json", description="Form of the logs on stderr.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severity logged.")


def add_flags(parser: argparse.ArgumentParser, model: type[BaseSettings]) -> None:
    """A flag for each field, its help and its default from the model."""
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
    """`wrong` is told, in one sentence without the value, what is not right, and does not return."""
    given = {name: value for name, value in vars(arguments).items() if name in model.model_fields}
    try:
        return model(**given)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        flag = str(problem["loc"][0]).replace("_", "-")
        wrong(f"--{flag} (or WAHEALTH_{flag.replace('-', '_').upper()}): {problem['msg']}")
