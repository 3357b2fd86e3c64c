"""What a probe costs: over a kept-alive TLS connection, over a new one, and what parked connections hold.

The server is a process of its own on loopback; CPU and memory are this process's. `make bench` prints it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import ssl
import statistics
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from bench.verdict import Resource, body, facts_of_outcome
from wahealth.core.answer import Answered
from wahealth.playground.pki import self_signed
from wahealth.probe import fd_limit
from wahealth.probe.client import Prober
from wahealth.probe.credential import api_key
from wahealth.probe.trust import Trust, skip_hostname
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest

ADDRESS = "127.0.0.1"
REPEATS, TURNS = 20, 100
PARKED = 10_000


def serve(ready: Connection, certificate: str) -> None:
    """A web server as small as can be: the same 33 nodes to everybody."""
    answer = body()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n".encode()

    class Waweb(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(head + answer)  # type: ignore[attr-defined]

    async def main() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server = await asyncio.get_running_loop().create_server(Waweb, ADDRESS, 0, ssl=context, backlog=4096)
        ready.send(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    fd_limit.raise_limit()
    asyncio.run(main())


def rss() -> float:
    """MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def question(port: int, trust: Trust, host: str = ADDRESS) -> ProbeRequest:
    return ProbeRequest(HealthEndpoint(host, (ADDRESS,), port, trust), api_key(b"a-key-of-enough-characters"), 15)


async def kept_alive(port: int, trust: Trust) -> list[float]:
    """Probe, parse and verdict, as the operator does them in a settled round."""
    settled, took = Resource(), []
    async with Prober() as prober:
        asked = question(port, trust)
        for _ in range(REPEATS):
            start = time.process_time()
            for _ in range(TURNS):
                heard = await prober.ask(asked)
                settled.round(facts_of_outcome(heard.outcome))
            took.append((time.process_time() - start) / TURNS * 1e3)
    return sorted(took)


async def anew(port: int, trust: Trust) -> list[float]:
    took = []
    for _ in range(REPEATS):
        start = time.process_time()
        async with Prober() as prober:
            for turn in range(TURNS // 4):
                await prober.ask(question(port, trust, host=str(turn)))
        took.append((time.process_time() - start) / (TURNS // 4) * 1e3)
    return sorted(took)


async def parked(port: int, trust: Trust) -> float:
    """MiB that so many parked connections hold."""
    async with Prober(slots=100) as prober:
        await prober.ask(question(port, trust))
        before = rss()
        for start in range(0, PARKED, 50):
            hosts = range(start, start + 50)
            heard = await asyncio.gather(*(prober.ask(question(port, trust, str(host))) for host in hosts))
            assert all(isinstance(one.outcome, Answered) for one in heard)
        assert len(prober.pool) == PARKED, len(prober.pool)
        return rss() - before


def main() -> int:
    fd_limit.raise_limit()
    pem, key = self_signed("whatsapp-web", ["whatsapp-web"])
    ours, theirs = multiprocessing.Pipe()
    with tempfile.NamedTemporaryFile() as file:
        file.write(pem + key)
        file.flush()
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, file.name), daemon=True)
        server.start()
        port, trust = ours.recv(), skip_hostname(pem)
        print(f"{REPEATS} times {TURNS} probes of 33 nodes, ms of CPU a probe")
        print(f"{'':<36}{'least':>8}{'median':>8}{'goal':>8}")
        for name, goal, took in (
            ("kept-alive TLS, with the verdict", 0.35, asyncio.run(kept_alive(port, trust))),
            ("a new TLS connection", 1.5, asyncio.run(anew(port, trust))),
        ):
            print(f"{name:<36}{took[0]:>8.2f}{statistics.median(took):>8.2f}{goal:>8}")
        print(f"{PARKED} parked connections: {asyncio.run(parked(port, trust)):.0f} MiB (goal 350 MB)")
        server.terminate()
    return 0


if __name__ == "__main__":
    sys.exit(main())
