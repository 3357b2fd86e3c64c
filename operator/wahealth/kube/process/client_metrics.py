"""The metrics of each resource, made from what is confirmed when Prometheus asks.

A series exists for what holds, with the value 1, and none for what does not: some 16 a resource instead of 40, and at
most 20 for a number of the Cloud API. A resource's labels are `namespace` and `name`; no message, address, ID or phone
number is ever a label. Only the replica that probes a resource exports it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from wahealth.api.credential_source import source_of
from wahealth.core.hysteresis.desired import suspended
from wahealth.core.reasons.reason import Reason
from wahealth.core.status import ConditionType, Connected, Mode, Status
from wahealth.kube.entry import ResourceEntry
from wahealth.telemetry.exposition import Family

_CLIENT = ("namespace", "name")
_REASONS = frozenset(reason.value for reason in Reason)

Labels = tuple[str, ...]
Sample = tuple[Labels, float]  # without namespace and name


class ClientSample(NamedTuple):
    """A resource, and the status that its metrics show."""

    status: Status
    record: ResourceEntry

    @property
    def mode(self) -> Mode | None:
        """The mode that the status shows; of a number also before its first round, by the spec."""
        spec = self.record.spec
        number = spec is not None and spec.target.cloud is not None
        return self.status.mode or (Mode.CLOUD_API if number else None)


class MetricFamily(NamedTuple):
    """One metric of all resources."""

    name: str  # without its prefix `wahealth_client_`
    text: str  # the HELP line
    labels: Labels  # without namespace and name
    samples: Callable[[ClientSample], Iterable[Sample]]  # of one resource
    kind: Literal["gauge", "counter"] = "gauge"


def info(client: ClientSample) -> Iterator[Sample]:
    yield (client.mode or "", client.status.client_version or ""), 1.0


def condition(client: ClientSample) -> Iterator[Sample]:
    for one in client.status.conditions:
        yield (one.type, one.status.lower()), 1.0


def reason(client: ClientSample) -> Iterator[Sample]:
    """The reason of Ready. A suspended resource has no Ready, and so none; a word that is not ours is no label."""
    ready = client.status.condition(ConditionType.READY)
    if ready is not None and ready.reason in _REASONS:
        yield (ready.reason,), 1.0


def gateway(client: ClientSample) -> Iterator[Sample]:
    yield (client.status.gateway,), 1.0


def connected_coreapps(client: ClientSample) -> Iterator[Sample]:
    coreapps = _coreapps(client)
    if coreapps and coreapps.current is not None:
        yield (), float(coreapps.current)


def expected_coreapps(client: ClientSample) -> Iterator[Sample]:
    coreapps = _coreapps(client)
    if coreapps:
        yield (), float(coreapps.expected)


def _coreapps(client: ClientSample) -> Connected | None:
    """A number is one connection of the vendor's, and no coreapp."""
    return None if client.mode is Mode.CLOUD_API else client.status.connected


def tolerable_failures(client: ClientSample) -> Iterator[Sample]:
    if client.status.redundancy:
        yield (), float(client.status.redundancy.tolerable_failures)


def failovers(client: ClientSample) -> Iterator[Sample]:
    for kind, times in tuple(client.record.history.failovers.items()):
        yield (kind,), float(times)


def last_probe(client: ClientSample) -> Iterator[Sample]:
    if client.record.history.last_probe is not None:
        yield (), client.record.history.last_probe


def probe_period(client: ClientSample) -> Iterator[Sample]:
    if not client.record.desired.suspended:
        yield (), client.record.probe.pace or client.record.timing.period


def credentials_info(client: ClientSample) -> Iterator[Sample]:
    """By the spec, so that it holds for a suspended resource and before the first round, too."""
    if client.record.spec is not None:
        yield (source_of(client.record.spec).secret,), 1.0


def token_expiry(client: ClientSample) -> Iterator[Sample]:
    if client.status.credentials and client.status.credentials.token_expiry_time:
        yield (), client.status.credentials.token_expiry_time.timestamp()


def tls_not_after(client: ClientSample) -> Iterator[Sample]:
    if client.status.tls:
        yield (), client.status.tls.not_after.timestamp()


def client_certificate_not_after(client: ClientSample) -> Iterator[Sample]:
    if client.status.client_certificate:
        yield (), client.status.client_certificate.not_after.timestamp()


def tls_unverified(client: ClientSample) -> Iterator[Sample]:
    spec = client.record.spec
    if spec is not None and (spec.target.scheme == "HTTP" or (spec.tls and spec.tls.verification == "None")):
        yield (), 1.0


def flapping(client: ClientSample) -> Iterator[Sample]:
    if client.record.state is not None and client.record.state.flapping:
        yield (), 1.0


def oddity(client: ClientSample) -> Iterator[Sample]:
    """The anomalies that this process has confirmed, each of which has a Warning event."""
    state = client.record.state
    if state is not None and state.confirmed is not None:
        for one in sorted(state.confirmed.anomalies):
            yield (one.value,), 1.0


def node(client: ClientSample) -> Iterator[Sample]:
    """The nodes, while the client answers: what they were before is not their state now."""
    seen = client.status.connected is not None and client.status.connected.current is not None
    for one in client.status.nodes if seen else ():
        yield (one.name, one.role or "", one.verdict), 1.0


FAMILIES: tuple[MetricFamily, ...] = (
    MetricFamily("info", "The client: its mode and the version it runs.", ("mode", "version"), info),
    MetricFamily("condition", "1 for the current status of a condition.", ("type", "status"), condition),
    MetricFamily("reason", "1 for the reason of the condition Ready; none while suspended.", ("reason",), reason),
    MetricFamily("gateway", "1 for the current state of the client's gateway.", ("state",), gateway),
    MetricFamily("connected_coreapps", "Connected coreapps; a phone number has none.", (), connected_coreapps),
    MetricFamily(
        "expected_coreapps", "Coreapps that should be connected; a phone number has none.", (), expected_coreapps
    ),
    MetricFamily("tolerable_failures", "Coreapps that may fail before a connection is lost.", (), tolerable_failures),
    MetricFamily("failovers", "Roles that moved, by kind.", ("kind",), failovers, "counter"),
    MetricFamily("last_probe_timestamp_seconds", "When the client was last probed.", (), last_probe),
    MetricFamily("probe_period_seconds", "Seconds between two probes of the client.", (), probe_period),
    MetricFamily("credentials_info", "The Secret that the operator signs in with.", ("secret",), credentials_info),
    MetricFamily("token_expiry_timestamp_seconds", "When the token in use expires.", (), token_expiry),
    MetricFamily(
        "tls_not_after_timestamp_seconds", "When the certificate that waweb presents expires.", (), tls_not_after
    ),
    MetricFamily(
        "client_certificate_not_after_timestamp_seconds",
        "When the client certificate that waweb is shown expires.",
        (),
        client_certificate_not_after,
    ),
    MetricFamily("flapping", "1: the client changes state too often for an event about each change.", (), flapping),
    MetricFamily("oddity", "1 for each anomaly, which changes no verdict, by its event's reason.", ("kind",), oddity),
    MetricFamily("tls_unverified", "1: the server that gets the API key is not verified.", (), tls_unverified),
)
OF_NODES = MetricFamily("node", "1 for a node's role and verdict.", ("node", "role", "verdict"), node)


def families(entries: Sequence[ResourceEntry], with_nodes: bool = False) -> Iterator[Family]:
    """The metric families, computed from the entries while they are read. `with_nodes`: also a series for each node."""
    client = [ClientSample(status_of(entry), entry) for entry in entries]
    for row in (*FAMILIES, OF_NODES) if with_nodes else FAMILIES:
        samples = (((*one.record.ref, *labels), value) for one in client for labels, value in row.samples(one))
        yield Family(f"wahealth_client_{row.name}", row.text, (*_CLIENT, *row.labels), samples, row.kind)


def status_of(entry: ResourceEntry) -> Status:
    """The status that this process has confirmed; the written one until then. A suspended resource's is suspended."""
    state = entry.state
    if state is None or state.confirmed is None:
        return entry.written
    confirmed = state.confirmed.status
    return suspended(confirmed, entry.generation) if entry.desired.suspended else confirmed
