"""A registry of images and charts on loopback, as small as there is one."""

from __future__ import annotations

import os
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import yaml

from wahealth.playground.cluster.binaries import provide
from wahealth.playground.cluster.command_lines import free_ports
from wahealth.playground.cluster.processes import ManagedProcess

_STARTS_WITHIN = 60.0  # seconds


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Its host and port, as long as it runs; it keeps everything in `folder`. Raises `BinariesMissing`."""
    program = provide(["registry"], say=lambda said: print(said, file=sys.stderr))["registry"]
    port = free_ports(1)[0]
    settings = folder / "config.yaml"
    storage = {"filesystem": {"rootdirectory": str(folder / "stored")}}
    http = {"addr": f"127.0.0.1:{port}", "secret": "of this test"}
    settings.write_text(yaml.safe_dump({"version": 0.1, "storage": storage, "http": http, "log": {"level": "error"}}))
    environment = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
    running = ManagedProcess.start(
        "registry", [str(program), "serve", str(settings)], log=folder / "log", env=environment
    )
    try:
        _until_it_answers(port)
        yield f"127.0.0.1:{port}"
    finally:
        running.stop()


def _until_it_answers(port: int) -> None:
    end = monotonic() + _STARTS_WITHIN
    while monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=5):
            return
        sleep(0.1)
    raise TimeoutError(f"the registry does not answer within {_STARTS_WITHIN} s")
