"""Conversion between Kubernetes documents and the core's types: spec to `Desired`, status to `core.Status` and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from wahealth.api import v1alpha1 as api
from wahealth.api.credential_source import source_of
from wahealth.api.history import history_entries, written_history
from wahealth.api.shared import shared
from wahealth.api.v1alpha1.timing import CLOUD_PERIOD, PERIOD
from wahealth.core import status as core
from wahealth.core.answer import GatewayStatus, Role
from wahealth.core.certificate import Certificate
from wahealth.core.cloud.versions import DEFAULT
from wahealth.core.cloud.wanted import CloudDesired, Provider
from wahealth.core.facts import Desired, KeyExposure, Thresholds

DEFAULT_TIMEOUT_SECONDS = 14
CLOUD_STARTUP_ROUNDS = 2
Floors = Mapping[Provider, float]  # seconds: the shortest period of a number, by its provider
NO_FLOORS: Floors = MappingProxyType({})


class InvalidSpec(ValueError):
    """A spec that this version does not understand. The text names the fields and their permitted values, never the
    values found."""


def spec_of(document: Mapping[str, Any]) -> api.Spec:
    """The spec of a WhatsAppClient as the API server returns it. Raises `InvalidSpec`."""
    try:
        return shared(api.Spec.model_validate(document.get("spec", {})))
    except ValidationError as error:
        problems = error.errors(include_input=False)
        fields = ", ".join(map(_field_of, problems))
        raise InvalidSpec(f"This version does not understand spec: correct {fields}.") from None


def _field_of(problem: ErrorDetails) -> str:
    field = ".".join(map(str, problem["loc"])) or "spec itself"
    words = problem["ctx"]["expected"].replace("'", "") if problem["type"] == "literal_error" else ""
    return f"{field} ({words})" if words else field


def desired_of(spec: api.Spec, cloud_floors: Floors = NO_FLOORS) -> Desired:
    """What the core must know of a spec; all durations in seconds."""
    return Desired(
        mode=None if spec.mode == "Auto" else core.Mode(spec.mode),
        shards=spec.multiconnect.shards if spec.multiconnect else None,
        min_connected=spec.expectations.min_connected_coreapps,
        min_coreapps=spec.expectations.min_coreapps,
        min_masters=spec.expectations.min_masters,
        registration_required=spec.expectations.registration == "Required",
        suspended=spec.suspend,
        signs_in_by=source_of(spec).kind,
        restart_period=_restart_period(spec.api_key_rotation),
        shows_certificate=spec.tls is not None and spec.tls.client_certificate_ref is not None,
        exposed=_exposure(spec),
        thresholds=_thresholds(spec, cloud_floors),
        cloud=_cloud(spec),
    )


def _restart_period(rotation: api.ApiKeyRotation) -> float | None:
    return float(rotation.min_period_seconds) if rotation.restart_policy == "OnChange" else None


def _exposure(spec: api.Spec) -> KeyExposure | None:
    if spec.target.scheme == "HTTP":
        return KeyExposure.PLAIN_HTTP
    return KeyExposure.UNVERIFIED if spec.tls is not None and spec.tls.verification == "None" else None


def _thresholds(spec: api.Spec, cloud_floors: Floors) -> Thresholds:
    return Thresholds(
        period=period_of(spec, cloud_floors),
        failure_threshold=spec.probe.failure_threshold,
        success_threshold=spec.probe.success_threshold,
        uninitialized_grace=float(spec.grace.uninitialized_seconds),
        connecting_grace=float(spec.grace.connecting_seconds),
        failover_grace=float(spec.grace.failover_seconds),
        startup_rounds=CLOUD_STARTUP_ROUNDS if spec.target.cloud else None,
    )


def period_of(spec: api.Spec, cloud_floors: Floors = NO_FLOORS) -> float:
    """Seconds from one round to the next."""
    named = spec.probe.period_seconds or (CLOUD_PERIOD if spec.target.cloud else PERIOD)
    return max(float(named), floor_of(spec, cloud_floors))


def floor_of(spec: api.Spec, cloud_floors: Floors) -> float:
    """The shortest period of a number of the Cloud API, in seconds; 0 for a client."""
    return cloud_floors.get(Provider(spec.target.cloud.provider), 0.0) if spec.target.cloud else 0.0


def _cloud(spec: api.Spec) -> CloudDesired | None:
    if spec.target.cloud is None:
        return None
    wanted, provider = spec.cloud or api.Cloud(), Provider(spec.target.cloud.provider)
    return CloudDesired(
        (spec.target.cloud.graph_version or DEFAULT) if provider is Provider.GRAPH else "",
        wanted.limited == "Accepted",
        frozenset(wanted.ignored_codes),
        wanted.quality == "Warn",
        spec.target.cloud.phone_number_id or "",
        provider,
        account=spec.target.cloud.account_id or "",
        templates=tuple(sorted(wanted.templates)),
    )


@dataclass(frozen=True, slots=True)
class Timing:
    """How often a pod is probed and how long an answer may take, both in seconds."""

    period: float
    timeout: float


def timing(spec: api.Spec | None, cloud_floors: Floors = NO_FLOORS) -> Timing:
    """The timing of a spec; the default timeout is 14 s, or the period where that is shorter.

    `spec` None: it is not understood, and the defaults stand in.
    """
    period = period_of(spec, cloud_floors) if spec else float(PERIOD)
    named = spec.probe.timeout_seconds if spec else None
    return Timing(period, float(named or min(DEFAULT_TIMEOUT_SECONDS, period)))


def status_document(status: core.Status) -> dict[str, Any]:
    """The JSON object for `.status`: camelCase names, no nulls, no empty lists."""
    parts = {name: getattr(status, name) for name in api.Status.model_fields if name not in _SHAPED_ANEW}
    written = api.Status.model_validate(
        {
            **parts,
            "topology": _topology(status),
            "last_failover": _last_failover(status.last_failover),
            "tls": _tls(status.tls),
            "client_certificate": _client_certificate(status.client_certificate),
            "history": history_entries(status.history),
        }
    )
    document = written.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {key: value for key, value in document.items() if value != []}


_SHAPED_ANEW = frozenset({"topology", "last_failover", "tls", "client_certificate", "history"})


def _topology(status: core.Status) -> api.Topology | None:
    nodes = [api.TopologyNode.model_validate(node) for node in status.nodes]
    return api.Topology(nodes=nodes) if nodes else None


def _tls(certificate: Certificate | None) -> api.TlsStatus | None:
    if certificate is None:
        return None
    return api.TlsStatus(not_after_time=certificate.not_after, fingerprint_sha256=certificate.fingerprint)


def _client_certificate(own: Certificate | None) -> api.ClientCertificate | None:
    if own is None:
        return None
    return api.ClientCertificate(not_after_time=own.not_after, fingerprint_sha256=own.fingerprint)


def _last_failover(moved: core.Failover | None) -> api.LastFailover | None:
    if moved is None:
        return None
    return api.LastFailover(
        time=moved.time, kind=moved.kind.value, from_=moved.origin, to=moved.to, duration_seconds=moved.seconds
    )


def written_status(document: Mapping[str, Any]) -> core.Status:
    """The status of a WhatsAppClient as the API server returns it. One that does not parse counts as empty but for
    its history, so the next round writes it again."""
    try:
        read = api.Status.model_validate({**(document.get("status") or {}), "history": ()})
    except ValidationError:
        return core.Status(history=written_history(document))
    return core.Status(
        gateway=core.Gateway(read.gateway),
        mode=core.Mode(read.mode) if read.mode else None,
        client_version=read.client_version,
        connected=core.Connected(**read.connected.model_dump()) if read.connected else None,
        primary_master=read.primary_master,
        primary_master_since_time=read.primary_master_since_time,
        connected_coreapps=tuple(read.connected_coreapps),
        last_failover=_read_failover(read.last_failover),
        redundancy=core.Redundancy(**read.redundancy.model_dump()) if read.redundancy else None,
        nodes=tuple(_read_node(n) for n in read.topology.nodes) if read.topology else (),
        endpoints=tuple(core.Endpoint(**e.model_dump()) for e in read.endpoints),
        credentials=_read_credentials(read.credentials),
        tls=_read_certificate(read.tls),
        client_certificate=_read_certificate(read.client_certificate),
        conditions=tuple(_read_condition(c) for c in read.conditions if c.type in _KNOWN_TYPES),
        observed_generation=read.observed_generation,
        cloud=core.CloudNumber(**read.cloud.model_dump()) if read.cloud else None,
        history=written_history(document),
    )


def _read_failover(read: api.LastFailover | None) -> core.Failover | None:
    if read is None:
        return None
    return core.Failover(read.time, core.FailoverKind(read.kind), read.from_, read.to, read.duration_seconds)


def _read_credentials(read: api.Credentials | None) -> core.Credentials | None:
    if read is None:
        return None
    in_use = core.KeyInUse(read.key_in_use) if read.key_in_use else None
    return core.Credentials(in_use, read.last_rotation_time, read.token_expiry_time)


def _read_certificate(read: api.TlsStatus | api.ClientCertificate | None) -> Certificate | None:
    return Certificate(read.fingerprint_sha256, read.not_after_time) if read else None


_KNOWN_TYPES = frozenset(type_.value for type_ in core.ConditionType)


def _read_condition(read: api.Condition) -> core.Condition:
    known = {"type": core.ConditionType(read.type), "status": core.ConditionStatus(read.status)}
    return core.Condition(**(read.model_dump() | known))


def _read_node(read: api.TopologyNode) -> core.TopologyNode:
    known = {
        "role": Role(read.role) if read.role else None,
        "gateway_status": GatewayStatus(read.gateway_status) if read.gateway_status else None,
        "verdict": core.NodeVerdict(read.verdict),
    }
    return core.TopologyNode(**(read.model_dump() | known))
