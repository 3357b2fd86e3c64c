"""Between the formats and the core: a document's spec to what is expected, its status to what is believed, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from wahealth.api import v1alpha1 as api
from wahealth.core import status as core
from wahealth.core.answer import GatewayStatus, Role
from wahealth.core.facts import Expectation

DEFAULT_TIMEOUT_SECONDS = 15


class InvalidSpec(ValueError):
    """A spec that this version does not understand; the text names the fields, never their values."""


def spec_of(document: Mapping[str, Any]) -> api.Spec:
    try:
        return api.Spec.model_validate(document.get("spec", {}))
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False))
        raise InvalidSpec(f"This version does not understand spec: correct {fields}.") from None


def expectation(spec: api.Spec) -> Expectation:
    return Expectation(
        mode=None if spec.mode == "Auto" else core.Mode(spec.mode),
        shards=spec.multiconnect.shards if spec.multiconnect else None,
        min_connected=spec.expectations.min_connected_coreapps,
        min_coreapps=spec.expectations.min_coreapps,
        min_masters=spec.expectations.min_masters,
        registration_required=spec.expectations.registration == "Required",
        suspended=spec.suspend,
    )


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    period: float
    timeout: float


def timing(probe: api.Probe) -> Timing:
    timeout = probe.timeout_seconds or min(DEFAULT_TIMEOUT_SECONDS, probe.period_seconds)
    return Timing(float(probe.period_seconds), float(timeout))


def status_document(status: core.Status) -> dict[str, Any]:
    """What is written to `.status`: camelCase, nothing that is absent."""
    written = api.Status.model_validate(status).model_copy(update={"topology": _topology(status)})
    document = written.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {key: value for key, value in document.items() if value != []}


def _topology(status: core.Status) -> api.Topology | None:
    nodes = [api.TopologyNode.model_validate(node) for node in status.nodes]
    return api.Topology(nodes=nodes) if nodes else None


def believed(document: Mapping[str, Any]) -> core.Status:
    """The status as it stands; one that cannot be read counts as none, and is written anew."""
    try:
        read = api.Status.model_validate(document.get("status") or {})
    except ValidationError:
        return core.Status()
    return core.Status(
        gateway=core.Gateway(read.gateway),
        mode=core.Mode(read.mode) if read.mode else None,
        client_version=read.client_version,
        connected=core.Connected(**read.connected.model_dump()) if read.connected else None,
        primary_master=read.primary_master,
        connected_coreapps=tuple(read.connected_coreapps),
        redundancy=core.Redundancy(**read.redundancy.model_dump()) if read.redundancy else None,
        nodes=tuple(_believed_node(n) for n in read.topology.nodes) if read.topology else (),
        endpoints=tuple(core.Endpoint(**e.model_dump()) for e in read.endpoints),
        conditions=tuple(_believed_condition(c) for c in read.conditions if c.type in _KNOWN_TYPES),
        observed_generation=read.observed_generation,
    )


_KNOWN_TYPES = frozenset(type_.value for type_ in core.ConditionType)


def _believed_condition(read: api.Condition) -> core.Condition:
    known = {"type": core.ConditionType(read.type), "status": core.Truth(read.status)}
    return core.Condition(**(read.model_dump() | known))


def _believed_node(read: api.TopologyNode) -> core.TopologyNode:
    return core.TopologyNode(
        name=read.name,
        role=Role(read.role) if read.role else None,
        gateway_status=GatewayStatus(read.gateway_status) if read.gateway_status else None,
        verdict=core.NodeVerdict(read.verdict),
        reported_gateway_status=read.reported_gateway_status,
    )
