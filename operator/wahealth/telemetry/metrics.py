"""The operator's metrics about itself. Their names are public; `docs/metrics.md` lists them all.

Metrics about resources are not counted here but made for each scrape (`kube.process.client_metrics`).
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30)

probe_duration = Histogram(
    "wahealth_probe_duration_seconds",
    "Duration of a probe, from its turn to its answer, by result.",
    ["result"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
probe_lateness = Histogram(
    "wahealth_probe_lateness_seconds",
    "Delay of a round, from the time it was due to its start.",
    buckets=_SECONDS,
    registry=REGISTRY,
)
postponed = Counter(
    "wahealth_rounds_postponed_total",
    "Rounds that were late because their namespace cost more than its share.",
    registry=REGISTRY,
)
probes_in_flight = Gauge("wahealth_probes_in_flight", "Probes in flight.", registry=REGISTRY)
probes = Counter("wahealth_probes_total", "Probes, by result.", ["result"], registry=REGISTRY)


class ProbeMetrics(NamedTuple):
    """What is counted of each probe with the same result."""

    probes: Counter
    duration: Histogram

    def ended(self, seconds: float) -> None:
        """A probe took so long."""
        self.probes.inc()
        self.duration.observe(seconds)


@cache
def of_probes(result: str) -> ProbeMetrics:
    """Found once for each result, because finding takes longer than counting."""
    return ProbeMetrics(probes.labels(result), probe_duration.labels(result))


proxy_faults = Counter(
    "wahealth_egress_proxy_faults_total",
    "Rounds that do not count because the egress proxy failed, by what is wrong with it.",
    ["trouble"],
    registry=REGISTRY,
)
status_writes = Counter("wahealth_status_writes_total", "Writes of a status, by result.", ["result"], registry=REGISTRY)
events = Counter(
    "wahealth_events_total", "Events posted, by reason and result.", ["reason", "result"], registry=REGISTRY
)
api_requests = Counter(
    "wahealth_api_requests_total",
    "Requests to the API server, by verb and HTTP status; code `none`: there was no answer.",
    ["verb", "code"],
    registry=REGISTRY,
)
watch_refused = Gauge(
    "wahealth_watch_refused",
    "1: the operator may not list or watch this kind in this namespace, or in all if empty; it keeps trying.",
    ["namespace", "resource"],
    registry=REGISTRY,
)
leader = Gauge("wahealth_leader", "1: this replica is the leader of the shard.", ["shard"], registry=REGISTRY)
isolated = Gauge(
    "wahealth_observer_isolated",
    "1: verdicts on this path are frozen, because most of the fleet was lost at once.",
    ["path"],
    registry=REGISTRY,
)
late = Counter(
    "wahealth_event_loop_late_total", "How often this process itself was late by more than a second.", registry=REGISTRY
)
bugs = Counter(
    "wahealth_internal_errors_total",
    "Internal errors of the operator, by where they were caught.",
    ["where"],
    registry=REGISTRY,
)
log_lines_dropped = Counter(
    "wahealth_log_lines_dropped_total",
    "Log lines that were dropped because stderr did not take them in time.",
    registry=REGISTRY,
)
build_info = Gauge("wahealth_build_info", "The running version, as a label.", ["version"], registry=REGISTRY)
build_info.labels(version("wahealth-operator")).set(1)
