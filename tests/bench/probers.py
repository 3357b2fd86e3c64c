"""How each prober is told to ask the same of the same targets.

Fair to them: no history beyond one result, no logs, starts spread over the period, connections kept where it can keep
them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.gomodule import Module
from bench.targets import KEY, Targets, host

OWN_PORT = 19115
BLACKBOX = Module("github.com/prometheus/blackbox_exporter", "github.com/prometheus/blackbox_exporter", "v0.28.0")
GATUS = Module("github.com/TwiN/gatus/v5", "github.com/TwiN/gatus/v5", "v5.36.0")
CLOUDPROBER = Module(
    "github.com/cloudprober/cloudprober/cmd/cloudprober", "github.com/cloudprober/cloudprober", "v0.14.4"
)


@dataclass(frozen=True)
class Load:
    targets: Targets
    n: int
    period: float

    @property
    def hosts(self) -> list[str]:
        return [host(number) for number in range(self.n)]

    def write(self, name: str, content: str) -> str:
        path = self.targets.directory / name
        path.write_text(content)
        return str(path)


@dataclass(frozen=True)
class Command:
    argv: list[str]
    env: dict[str, str] = field(default_factory=dict)
    driven: bool = False


def ours(load: Load) -> Command:
    targets = load.write("targets.txt", "".join(f"{each}:{load.targets.port}\n" for each in load.hosts))
    fleet = str(Path(__file__).with_name("fleet.py"))
    argv = [sys.executable, fleet, "--targets", targets, "--period", f"{load.period:g}"]
    return Command([*argv, "--key", str(load.targets.key), "--ca", str(load.targets.ca)])


def ours_with_half_parked(load: Load) -> Command:
    """As with `--max-parked-connections` of half the targets."""
    return Command([*ours(load).argv, "--parked", str(load.n // 2)])


def gatus(load: Load) -> Command:
    endpoints = [
        {
            "name": f"c{number:05}",
            "url": f"https://{each}:{load.targets.port}/v1/health",
            "interval": f"{load.period:g}s",
            "headers": {"Authorization": f"Apikey {KEY}"},
            "client": {"insecure": True, "ignore-redirect": True, "timeout": "5s"},
            "conditions": ["[STATUS] == 200", "[BODY].health.gateway_status == connected"],
        }
        for number, each in enumerate(load.hosts)
    ]
    settings = {
        "metrics": True,
        "concurrency": 0,
        "storage": {"type": "memory", "maximum-number-of-results": 1, "maximum-number-of-events": 1},
        "web": {"address": "127.0.0.1", "port": OWN_PORT},
        "endpoints": endpoints,
    }
    path = load.write("gatus.yaml", json.dumps(settings))
    pause = f"{1e6 * load.period / load.n:.0f}us"
    return Command([str(GATUS.program())], {"GATUS_CONFIG_PATH": path, "GATUS_LOG_LEVEL": "ERROR", "STAGGER": pause})


def cloudprober(load: Load) -> Command:
    listed = "".join(
        f'resource {{ name: "c{i}" ip: "{each}" port: {load.targets.port} }}\n' for i, each in enumerate(load.hosts)
    )
    targets = load.write("targets.textpb", listed)
    settings = f"""
probe {{
  name: "waweb" type: HTTP interval: "{load.period * 1000:.0f}ms" timeout: "5000ms"
  targets {{ file_targets {{ file_path: "{targets}" }} }}
  http_probe {{
    scheme: HTTPS relative_url: "/v1/health" keep_alive: true max_idle_conns: {max(256, load.n)} max_redirects: 0
    interval_between_targets_msec: {max(1, round(load.period * 1000 / load.n))}
    header {{ key: "Authorization" value: "Apikey {KEY}" }}
    tls_config {{ disable_cert_validation: true }}
  }}
  validator {{ name: "code" http_validator {{ success_status_codes: "200" }} }}
  validator {{ name: "body" json_validator {{ jq_filter: ".health.gateway_status == \\"connected\\"" }} }}
}}
surfacer {{ type: PROMETHEUS }}
host: "127.0.0.1" port: {OWN_PORT}
"""
    return Command(
        [
            str(CLOUDPROBER.program()),
            f"--config_file={load.write('cloudprober.cfg', settings)}",
            "--min_log_level=ERROR",
        ]
    )


def blackbox(load: Load) -> Command:
    http = {
        "method": "GET",
        "valid_status_codes": [200],
        "follow_redirects": False,
        "fail_if_not_ssl": True,
        "preferred_ip_protocol": "ip4",
        "headers": {"Authorization": f"Apikey {KEY}"},
        "tls_config": {"insecure_skip_verify": True},
        "fail_if_body_not_matches_regexp": ['"gateway_status"\\s*:\\s*"connected"'],
    }
    path = load.write(
        "blackbox.yml", json.dumps({"modules": {"waweb": {"prober": "http", "timeout": "5s", "http": http}}})
    )
    argv = [str(BLACKBOX.program()), f"--config.file={path}", "--history.limit=1", "--log.level=error"]
    return Command([*argv, f"--web.listen-address=127.0.0.1:{OWN_PORT}"], driven=True)


PROBERS: dict[str, Callable[[Load], Command]] = {
    "wahealth": ours,
    "wahealth, half kept": ours_with_half_parked,
    "gatus 5.36": gatus,
    "cloudprober 0.14.4": cloudprober,
    "blackbox 0.28": blackbox,
}
