"""A bad network of its own: two network namespaces, and between them a wire that loses and delays packets.

Needs root on Linux with /dev/net/tun; the machine's own network is not touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import heapq
import json
import os
import random
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1]
CLIENT, SERVER, PORT = "10.213.99.1", "10.213.99.2", 8443
_OURSELVES = (sys.executable, "-m", "support.lossy")
_TUNSETIFF, _TUN_NO_INFO = 0x400454CA, 0x1001


def is_possible() -> bool:
    return os.geteuid() == 0 and Path("/dev/net/tun").exists() and not subprocess.call(["which", "ip"], stdout=-3)


@dataclass(frozen=True)
class Wire:
    """`loss`: of packets in each direction, 0 to 1; `delay` in seconds, one way; `longest`: bytes of a packet."""

    loss: float = 0.0
    delay: float = 0.0
    longest: int = 1500


@contextlib.contextmanager
def namespaces(wire: Wire) -> Iterator[tuple[str, str]]:
    """The names of the client's and the server's."""
    names = [f"wahealth-{side}-{os.getpid()}" for side in ("client", "server")]
    devices: list[int] = []
    stop = threading.Event()
    try:
        for name, own, peer in zip(names, (CLIENT, SERVER), (SERVER, CLIENT), strict=True):
            _ip("netns", "add", name)
            devices.append(_device(name, own, peer))
        worker = threading.Thread(target=_carry, args=(devices, wire, stop))
        worker.start()
        yield names[0], names[1]
    finally:
        stop.set()
        with contextlib.suppress(UnboundLocalError):
            worker.join()
        for device in devices:
            os.close(device)
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _device(namespace: str, own: str, peer: str) -> int:
    device, name = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK), f"wt{own[-1]}-{os.getpid() % 10**8}"
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", name.encode(), _TUN_NO_INFO))
    _ip("link", "set", name, "netns", namespace)
    inside = ("-n", namespace)
    _ip(*inside, "address", "add", own, "peer", peer, "dev", name)
    _ip(*inside, "link", "set", name, "up")
    return device


def _carry(devices: list[int], wire: Wire, stop: threading.Event) -> None:
    luck, waiting, number = random.Random(40), list[tuple[float, int, int, bytes]](), 0
    across = dict(zip(devices, reversed(devices), strict=True))
    while not stop.is_set():
        ready, _, _ = select.select(devices, [], [], 0.005)
        for device in ready:
            packet = os.read(device, 65536)
            if luck.random() >= wire.loss and len(packet) <= wire.longest:
                number += 1
                heapq.heappush(waiting, (time.monotonic() + wire.delay, number, across[device], packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(waiting)
            with contextlib.suppress(OSError):
                os.write(device, packet)


def rounds(wire: Wire, times: int, timeout: float) -> list[str]:
    """What is heard, a round after the other, of a server beyond the wire."""
    with namespaces(wire) as (client, server):
        serve = ["ip", "netns", "exec", server, *_OURSELVES, "serve"]
        with subprocess.Popen(serve, cwd=TESTS, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            ask = [
                "ip",
                "netns",
                "exec",
                client,
                sys.executable,
                "-m",
                "support.lossy",
                "ask",
                str(times),
                str(timeout),
            ]
            try:
                heard = subprocess.run(ask, cwd=TESTS, check=True, capture_output=True, text=True)
            finally:
                process.terminate()
    said: list[str] = json.loads(heard.stdout)
    return said


async def _serve() -> None:
    from support.scripted import answer, says, server_context

    nodes = {f"10.0.0.{n}:core-{n}": {"gateway_status": "disconnected", "role": "coreapp"} for n in range(33)}
    script = says(answer(json.dumps({"health": nodes}).encode()), keep=True)

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await script(reader, writer)
        writer.close()

    server = await asyncio.start_server(play, SERVER, PORT, ssl=server_context())
    print("ready", flush=True)
    await server.serve_forever()


async def _ask(times: int, seconds: float) -> list[str]:
    from support.scripted import KEY, reason
    from wahealth.probe.client import Prober
    from wahealth.probe.credential import api_key
    from wahealth.probe.trust import unverified
    from wahealth.probe.waweb import HealthEndpoint, ProbeRequest

    probe_request = ProbeRequest(HealthEndpoint.at(SERVER, PORT, unverified()), api_key(KEY), seconds)
    async with Prober() as prober:
        return [reason((await prober.ask(probe_request)).outcome) for _ in range(times)]


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(_serve())
    else:
        print(json.dumps(asyncio.run(_ask(int(sys.argv[2]), float(sys.argv[3])))))
