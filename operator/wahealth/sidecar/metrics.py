"""The sidecar's metrics for Prometheus, named as the operator's, with the prefix `wahealth_sidecar_`."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from wahealth.core.readiness.depth import Depth
from wahealth.core.status import ConditionStatus, Gateway
from wahealth.sidecar.rounds import Rounds
from wahealth.sidecar.settings import Settings

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_PREFIX = "wahealth_sidecar"


class _Collector:
    def __init__(self, rounds: Rounds, settings: Settings, now: float) -> None:
        self._rounds, self._settings, self._now = rounds, settings, now

    def collect(self) -> Iterator[Metric]:
        rounds, status = self._rounds, self._rounds.status
        ready = GaugeMetricFamily(f"{_PREFIX}_ready", "1: the pod is ready, by depth.", labels=["depth"])
        for depth in Depth:
            ready.add_metric([depth], float(rounds.kept.readiness.at(depth)))
        yield ready
        gateway = GaugeMetricFamily(
            f"{_PREFIX}_client_gateway",
            "The client's confirmed gateway state: 1 for the state that holds.",
            labels=["state"],
        )
        for state in Gateway:
            gateway.add_metric([state], float(status.gateway is state))
        yield gateway
        if status.connected is not None:
            if status.connected.current is not None:
                yield GaugeMetricFamily(
                    f"{_PREFIX}_client_connected_coreapps", "Connected coreapps.", status.connected.current
                )
            yield GaugeMetricFamily(
                f"{_PREFIX}_client_expected_coreapps", "Coreapps that should be connected.", status.connected.expected
            )
        probes = CounterMetricFamily(f"{_PREFIX}_probes", "Probes, by result.", labels=["result"])
        for result, count in sorted(rounds.counts.items()):
            probes.add_metric([result], float(count))
        yield probes
        if rounds.answered is not None:
            age = self._now - rounds.answered
            yield GaugeMetricFamily(
                f"{_PREFIX}_last_answer_age_seconds", "Seconds since the last answer of the upstream.", age
            )
        if (taken := rounds.credentials.status) is not ConditionStatus.UNKNOWN:
            help_ = "1: the client accepts the mounted credential; absent until it was tried."
            yield GaugeMetricFamily(f"{_PREFIX}_credentials_valid", help_, float(taken is ConditionStatus.TRUE))
        role = rounds.kept.own.role if rounds.kept.own and rounds.kept.own.role else ""
        info = GaugeMetricFamily(
            f"{_PREFIX}_info",
            "The role of the pod, mode and version of the client, as labels.",
            labels=["pod_role", "role", "mode", "version"],
        )
        info.add_metric([self._settings.identity.role, role, status.mode or "", status.client_version or ""], 1.0)
        yield info


def exposition(rounds: Rounds, settings: Settings, now: float) -> bytes:
    """The page in Prometheus' text format; `now` is in monotonic seconds."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(rounds, settings, now))
    return bytes(generate_latest(registry))
