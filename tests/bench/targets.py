"""Starts the benchmark's targets: built from `target/` by Go once, told what to do over HTTP."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wahealth.playground.cluster.binaries import cache
from wahealth.playground.cluster.processes import ManagedProcess
from wahealth.playground.pki import self_signed

KEY = "0123456789abcdef0123456789abcdef0123456789abcdef"
NAME = "waweb.bench.test"
PORT, CONTROL = 18443, 18080
MOST = 10_000


@dataclass(frozen=True)
class Targets:
    directory: Path
    port: int = PORT
    control: int = CONTROL

    @property
    def key(self) -> Path:
        return self.directory / "key"

    @property
    def ca(self) -> Path:
        return self.directory / "ca.pem"

    def ask(self, page: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.control}{page}", timeout=120) as answer:
            return json.load(answer)

    def window(self, n: int, period: float, seconds: float) -> dict[str, Any]:
        """What arrives in so many seconds."""
        self.begin()
        time.sleep(seconds)
        return self.end(n, period)

    def begin(self) -> None:
        """A window begins."""
        self.ask("/start")

    def end(self, n: int, period: float) -> dict[str, Any]:
        """What has arrived in the window."""
        return dict(self.ask(f"/report?n={n}&period={period:g}s"))

    def until_seen(self, n: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.ask("/live")["Seen"] < n and time.monotonic() < deadline:
            time.sleep(0.5)


def host(number: int) -> str:
    return f"127.1.{number // 100}.{number % 100}"


def program() -> Path:
    """Built where it is not yet."""
    source, built = Path(__file__).parent / "target", cache() / "bench" / "target"
    if not built.exists() or built.stat().st_mtime < (source / "main.go").stat().st_mtime:
        subprocess.run(["go", "build", "-o", str(built), "."], cwd=source, check=True)
    return built


@contextlib.contextmanager
def serving(number: int = 0) -> Iterator[Targets]:
    """`number`: of several that serve at the same time."""
    with tempfile.TemporaryDirectory() as name:
        targets = Targets(Path(name), PORT + number, CONTROL + number)
        certificate, key = self_signed(NAME, [NAME])
        targets.key.write_text(KEY)
        targets.ca.write_bytes(certificate)
        pair = targets.directory / "pair.pem"
        pair.write_bytes(certificate + key)
        argv = [str(program()), "-listen", f"0.0.0.0:{targets.port}", "-control", f"127.0.0.1:{targets.control}"]
        argv += ["-key", str(targets.key), "-certificate", str(pair)]
        process = ManagedProcess.start("targets", argv, log=targets.directory / "log")
        try:
            for _ in range(100):
                with contextlib.suppress(OSError):
                    targets.ask("/live")
                    break
                time.sleep(0.1)
            yield targets
        finally:
            process.stop()
