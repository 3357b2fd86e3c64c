"""One namespace with 200 resources, each asked every five seconds and each with the dearest answer known, which is
more than a core can do: nobody else comes late for it, and kubelet finds the process alive."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest

from support import crowd
from support.scripted import KEY
from wahealth.playground.cluster.command_lines import free_ports

SECONDS = 40.0
READERS = 50
PROGRAM = crowd.__file__


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


class Readers:
    """Ask for `/livez` over and over, each time on a connection of its own, as kubelet does."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.took: list[float] = []
        self.bad: list[str | bytes] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._read, daemon=True) for _ in range(READERS)]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        while not self._over.wait(0.5):
            began = time.monotonic()
            kubelet = HTTPConnection(self._address, timeout=10)
            try:
                kubelet.request("GET", "/livez")
                found = kubelet.getresponse()
                self.bad += [] if found.status == HTTPStatus.OK else [found.read()]
            except OSError as error:
                self.bad.append(type(error).__name__)
            finally:
                kubelet.close()
            self.took.append(time.monotonic() - began)


def part(values: list[float], of: float) -> float:
    return sorted(values)[int(len(values) * of)]


def answers(address: str) -> None:
    """Waits for it."""
    until = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"http://{address}/livez", trust_env=False)
            return
        except httpx.TransportError:
            assert time.monotonic() < until
            time.sleep(0.1)


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("crowd") / "ca")


@pytest.fixture(scope="module")
def web_pods(ca: str) -> Iterator[str]:
    """Their port."""
    with running(PROGRAM, "serve", ca) as server:
        yield said(server).strip()


@pytest.fixture(scope="module")
def report(web_pods: str, ca: str) -> dict[str, Any]:
    """Of the process itself, and in `livez` how long each answer took."""
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    with running(PROGRAM, "operate", web_pods, ca, f":{port}", str(SECONDS)) as operator:
        answers(address)
        with Readers(address) as readers:
            time.sleep(SECONDS - 2)
        return {**json.loads(said(operator)), "livez": readers.took, "bad": readers.bad}


@pytest.mark.alone
def test_the_others_are_asked_in_time(report: dict[str, Any]) -> None:
    assert report["others"] >= crowd.OTHERS * (SECONDS / crowd.PERIOD - 1)
    assert part(report["late"], 0.99) < 1.0
    assert report["ready"]


@pytest.mark.alone
def test_kubelet_finds_it_alive_within_a_second(report: dict[str, Any]) -> None:
    assert len(report["livez"]) > READERS * SECONDS / 2
    assert report["bad"] == []
    assert max(report["livez"]) < 1.0


@pytest.mark.alone
def test_the_dear_ones_are_asked_with_what_is_left(report: dict[str, Any]) -> None:
    assert report["dear"] > 300


@pytest.mark.alone
def test_kubelet_finds_a_sidecar_alive_within_a_second(web_pods: str, tmp_path: Path) -> None:
    (port,), key = free_ports(1), tmp_path / "key"
    key.write_bytes(KEY)
    flags = [f"--upstream=https://{crowd.DEAR_HOST}:{web_pods}", "--insecure", f"--api-key-file={key}", "--period=1"]
    address = f"127.0.0.1:{port}"
    with running("-m", "wahealth", "sidecar", *flags, f"--listen=:{port}"):
        answers(address)
        with Readers(address) as readers:
            time.sleep(10)
        page = httpx.get(f"http://{address}/metrics", trust_env=False).text
    asked = re.findall(r"^wahealth_sidecar_probes_total\{.*\} (\d+)", page, re.MULTILINE)
    assert sum(map(int, asked)) >= 2
    assert readers.bad == []
    assert max(readers.took) < 1.0
