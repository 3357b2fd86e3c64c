"""Connections that only stand open, against both servers, as processes that may have few descriptors."""

from __future__ import annotations

import contextlib
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from wahealth.playground.cluster.command_lines import free_ports

HOST = "127.0.0.1"
DESCRIPTORS = 128
ENDPOINTS = """
import asyncio, os, sys
from wahealth.kube.process.http_server import HealthServer
from wahealth.telemetry import logs

async def serve(port, left):
    async with HealthServer(list, list, list).listening(f":{port}"):
        taken = []
        if left:
            while len(os.listdir("/proc/self/fd")) < 128 - left:
                taken.append(open(os.devnull))
        await asyncio.sleep(60)

with logs.written("debug", "text"):
    asyncio.run(serve(*map(int, sys.argv[1:])))
"""


@dataclass
class Served:
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def is_live(self) -> bool:
        """On a connection of its own and within a second, as kubelet asks."""
        try:
            return httpx.get(f"http://{HOST}:{self.port}/livez", timeout=1, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


def few_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


@contextlib.contextmanager
def running(argv: list[str], port: int, log: Path) -> Iterator[Served]:
    with log.open("wb") as stderr:
        process = subprocess.Popen(argv, stderr=stderr, preexec_fn=few_descriptors)  # noqa: PLW1509 - no threads here
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
                break
            time.sleep(0.1)
        yield Served(port, process, log)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def sidecar(folder: Path) -> Iterator[Served]:
    port, nobody = free_ports(2)
    (folder / "key").write_text("an-invented-key-0123")
    argv = [sys.executable, "-m", "wahealth", "sidecar", f"--upstream=http://{HOST}:{nobody}", "--period=1"]
    argv += [f"--api-key-file={folder / 'key'}", f"--listen=:{port}", "--log-level=debug"]
    with running(argv, port, folder / "log") as served:
        yield served


@contextlib.contextmanager
def endpoints(folder: Path, left: int = 0) -> Iterator[Served]:
    (port,) = free_ports(1)
    with running([sys.executable, "-c", ENDPOINTS, str(port), str(left)], port, folder / "log") as served:
        yield served


class Idle:
    """So many connections, each with half a request; whichever is closed is made anew."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self._open = [self._connected() for _ in range(count)]

    def _connected(self) -> socket.socket:
        made = socket.socket()
        made.setblocking(False)
        made.connect_ex((HOST, self._port))
        return made

    def again(self) -> int:
        """How many had been closed."""
        readable = select.poll()
        for one in self._open:
            readable.register(one, select.POLLIN)
        closed = {descriptor for descriptor, _ in readable.poll(0)}
        for place, one in enumerate(self._open):
            if one.fileno() in closed:
                one.close()
                self._open[place] = self._connected()
            else:
                with contextlib.suppress(OSError):
                    one.send(b"GET /")
        return len(closed)

    def close(self) -> None:
        for one in self._open:
            one.close()


@pytest.mark.alone
@pytest.mark.parametrize("serve", [sidecar, endpoints])
def test_more_idle_connections_than_descriptors_keep_kubelet_not_out(
    serve: Callable[[Path], contextlib.AbstractContextManager[Served]], tmp_path: Path
) -> None:
    with serve(tmp_path) as served:
        idle = Idle(served.port, 2 * DESCRIPTORS)
        closed = 0
        with contextlib.closing(idle):
            until = time.monotonic() + 4
            while time.monotonic() < until:
                closed += idle.again()
                assert served.is_live()
                held = len(list(Path(f"/proc/{served.process.pid}/fd").iterdir()))
                assert held < DESCRIPTORS / 2
        assert closed > DESCRIPTORS
        log = served.log.read_text()
    assert "Traceback" not in log
    assert "descriptor" not in log
    assert "ObserverFault" not in log


def test_without_a_descriptor_it_is_said_once_a_minute(tmp_path: Path) -> None:
    with endpoints(tmp_path, left=3) as served:
        idle = Idle(served.port, 20)
        with contextlib.closing(idle):
            time.sleep(2.5)
            idle.again()
        until = time.monotonic() + 20
        while not served.is_live():
            assert time.monotonic() < until
        log = served.log.read_text()
    assert log.count("no file descriptor is left for a connection") == 1
    assert "Traceback" not in log
    assert len(log.splitlines()) < 5, log
