"""What Prometheus reads of each resource: made when it is asked for, from what is confirmed.

A series exists for what holds, with the value 1, and not for what does not: some 14 a resource instead of 40. Labels of
a resource are `namespace` and `name`; no message and no address is ever a label. Only who asks for a resource tells of
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from wahealth.core.hysteresis.desired import suspended
from wahealth.core.status import Status
from wahealth.kube.entry import ResourceEntry
from wahealth.telemetry.exposition import Family

_CLIENT = ("namespace", "name")

Labels = tuple[str, ...]
Sample = tuple[Labels, float]  # without namespace and name


class Told(NamedTuple):
    """A resource, as it is told of."""

    status: Status
    record: ResourceEntry


class Row(NamedTuple):
    """A family, by what one resource has of it. Its name comes after `wahealth_client_`."""

    name: str
    text: str
    labels: Labels
    samples: Callable[[Told], Iterable[Sample]]
    kind: Literal["gauge", "counter"] = "gauge"


def info(told: Told) -> Iterator[Sample]:
    yield (told.status.mode or "", told.status.client_version or ""), 1.0


def condition(told: Told) -> Iterator[Sample]:
    for one in told.status.conditions:
        yield (one.type, one.status.lower()), 1.0


def gateway(told: Told) -> Iterator[Sample]:
    yield (told.status.gateway,), 1.0


def connected_coreapps(told: Told) -> Iterator[Sample]:
    if told.status.connected and told.status.connected.current is not None:
        yield (), float(told.status.connected.current)


def expected_coreapps(told: Told) -> Iterator[Sample]:
    if told.status.connected:
        yield (), float(told.status.connected.expected)


def tolerable_failures(told: Told) -> Iterator[Sample]:
    if told.status.redundancy:
        yield (), float(told.status.redundancy.tolerable_failures)


def failovers(told: Told) -> Iterator[Sample]:
    for kind, times in tuple(told.record.failovers.items()):
        yield (kind,), float(times)


def last_probe(told: Told) -> Iterator[Sample]:
    if told.record.last_probe is not None:
        yield (), told.record.last_probe


def probe_period(told: Told) -> Iterator[Sample]:
    if not told.record.expected.suspended:
        yield (), told.record.timing.period


def token_expiry(told: Told) -> Iterator[Sample]:
    if told.status.credentials and told.status.credentials.token_expiry_time:
        yield (), told.status.credentials.token_expiry_time.timestamp()


def tls_not_after(told: Told) -> Iterator[Sample]:
    if told.status.tls:
        yield (), told.status.tls.not_after.timestamp()


def client_certificate_not_after(told: Told) -> Iterator[Sample]:
    if told.status.client_certificate:
        yield (), told.status.client_certificate.not_after.timestamp()


def tls_unverified(told: Told) -> Iterator[Sample]:
    spec = told.record.spec
    if spec is not None and (spec.target.scheme == "HTTP" or (spec.tls and spec.tls.verification == "None")):
        yield (), 1.0


def flapping(told: Told) -> Iterator[Sample]:
    if told.record.state is not None and told.record.state.flapping:
        yield (), 1.0


def oddity(told: Told) -> Iterator[Sample]:
    """Of what is confirmed by this process; a Warning tells of each."""
    state = told.record.state
    if state is not None and state.confirmed is not None:
        for one in sorted(state.confirmed.anomalies):
            yield (one.value,), 1.0


def node(told: Told) -> Iterator[Sample]:
    """Of nodes that are seen: what was seen last is no state of now."""
    seen = told.status.connected is not None and told.status.connected.current is not None
    for one in told.status.nodes if seen else ():
        yield (one.name, one.role or "", one.verdict), 1.0


ROWS: tuple[Row, ...] = (
    Row("info", "The client: its mode and the version it runs.", ("mode", "version"), info),
    Row("condition", "1 for the status that a condition has.", ("type", "status"), condition),
    Row("gateway", "1 for the state of the client's gateway.", ("state",), gateway),
    Row("connected_coreapps", "Connected coreapps.", (), connected_coreapps),
    Row("expected_coreapps", "Coreapps that are to be connected.", (), expected_coreapps),
    Row("tolerable_failures", "Coreapps that may fail before a connection is lost.", (), tolerable_failures),
    Row("failovers", "Roles that moved, by kind.", ("kind",), failovers, "counter"),
    Row("last_probe_timestamp_seconds", "When the client was asked last.", (), last_probe),
    Row("probe_period_seconds", "How often the client is asked.", (), probe_period),
    Row("token_expiry_timestamp_seconds", "When the token that is signed in with ends.", (), token_expiry),
    Row("tls_not_after_timestamp_seconds", "When the certificate that waweb presents ends.", (), tls_not_after),
    Row(
        "client_certificate_not_after_timestamp_seconds",
        "When the client certificate that is shown to waweb ends.",
        (),
        client_certificate_not_after,
    ),
    Row("flapping", "1: the client goes up and down too often for each change to be told.", (), flapping),
    Row("oddity", "1 for what should not be and decides nothing, by its event's reason.", ("kind",), oddity),
    Row("tls_unverified", "1: nobody verifies whom the API key is sent to.", (), tls_unverified),
)
OF_NODES = Row("node", "1 for what a node of the client is.", ("node", "role", "verdict"), node)


def families(entries: Sequence[ResourceEntry], with_nodes: bool = False) -> Iterator[Family]:
    """One family after the other, from what the records say when it is asked for."""
    told = [Told(status_of(entry), entry) for entry in entries]
    for row in (*ROWS, OF_NODES) if with_nodes else ROWS:
        samples = (((*one.record.ref, *labels), value) for one in told for labels, value in row.samples(one))
        yield Family(f"wahealth_client_{row.name}", row.text, (*_CLIENT, *row.labels), samples, row.kind)


def status_of(entry: ResourceEntry) -> Status:
    """As confirmed, and suspended where it is; as written, where nobody has looked since this process began."""
    state = entry.state
    if state is None or state.confirmed is None:
        return entry.written
    confirmed = state.confirmed.status
    return suspended(confirmed, entry.generation) if entry.expected.suspended else confirmed
