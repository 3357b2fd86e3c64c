"""Both servers, as they listen where nobody says otherwise: on every address, whichever family the cluster has."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from wahealth import listening
from wahealth.core.egress.origin import listening_at
from wahealth.kube.process.http_server import CannotListen, HealthServer
from wahealth.playground.cluster.command_lines import free_ports
from wahealth.sidecar.server import Page, Server
from wahealth.telemetry.exposition import Family

HAS_IPV6 = Path("/proc/net/if_inet6").exists() and Path("/proc/net/if_inet6").read_text()
FAMILIES = ("127.0.0.1", "[::1]") if HAS_IPV6 else ("127.0.0.1",)


async def asked(port: int, page: str) -> list[int]:
    async with httpx.AsyncClient(trust_env=False) as http:
        return [(await http.get(f"http://{host}:{port}{page}")).status_code for host in FAMILIES]


def test_the_operator_answers_on_every_address() -> None:
    async def run() -> list[int]:
        (port,) = free_ports(1)
        async with HealthServer(list, list, list).listening(f":{port}"):
            return await asked(port, "/readyz")

    assert asyncio.run(run()) == [200] * len(FAMILIES)


def test_the_sidecar_answers_on_every_address() -> None:
    async def run() -> list[int]:
        (port,) = free_ports(1)
        async with await Server(lambda *_: Page(HTTPStatus.OK, b"{}")).listen(*listening_at(f":{port}")):
            return await asked(port, "/readyz")

    assert asyncio.run(run()) == [200] * len(FAMILIES)


def test_an_address_that_is_taken_is_said() -> None:
    async def run(port: int) -> None:
        async with HealthServer(list, list, list).listening(f":{port}"):
            raise AssertionError("it listens beside another")

    with socket.create_server(("", 0)) as taken, pytest.raises(CannotListen):
        asyncio.run(run(taken.getsockname()[1]))


@pytest.mark.parametrize(
    ("written", "host"),
    [(":8080", ""), ("127.0.0.1:8080", "127.0.0.1"), ("[::1]:8080", "::1"), ("0.0.0.0:8080", "0.0.0.0")],
)
def test_an_address_as_it_is_written(written: str, host: str) -> None:
    assert listening_at(written) == (host, 8080)


@pytest.mark.parametrize("written", ["8080", ":", ":99999", "[::1", "[::1:8080", "::1]:8080", "127.0.0.1:http"])
def test_what_is_no_address_and_port(written: str) -> None:
    with pytest.raises(ValueError, match="no address and port"):
        listening_at(written)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_scrape_that_is_broken_off_is_silent(encoding: str, caplog: pytest.LogCaptureFixture) -> None:
    families = [Family(f"metric_{n}", "Text.", ("a",), [((f"{n}-{s}",), 1.0) for s in range(500)]) for n in range(200)]

    async def run() -> None:
        (port,) = free_ports(1)
        async with HealthServer(list, list, lambda: families).listening(f":{port}"):
            for _ in range(3):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(f"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {encoding}\r\n\r\n".encode())
                await reader.read(100)
                writer.transport.abort()
            assert (await asked(port, "/livez"))[0] == 200

    asyncio.run(run())
    assert [entry for entry in caplog.records if entry.levelno > logging.INFO] == []


def test_a_connection_that_says_nothing_ends_after_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever speaks stays: a scrape comes every minute, on the same one."""
    monkeypatch.setattr(listening, "LONGEST_SILENT", 0.8)

    async def run() -> bytes:
        (port,) = free_ports(1)
        async with HealthServer(list, list, list).listening(f":{port}"):
            (silent, nothing), (spoken, says) = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            for _ in range(6):
                says.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                await asyncio.sleep(0.3)
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.wait_for(silent.read(), 5) == b""
            heard = await spoken.read(10_000)
            for writer in (nothing, says):
                writer.close()
            return heard

    assert asyncio.run(run()).count(b"HTTP/1.1 200 OK") == 6
