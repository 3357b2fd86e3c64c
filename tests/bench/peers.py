"""Other probers and ours on the same targets, in one run: CPU and memory of each, and what the targets saw of it.

blackbox_exporter, gatus and cloudprober are built from their Go modules, once. Each is told to ask `GET /v1/health`
of every target once a period, with the API key, over TLS, and to look into the body; each keeps its connections where
it can. Fair to them: no history beyond one result, no logs, starts spread over the period. blackbox_exporter asks
when it is asked, so a driver of a few lines does what Prometheus would; its CPU is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from process import cpu, machine, peak
from targets import KEY, PORT, Targets, host, serving

from wahealth.playground.cluster.binaries import cache

OWN_PORT = 19115
LOADS = ((1_000, 10.0), (10_000, 30.0))
WINDOW = 60.0


@dataclass(frozen=True)
class Module:
    package: str
    module: str
    version: str

    def program(self) -> Path:
        """Built where it is not yet; a pause between starts that no setting has is replaced by one that we say."""
        built = cache() / "bench" / f"{self.package.rstrip('/').rpartition('/')[2]}-{self.version}"
        if not built.exists():
            print(f"building {self.module} {self.version}", file=sys.stderr)
            place = cache() / "build" / built.name
            place.mkdir(parents=True, exist_ok=True)
            environment = {**os.environ, "CGO_ENABLED": "0"}
            if not (place / "go.mod").exists():
                subprocess.run(["go", "mod", "init", "peer"], cwd=place, check=True, capture_output=True)
            subprocess.run(
                ["go", "get", f"{self.package}@{self.version}"],
                cwd=place,
                check=True,
                env=environment,
                capture_output=True,
            )
            self._ready_to_build(place)
            subprocess.run(["go", "build", "-o", str(built), self.package], cwd=place, check=True, env=environment)
        return built

    def _ready_to_build(self, place: Path) -> None:
        """gatus begins its endpoints 222 ms apart, 37 minutes for 10,000: it is told how long instead."""
        if "gatus" not in self.module:
            return
        listed = subprocess.run(
            ["go", "list", "-m", "-f", "{{.Dir}}", self.module], cwd=place, check=True, capture_output=True, text=True
        )
        copy = place / "gatus"
        subprocess.run(["cp", "-r", listed.stdout.strip(), str(copy)], check=True)
        subprocess.run(["chmod", "-R", "u+w", str(copy)], check=True)
        watchdog = copy / "watchdog" / "watchdog.go"
        watchdog.write_text(
            watchdog.read_text().replace("time.Sleep(222 * time.Millisecond)", "time.Sleep(stagger)", 1)
        )
        (copy / "watchdog" / "stagger.go").write_text(
            'package watchdog\n\nimport (\n\t"os"\n\t"time"\n)\n\n'
            'var stagger, _ = time.ParseDuration(os.Getenv("STAGGER"))\n'
        )
        subprocess.run(["go", "mod", "edit", "-replace", f"{self.module}=./gatus"], cwd=place, check=True)


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
    targets = load.write("targets.txt", "".join(f"{each}:{PORT}\n" for each in load.hosts))
    fleet = str(Path(__file__).with_name("fleet.py"))
    argv = [sys.executable, fleet, "--targets", targets, "--period", f"{load.period:g}"]
    return Command([*argv, "--key", str(load.targets.key), "--ca", str(load.targets.ca)])


def gatus(load: Load) -> Command:
    endpoints = [
        {
            "name": f"c{number:05}",
            "url": f"https://{each}:{PORT}/v1/health",
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
    listed = "".join(f'resource {{ name: "c{i}" ip: "{each}" port: {PORT} }}\n' for i, each in enumerate(load.hosts))
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


async def drive(load: Load) -> None:
    """Asks blackbox_exporter for each target once a period."""
    async with httpx.AsyncClient(trust_env=False, timeout=10, limits=httpx.Limits(max_connections=64)) as client:

        async def ask(each: str) -> None:
            query = {"module": "waweb", "target": f"https://{each}:{PORT}/v1/health"}
            await client.get(f"http://127.0.0.1:{OWN_PORT}/probe", params=query)

        loop, began = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for turn in range(1_000_000):
                due = began + turn * load.period / load.n
                await asyncio.sleep(max(0.0, due - loop.time()))
                group.create_task(ask(load.hosts[turn % load.n]))


PROBERS: dict[str, Callable[[Load], Command]] = {
    "wahealth": ours,
    "gatus 5.36": gatus,
    "cloudprober 0.14.4": cloudprober,
    "blackbox 0.28": blackbox,
}


def measure(name: str, load: Load) -> None:
    command = PROBERS[name](load)
    process = subprocess.Popen(command.argv, env={**os.environ, **command.env}, stdout=subprocess.DEVNULL)
    driver = None
    try:
        time.sleep(2)
        if command.driven:
            argv = [sys.executable, __file__, "--drive", str(load.n), f"{load.period:g}"]
            driver = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
        load.targets.until_seen(load.n, 3 * load.period + 60)
        time.sleep(min(10, load.period))
        used = cpu(process.pid)
        window = load.targets.window(load.n, load.period, WINDOW)
        used = cpu(process.pid) - used
        each = 1000 * used / max(1, window["Requests"])
        figures = f"{each:>10.2f} {peak(process.pid):>10.0f} {window['MissedPercent']:>10.2f}"
        print(f"  {name:<20} {figures} {1000 * window['LateP99']:>12.0f} {window['Handshakes']:>12}", flush=True)
    finally:
        for one in filter(None, (driver, process)):
            one.terminate()
            one.wait()


def main() -> None:
    print(f"\nProbers on the same targets ({machine()})")
    for n, period in LOADS:
        print(f"\n  {n:,} targets every {period:g} s{'':<4} ms a probe    peak MB   missed %  late p99 ms  connections")
        for name in PROBERS:
            with serving() as targets:
                measure(name, Load(targets, n, period))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drive", nargs=2, metavar=("N", "PERIOD"))
    arguments = parser.parse_args()
    if arguments.drive:
        asyncio.run(drive(Load(Targets(Path()), int(arguments.drive[0]), float(arguments.drive[1]))))
    else:
        main()
