"""Twelve states of waweb, and of what stands before it, through real proxies: the same word through each, or a sentence
that names what stands before waweb."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from support.proxies import ADDRESS, PROXIES, before, free_port, program
from support.scripted import GOOD, KEY, Script, answer, reason, says, serving
from wahealth.core.answer import Forbidden, Outcome, Throttled, Unreachable
from wahealth.probe.client import Prober
from wahealth.probe.credential import api_key
from wahealth.probe.waweb import HealthEndpoint, ProbeRequest


@pytest.fixture(params=PROXIES)
def proxy(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if program(name) is None:
        pytest.skip(f"there is no {name} on this machine")
    return name


async def _silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await reader.read()  # until the proxy gives up


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BUSY = answer(b'{"errors": [{"code": 1011}]}', b"Retry-After: 7\r\n", b"503 Service Unavailable")
# What waweb does, where it is asked, and the word for it.
STATES: dict[str, tuple[Script | None, str, str]] = {
    "dead": (None, "", "HTTPStatus"),
    "silent": (_silent, "", "HTTPStatus"),
    "reset": (_reset, "", "HTTPStatus"),
    "half a body": (says(HEAD + b"Content-Length: 500\r\n\r\n" + GOOD), "", "InvalidResponse"),
    "half a chunk": (says(CHUNKED + b"100\r\n" + GOOD), "", "InvalidResponse"),
    "401 of waweb": (says(answer(b"", b"WWW-Authenticate: Apikey\r\n", b"401 Unauthorized")), "", "Unauthorized"),
    "401 of the proxy": (says(answer(GOOD)), "/sign-in", "Forbidden"),
    "403 of a rule": (says(answer(GOOD)), "/forbidden", "Forbidden"),
    "429 of a limit": (says(answer(GOOD)), "/limited", "Throttled"),
    "503 with Retry-After": (says(BUSY), "", "HTTPStatus"),
    "too large": (says(answer(b" " * (1024 * 1024 + 1))), "", "BodyTooLarge"),
    "drained": (says(answer(GOOD)), "", "Answered"),
}

# Of what gets no answer from waweb; nginx says no more than its name.
WORDS = {
    "nginx": re.compile(r'"nginx(/[0-9.]+)?"'),
    "haproxy": re.compile('"(No server is available|The server )'),
    "envoy": re.compile('"upstream (connect error|request timeout)'),
}


def heard(proxy: str, state: str, folder: Path) -> list[Outcome]:
    """Two questions on one connection, where it is kept; the proxy is another one for the second."""
    script, path, _ = STATES[state]
    port = free_port()
    place = HealthEndpoint(ADDRESS, (ADDRESS,), port, path=f"{path}/v1/health")
    probe_request = ProbeRequest(place, api_key(KEY), 8.0, period=60.0)

    async def ask(waweb: int) -> list[Outcome]:
        outcomes = []
        async with Prober() as prober:
            for _ in range(2):
                with before(proxy, folder, port, waweb):
                    outcomes.append((await prober.ask(probe_request)).outcome)
        return outcomes

    async def run(served: Callable[[int], Awaitable[list[Outcome]]]) -> list[Outcome]:
        if script is None:
            return await served(free_port())
        async with serving(script, tls=False) as waweb:
            return await served(waweb.port)

    return asyncio.run(run(ask))


@pytest.mark.parametrize("state", STATES)
def test_a_state_has_the_same_word_through_each(proxy: str, state: str, tmp_path: Path) -> None:
    for outcome in heard(proxy, state, tmp_path):
        assert reason(outcome) == STATES[state][2]
        if state in {"dead", "silent", "reset"}:
            assert isinstance(outcome, Unreachable)
            assert WORDS[proxy].search(outcome.detail)
        if state == "401 of the proxy":
            assert outcome == Forbidden("Basic")
        if state == "403 of a rule":
            assert outcome == Forbidden()
        if state == "429 of a limit":
            assert isinstance(outcome, Throttled)
        if state == "503 with Retry-After":
            assert isinstance(outcome, Unreachable)
            assert (outcome.code, outcome.retry_after) == (1011, 7.0)
