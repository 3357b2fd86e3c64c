"""What Prometheus reads of each resource: made when it is asked for, from what is believed.

A series exists for what holds, with the value 1, and not for what does not: some 14 a resource instead of 40. Labels
of a resource are `namespace` and `name`; no message and no address is ever a label. Only who asks for a resource
tells of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from wahealth.core.status import Status
from wahealth.kube.record import Record

_CLIENT = ("namespace", "name")

Labels = tuple[str, ...]
Sample = tuple[Labels, float]


def families(records: Sequence[Record], with_nodes: bool = False) -> Iterator[Metric]:
    """One family after the other, so that no more than one is in memory. Reads the records, from another thread too."""
    told = [(_ref(record), status_of(record), record) for record in records]
    yield _gauge(
        "info",
        "The client: its mode and the version it runs.",
        ("mode", "version"),
        (((*ref, status.mode or "", status.client_version or ""), 1.0) for ref, status, _ in told),
    )
    yield _gauge(
        "condition",
        "1 for the status that a condition has.",
        ("type", "status"),
        (((*ref, one.type, one.status.lower()), 1.0) for ref, status, _ in told for one in status.conditions),
    )
    yield _gauge(
        "gateway",
        "1 for the state of the client's gateway.",
        ("state",),
        (((*ref, status.gateway), 1.0) for ref, status, _ in told),
    )
    yield _gauge(
        "connected_coreapps",
        "Connected coreapps.",
        (),
        ((ref, float(status.connected.current)) for ref, status, _ in told if status.connected),
    )
    yield _gauge(
        "expected_coreapps",
        "Coreapps that are to be connected.",
        (),
        ((ref, float(status.connected.expected)) for ref, status, _ in told if status.connected),
    )
    yield _gauge(
        "tolerable_failures",
        "Coreapps that may fail before a connection is lost.",
        (),
        ((ref, float(status.redundancy.tolerable_failures)) for ref, status, _ in told if status.redundancy),
    )
    failovers = CounterMetricFamily(
        "wahealth_client_failovers", "Roles that moved, by kind.", labels=(*_CLIENT, "kind")
    )
    for ref, _, record in told:
        for kind, times in tuple(record.failovers.items()):
            failovers.add_metric((*ref, kind), times)
    yield failovers
    yield _gauge(
        "last_probe_timestamp_seconds",
        "When the client was asked last.",
        (),
        ((ref, record.asked) for ref, _, record in told if record.asked is not None),
    )
    yield _gauge(
        "probe_period_seconds",
        "How often the client is asked.",
        (),
        ((ref, record.timing.period) for ref, _, record in told if not record.expected.suspended),
    )
    yield _gauge(
        "token_expiry_timestamp_seconds",
        "When the token that is signed in with ends.",
        (),
        (
            (ref, _seconds(status.credentials.token_expiry_time))
            for ref, status, _ in told
            if status.credentials and status.credentials.token_expiry_time
        ),
    )
    yield _gauge(
        "tls_not_after_timestamp_seconds",
        "When the certificate that the client presents ends.",
        (),
        ((ref, _seconds(status.tls.not_after)) for ref, status, _ in told if status.tls),
    )
    yield _gauge(
        "tls_unverified",
        "1: nobody verifies whom the API key is sent to.",
        (),
        ((ref, 1.0) for ref, _, record in told if _is_unverified(record)),
    )
    if with_nodes:
        yield _gauge(
            "node",
            "1 for what a node of the client is.",
            ("node", "role", "verdict"),
            (
                ((*ref, node.name, node.role or "", node.verdict), 1.0)
                for ref, status, _ in told
                for node in status.nodes
            ),
        )


def status_of(record: Record) -> Status:
    """As believed; as written, where nobody has looked since this process began."""
    history = record.history
    return history.believed.status if history and history.believed else record.written


def _gauge(name: str, text: str, labels: Labels, samples: Iterable[Sample]) -> Metric:
    family = GaugeMetricFamily(f"wahealth_client_{name}", text, labels=(*_CLIENT, *labels))
    for values, value in samples:
        family.add_metric(values, value)
    return family


def _ref(record: Record) -> Labels:
    return (record.ref.namespace, record.ref.name)


def _seconds(written: datetime) -> float:
    return written.timestamp()


def _is_unverified(record: Record) -> bool:
    spec = record.spec
    return spec is not None and (spec.target.scheme == "HTTP" or bool(spec.tls and spec.tls.verification == "None"))
