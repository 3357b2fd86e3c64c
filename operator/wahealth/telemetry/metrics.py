"""What the operator counts of itself, as Prometheus reads it. The names are public: `docs/metrics.md` has them
all.

What is told of each resource is not counted here but made when it is asked for (`kube.series`).
"""

from __future__ import annotations

from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30)

probe_duration = Histogram(
    "wahealth_probe_duration_seconds",
    "From the turn of a question to its answer, by what came of it.",
    ["result"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
probe_lateness = Histogram(
    "wahealth_probe_lateness_seconds",
    "From the time a round was due to its start.",
    buckets=_SECONDS,
    registry=REGISTRY,
)
postponed = Counter(
    "wahealth_rounds_postponed_total",
    "Rounds that were late because their namespace cost more than its share.",
    registry=REGISTRY,
)
probes_in_flight = Gauge("wahealth_probes_in_flight", "Questions under way.", registry=REGISTRY)
probes = Counter("wahealth_probes_total", "Questions asked, by what came of them.", ["result"], registry=REGISTRY)
proxy_faults = Counter(
    "wahealth_egress_proxy_faults_total",
    "Rounds that count for nothing because of the proxy before hosts of target.url, by what is wrong with it.",
    ["trouble"],
    registry=REGISTRY,
)
status_writes = Counter(
    "wahealth_status_writes_total", "Writes of a status, by what came of them.", ["result"], registry=REGISTRY
)
events = Counter(
    "wahealth_events_total", "Events told, by reason and what came of them.", ["reason", "result"], registry=REGISTRY
)
api_requests = Counter(
    "wahealth_api_requests_total",
    "Requests to the API server; code `none`: no answer came.",
    ["verb", "code"],
    registry=REGISTRY,
)
watch_refused = Gauge(
    "wahealth_watch_refused",
    "1: the operator may not list or watch this kind, in this namespace or, with none, in all; it tries again.",
    ["namespace", "resource"],
    registry=REGISTRY,
)
leader = Gauge("wahealth_leader", "Whether this replica leads, by shard.", ["shard"], registry=REGISTRY)
isolated = Gauge(
    "wahealth_observer_isolated",
    "Whether verdicts are frozen, by path, because most of the fleet was lost at once.",
    ["path"],
    registry=REGISTRY,
)
late = Counter(
    "wahealth_event_loop_late_total", "Times that this process itself was late by over a second.", registry=REGISTRY
)
bugs = Counter(
    "wahealth_internal_errors_total", "Bugs of ours, by where they were caught.", ["where"], registry=REGISTRY
)
log_lines_dropped = Counter(
    "wahealth_log_lines_dropped_total", "Log lines that nobody took in time.", registry=REGISTRY
)
build_info = Gauge("wahealth_build_info", "The version that runs.", ["version"], registry=REGISTRY)
build_info.labels(version("wahealth-operator")).set(1)
