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

    @property
    def key(self) -> Path:
        return self.directory / "key"

    @property
    def ca(self) -> Path:
        return self.directory / "ca.pem"

    def ask(self, page: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{CONTROL}{page}", timeout=120) as answer:
            return json.load(answer)

    def window(self, n: int, period: float, seconds: float) -> dict[str, Any]:
        """What arrives in so many seconds."""
        self.ask("/start")
        time.sleep(seconds)
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
def serving() -> Iterator[Targets]:
    with tempfile.TemporaryDirectory() as name:
        targets = Targets(Path(name))
        certificate, key = self_signed(NAME, [NAME])
        targets.key.write_text(KEY)
        targets.ca.write_bytes(certificate)
        pair = targets.directory / "pair.pem"
        pair.write_bytes(certificate + key)
        argv = [str(program()), "-listen", f"0.0.0.0:{PORT}", "-control", f"127.0.0.1:{CONTROL}"]
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
