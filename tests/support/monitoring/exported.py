"""The page that Prometheus scrapes, and the names on it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from wahealth.kube.entry import ResourceEntry
from wahealth.kube.process import client_metrics
from wahealth.telemetry import metrics
from wahealth.telemetry.exposition import exposition


def page(entries: list[ResourceEntry], accept: str = "", with_nodes: bool = False) -> str:
    """As `/metrics` shows these resources, in the format that `accept` asks for."""
    families = client_metrics.families(entries, with_nodes)
    return b"".join(exposition(metrics.REGISTRY, families, accept)[1]).decode()


def labels_of(text: str) -> dict[str, set[str]]:
    """By name of a sample on the page: the names of its labels."""
    return {
        sample.name: set(sample.labels) for family in text_string_to_metric_families(text) for sample in family.samples
    }
