"""A request of any kind and its response, over real TLS: what goes out, what can be read, and what is not waited for.

The requests are none of waweb's: whoever else is asked, such as the vendor's Cloud API, is asked so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from support.scripted import ADDRESS, TRUST, Script, Served, answer, says, serving
from wahealth.core.answer import FailureReason, Malformed, Unreachable
from wahealth.probe.client import Prober, ProbeResponse
from wahealth.probe.credential import bearer_token
from wahealth.probe.message import Request, Response, Route, json_headers
from wahealth.probe.strict_json import MOST_BYTES

TARGET = "/v26.0/123456?fields=health_status,status&appsecret_proof=0a1b"
TOKEN = bearer_token(b"canary-of-an-exchange")
USAGE = b'X-Business-Use-Case-Usage: {"1": [{"call_count": 7}]}\r\nFacebook-API-Version: v26.0\r\n'
Read = Callable[[Response], Awaitable[object]]


def request(served: Served, timeout: float = 2.0) -> Request:
    route = Route(ADDRESS, served.port, TRUST, "whatsapp-web")
    return Request("GET", TARGET, json_headers("graph.facebook.com", TOKEN), route, (ADDRESS,), timeout)


def exchanged(script: Script, read: Read, times: int = 1) -> tuple[list[ProbeResponse[object]], Served]:
    async def run() -> tuple[list[ProbeResponse[object]], Served]:
        async with serving(script) as served, Prober() as prober:
            return [await prober.exchange(request(served), read) for _ in range(times)], served

    return asyncio.run(run())


async def body(response: Response) -> object:
    return await response.body()


async def status(response: Response) -> object:
    return response.status


def test_what_goes_out_is_the_request_and_nothing_else() -> None:
    _, served = exchanged(says(answer(b"{}")), body)
    assert served.heard == [
        f"GET {TARGET} HTTP/1.1\r\n".encode()
        + b"Host: graph.facebook.com\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n"
        + b"User-Agent: wahealth\r\nAuthorization: Bearer canary-of-an-exchange\r\n\r\n"
    ]


def test_status_headers_and_body_are_read() -> None:
    async def read(response: Response) -> object:
        version, usage = (response.headers.first(name) for name in ("facebook-api-version", "x-app-usage"))
        business = response.headers.all("x-business-use-case-usage")
        return response.status, version, usage, business, await response.body()

    (heard,), _ = exchanged(says(answer(b'{"error": {}}', USAGE, b"400 Bad Request")), read)
    assert heard.outcome == (400, "v26.0", "", ['{"1": [{"call_count": 7}]}'], b'{"error": {}}')
    assert heard.presented


def test_a_body_has_at_most_one_mebibyte() -> None:
    most, more = (exchanged(says(answer(b"x" * size)), body)[0][0].outcome for size in (MOST_BYTES, MOST_BYTES + 1))
    assert isinstance(most, bytes)
    assert len(most) == MOST_BYTES
    assert isinstance(more, Unreachable)
    assert more.reason is FailureReason.BODY_TOO_LARGE


def test_a_compressed_body_is_a_value() -> None:
    (heard,), _ = exchanged(says(answer(b"x", b"Content-Encoding: gzip\r\n")), body)
    assert isinstance(heard.outcome, Malformed)


def test_a_connection_is_kept_once_the_body_was_read() -> None:
    heard, served = exchanged(says(answer(b"{}"), keep=True), body, times=3)
    assert [one.outcome for one in heard] == [b"{}"] * 3
    assert served.connections == 1


def test_a_body_that_nobody_reads_is_not_waited_for() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 429 No\r\nContent-Length: 10\r\n\r\n")
        await reader.read()

    heard, served = exchanged(endless, status, times=2)
    assert [one.outcome for one in heard] == [429] * 2
    assert served.connections == 2


def test_a_body_that_does_not_come_is_out_of_time() -> None:
    async def run() -> object:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
        async with serving(says(head, pause=5.0)) as served, Prober() as prober:
            return (await prober.exchange(request(served, timeout=0.3), body)).outcome

    outcome = asyncio.run(run())
    assert isinstance(outcome, Unreachable)
    assert outcome.reason is FailureReason.READ_TIMEOUT
