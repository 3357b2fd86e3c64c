"""Programs of others, built from their Go modules once."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from wahealth.playground.cluster.binaries import cache


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
