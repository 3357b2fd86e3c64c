"""What a sidecar costs and how fast it answers kubelet, beside its goals (operations.md, issue of the sidecar).

The sidecar is a process of its own, its upstream a scripted waweb in this one. Runs with `make bench`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from support.process import child_of
from support.scripted import KEY, answer, says, serving
from wahealth.playground.cluster.processes import ManagedProcess

HOST = "127.0.0.1"
IDLE, BURST, RATE, SECONDS = 2000, 2000, 200, 5


def rss(pid: int) -> float:
    """MB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@contextlib.contextmanager
def sidecar(upstream: int) -> Iterator[tuple[int, ManagedProcess]]:
    """Port and process."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
        free.close()
        key = Path(folder, "key")
        key.write_bytes(KEY)
        argv = [sys.executable, "-m", "wahealth", "sidecar", f"--upstream=https://{HOST}:{upstream}"]
        argv += [f"--api-key-file={key}", f"--listen={HOST}:{port}", "--period=1", "--timeout=1", "--log-level=error"]
        process = ManagedProcess.start("sidecar", argv, log=Path(folder, "log"))
        try:
            yield port, process
        finally:
            process.stop()


async def ask(port: int) -> tuple[float, bytes]:
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    said = await reader.read()
    writer.close()
    return time.perf_counter() - began, said


async def until_ready(port: int) -> None:
    while True:
        with contextlib.suppress(OSError):
            if (await ask(port))[1].startswith(b"HTTP/1.1 200"):
                return
        await asyncio.sleep(0.1)


async def bad_company(port: int) -> list[asyncio.StreamWriter]:
    """Idle, half a request, 64 KiB of headers, an unknown path that is never read."""
    sent = (b"", b"GET /readyz HT", b"GET / HTTP/1.1\r\nX: " + b"a" * 65536, b"GET /unknown HTTP/1.1\r\n")
    writers = []
    for number in range(IDLE):
        _, writer = await asyncio.open_connection(HOST, port)
        writer.write(sent[number % len(sent)])
        writers.append(writer)
    return writers


async def steady(port: int) -> list[float]:
    """Sorted seconds of each answer, at so many a second."""
    loop, took = asyncio.get_running_loop(), []
    begin = loop.time()
    for number in range(RATE * SECONDS):
        await asyncio.sleep(max(0.0, begin + number / RATE - loop.time()))
        took.append((await ask(port))[0])
    return sorted(took)


async def main() -> None:
    nodes = {
        f"10.0.0.{n}:core-{n}": {"gateway_status": "connected" if n < 4 else "disconnected", "role": "coreapp"}
        for n in range(33)
    }
    async with serving(says(answer(json.dumps({"health": nodes}).encode()), keep=True)) as served:
        with sidecar(served.port) as (port, process):
            await until_ready(port)
            await asyncio.sleep(3)
            print(f"{'resident at rest':<58}{rss(child_of(process.pid)):8.1f} MB   goal 35")
            writers = await bad_company(port)
            took = await steady(port)
            p50, p99 = (took[int(len(took) * q)] * 1000 for q in (0.5, 0.99))
            print(f"{f'/readyz at {RATE}/s beside {IDLE} bad connections, p50':<58}{p50:8.2f} ms")
            print(f"{'  p99':<58}{p99:8.2f} ms   goal 5")
            print(f"{'resident then':<58}{rss(child_of(process.pid)):8.1f} MB")
            began = time.perf_counter()
            said = await asyncio.gather(*(ask(port) for _ in range(BURST)))
            good = sum(body.startswith(b"HTTP/1.1 200") for _, body in said)
            print(f"{f'a burst of {BURST}, {good} answered in full':<58}{time.perf_counter() - began:8.2f} s    goal 1")
            print(f"{'resident after it':<58}{rss(child_of(process.pid)):8.1f} MB   goal 35")
            for writer in writers:
                writer.close()


def exec_probe() -> None:
    """CPU of one `wahealth check --ready`, the least of five."""
    environment = {**os.environ, "WA_API_KEY": KEY.decode()}
    argv = [sys.executable, "-m", "wahealth", "check", f"https://{HOST}:1", "--ready", "--insecure"]
    spent = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(argv, capture_output=True, check=False, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(f"{'wahealth check --ready, CPU':<58}{min(spent) * 1000:8.0f} ms   goal 300")


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"sidecar, Python {platform.python_version()}, {os.cpu_count()} cores")
    asyncio.run(main())
    exec_probe()
