"""A release in a registry of its own on loopback: what is pushed is what is pulled, and what is installed."""

from __future__ import annotations

import os
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import pytest
import yaml

from release import chart
from release.source import Release
from support.rendered import CHART, ROOT, helm
from wahealth.playground.cluster.binaries import BinariesMissing, provide
from wahealth.playground.cluster.command_lines import free_ports
from wahealth.playground.cluster.processes import ManagedProcess

STARTS_WITHIN = 60.0  # seconds
VERSION = str(yaml.safe_load((CHART / "Chart.yaml").read_text())["version"])


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its host and port."""
    folder = tmp_path_factory.mktemp("registry")
    try:
        program = provide(["registry"], say=lambda said: print(said, file=sys.stderr))["registry"]
    except BinariesMissing as error:
        pytest.skip(str(error))
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
        until_it_answers(port)
        yield f"127.0.0.1:{port}"
    finally:
        running.stop()


def until_it_answers(port: int) -> None:
    end = monotonic() + STARTS_WITHIN
    while monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=5):
            return
        sleep(0.1)
    pytest.fail(f"the registry does not answer within {STARTS_WITHIN} s")


def test_the_chart_is_installed_from_where_it_was_pushed(registry: str, tmp_path: Path) -> None:
    release = Release(VERSION, ROOT, tmp_path, "0" * 40, 1_790_000_000, "")
    (archive,) = chart.packaged(release)
    helm("push", str(archive), f"oci://{registry}/charts", "--plain-http")
    pulled = tmp_path / "pulled"
    pulled.mkdir()
    where = [f"oci://{registry}/charts/wahealth", "--plain-http", f"--version={VERSION}"]
    helm("pull", *where, f"--destination={pulled}")
    assert [one.read_bytes() for one in pulled.iterdir()] == [archive.read_bytes()]
    here = ["--kube-version=1.37.0", f"--set=image.registry={registry}"]
    rendered = helm("template", "wahealth", *where, *here)
    assert f'image: "{registry}/wahealth:{VERSION}"' in rendered
    assert documents(rendered) == documents(helm("template", "wahealth", str(CHART), *here))


def documents(rendered: str) -> list[object]:
    return [one for one in yaml.safe_load_all(rendered) if one]
