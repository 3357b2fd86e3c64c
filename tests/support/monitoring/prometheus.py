"""A real Prometheus server that scrapes the operator each second, evaluates the alerts, and is asked over HTTP."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.command_lines import HOST, free_ports
from wahealth.playground.cluster.control_plane import ControlPlane
from wahealth.playground.cluster.processes import ManagedProcess
from wahealth.playground.environment import NeverCame, until

ALERTS = Path(__file__).parents[3] / "manifests" / "monitoring" / "alerts.yaml"
JOB = "wahealth"
_WINDOW = 15  # seconds of a range

Found = list[dict[str, Any]]


class Refused(Exception):
    """What Prometheus says of a query that it does not take."""


class Prometheus:
    """The HTTP API, as Grafana uses it."""

    def __init__(self, process: ManagedProcess, http: httpx.Client) -> None:
        self.process = process
        self._http = http

    def instant(self, expression: str) -> Found:
        found: Found = self._data("query", {"query": expression})["result"]
        return found

    def range(self, expression: str) -> Found:
        """Of the last seconds, one after the other."""
        now = time.time()
        asked: dict[str, str | float] = {"query": expression, "start": now - _WINDOW, "end": now, "step": 1}
        found: Found = self._data("query_range", asked)["result"]
        return found

    def label_values(self, label: str, selector: str) -> list[str]:
        found: list[str] = self._data(f"label/{label}/values", {"match[]": selector})
        return found

    def targets(self) -> Found:
        found: Found = self._data("targets", {"state": "active"})["activeTargets"]
        return found

    def rules(self) -> Found:
        return [rule for group in self._data("rules")["groups"] for rule in group["rules"]]

    def own(self) -> dict[str, float]:
        """Its own metrics, those without labels."""
        page = self._http.get("/metrics").raise_for_status().text
        samples = (sample for family in text_string_to_metric_families(page) for sample in family.samples)
        return {sample.name: sample.value for sample in samples if not sample.labels}

    def ready(self) -> bool:
        try:
            return self._http.get("/-/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _data(self, path: str, asked: Mapping[str, str | float] | None = None) -> Any:
        answer = self._http.get(f"/api/v1/{path}", params=asked)
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            answer.raise_for_status()
        said = answer.json()
        if said["status"] != "success":
            raise Refused(f"{said['errorType']}: {said['error']}")
        return said["data"]


@contextmanager
def scraping(plane: ControlPlane, target: str, alerts: Path = ALERTS) -> Iterator[Prometheus]:
    """Under the plane's roof, with its data; `target` is host:port."""
    listen = f"{HOST}:{free_ports(1)[0]}"
    configuration = plane.directory / "prometheus.yaml"
    configuration.write_text(yaml.safe_dump(_configuration(target, alerts)))
    flags = {
        "config.file": configuration,
        "storage.tsdb.path": plane.directory / "prometheus",
        "web.listen-address": listen,
        "log.level": "warn",
    }
    program = provide(["prometheus"], say=lambda text: print(text, file=sys.stderr))["prometheus"]
    process = plane.start("prometheus", [str(program), *(f"--{name}={value}" for name, value in flags.items())])
    with httpx.Client(base_url=f"http://{listen}", trust_env=False, timeout=10) as http:
        running = Prometheus(process, http)
        try:
            until(running.ready, "Prometheus is ready", 60)
        except NeverCame as never:
            raise NeverCame(f"{never}:\n{process.log_tail()}") from None
        try:
            yield running
        finally:
            process.stop()


def _configuration(target: str, alerts: Path) -> dict[str, Any]:
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(alerts)],
        "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": [target]}]}],
    }
