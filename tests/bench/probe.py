"""What a probe costs: over a kept-alive TLS connection (of a client and of a phone number), over a new one, and what
parked connections hold.

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
from collections.abc import Awaitable, Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from bench.verdict import Resource, body, facts_of, facts_of_outcome
from support import phone_numbers
from wahealth.core.answer import Answered, NumberAnswer, PodOutcome
from wahealth.core.cloud.report import NumberReport
from wahealth.core.cloud.versions import DEFAULT
from wahealth.core.cloud.wanted import CloudDesired
from wahealth.core.facts import Desired, Facts
from wahealth.core.signin.kinds import Kind
from wahealth.playground.pki import self_signed
from wahealth.probe import fd_limit
from wahealth.probe.client import Prober
from wahealth.probe.cloud.graph_number import NumberAsker, number_path
from wahealth.probe.credential import api_key
from wahealth.probe.trust import Trust, skip_hostname
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest

ADDRESS = "127.0.0.1"
REPEATS, TURNS = 20, 100
KEPT, NUMBER, NEW = "kept-alive TLS, with the verdict", "the same for a phone number", "a new TLS connection"
PARKED = 10_000
USAGE = 'facebook-api-version: v26.0\r\nx-app-usage: {"call_count": 28, "total_cputime": 25, "total_time": 25}\r\n'


def serve(ready: Connection, certificate: str) -> None:
    """A web server as small as can be: the same 33 nodes to everybody; below a version of the Graph API a number."""
    nodes, number = _response(body()), _response(phone_numbers.body(), USAGE)

    class Waweb(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(number if data.startswith(b"GET /v2") else nodes)  # type: ignore[attr-defined]

    async def main() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server = await asyncio.get_running_loop().create_server(Waweb, ADDRESS, 0, ssl=context, backlog=4096)
        ready.send(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    fd_limit.raise_limit()
    asyncio.run(main())


def _response(body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def rss() -> float:
    """MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def question(port: int, trust: Trust, host: str = ADDRESS) -> ProbeRequest:
    return ProbeRequest(HealthEndpoint(host, (ADDRESS,), port, trust), api_key(b"a-key-of-enough-characters"), 15)


async def kept_alive(port: int, trust: Trust) -> list[float]:
    """Probe, parse and verdict, as the operator does them in a settled round."""
    settled, asked = Resource(facts_of(body())), question(port, trust)

    async def turn(prober: Prober) -> None:
        settled.round(facts_of_outcome((await prober.ask(asked)).outcome))

    return await repeated(turn)


async def number(port: int, trust: Trust) -> list[float]:
    """The same for a phone number of the Cloud API."""
    settled, ask = Resource(facts_of_number(phone_numbers.answer())), NumberAsker()
    asked = question(port, trust)
    asked = replace(asked, endpoint=replace(asked.endpoint, path=number_path(DEFAULT, "900000000000001")))

    async def turn(prober: Prober) -> None:
        settled.round(facts_of_number((await ask(prober, asked)).outcome))

    return await repeated(turn)


def facts_of_number(outcome: NumberAnswer) -> Facts:
    assert isinstance(outcome, NumberReport), outcome
    desired = Desired(signs_in_by=Kind.TOKEN, cloud=CloudDesired(DEFAULT))
    return Facts(desired, 1, (PodOutcome("number", "graph.facebook.com", outcome),))


async def repeated(turn: Callable[[Prober], Awaitable[None]]) -> list[float]:
    """Milliseconds of CPU for one turn, sorted; all over one connection."""
    took = []
    async with Prober() as prober:
        for _ in range(REPEATS):
            start = time.process_time()
            for _ in range(TURNS):
                await turn(prober)
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
        took = {
            KEPT: asyncio.run(kept_alive(port, trust)),
            NUMBER: asyncio.run(number(port, trust)),
            NEW: asyncio.run(anew(port, trust)),
        }
        for name, goal in {KEPT: 0.35, NUMBER: "-", NEW: 1.5}.items():
            print(f"{name:<36}{took[name][0]:>8.2f}{statistics.median(took[name]):>8.2f}{goal:>8}")
        print(f"a number costs {took[NUMBER][0] / took[KEPT][0]:.2f} times as much as a client (least)")
        print(f"{PARKED} parked connections: {asyncio.run(parked(port, trust)):.0f} MiB (goal 350 MB)")
        server.terminate()
    return 0


if __name__ == "__main__":
    sys.exit(main())
