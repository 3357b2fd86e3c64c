"""One question to one web pod: GET /v1/health, within one deadline. The importer of httpx, with its transport.

What the world does comes back as a value. What is our own fault (no file descriptor, no port left) is raised as
`ObserverFault`: it says nothing about the client. No text of a library's exception goes anywhere: it may hold the key.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple, Self

import httpx

from wahealth.core.answer import TIMED_OUT, Malformed, Outcome, Unreachable, Unreached
from wahealth.probe.certificate import shown
from wahealth.probe.credential import Credential
from wahealth.probe.lanes import FEWEST_SLOTS, Lanes
from wahealth.probe.names import Resolver
from wahealth.probe.payload import outcome_of
from wahealth.probe.pool import Pool, Route
from wahealth.probe.stage import Failed, out_of_time
from wahealth.probe.transport import EXTENSION, Transport, Way, presented_on
from wahealth.probe.trust import Trust, unverified

HEALTH = "/v1/health"


@dataclass(frozen=True, slots=True)
class Place:
    """Where waweb answers. `host` as it was asked for; `addresses` of it, where they are known: else it is looked up.

    `trust` None: plain HTTP. `server_name`: what the certificate is to carry, and what SNI says.
    """

    host: str
    addresses: tuple[str, ...]
    port: int = 443
    trust: Trust | None = None
    server_name: str = ""
    path: str = HEALTH

    @classmethod
    def at(cls, address: str, port: int, trust: Trust | None) -> Place:
        return cls(address, (address,), port, trust)

    @property
    def url(self) -> str:
        scheme = "http" if self.trust is None else "https"
        return f"{scheme}://{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (80 if self.trust is None else 443) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Question:
    """`timeout` in seconds, for the whole exchange."""

    place: Place
    credential: Credential
    timeout: float


class Heard(NamedTuple):
    """What came of a question. `presented`: the trusted certificate (DER) of a connection that was made for it."""

    outcome: Outcome
    presented: bytes | None = None


class Prober:
    """Asks, over connections that it keeps. Used within one event loop, as an async context manager."""

    def __init__(self, resolver: Resolver | None = None, slots: int = FEWEST_SLOTS) -> None:
        """`slots`: questions under way at once."""
        self.pool = Pool()
        self._lanes = Lanes(slots)
        self._resolver = resolver or Resolver()
        self._transport: httpx.AsyncBaseTransport = Transport(self.pool)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.aclose()

    async def ask(self, question: Question) -> Heard:
        """Waits for its turn; raises `ObserverFault`."""
        host = question.place.host
        async with self._lanes.slot(host):
            heard = await self._asked(question)
        if isinstance(heard.outcome, Unreachable) and heard.outcome.reason in TIMED_OUT:
            self._lanes.was_silent(host)
        else:
            self._lanes.answered(host)
        return heard

    def drop(self, host: str) -> None:
        """Nobody asks there any more, such as where a pod is gone: what is held of it is let go."""
        self.pool.drop(host)
        self._lanes.drop(host)

    async def _asked(self, question: Question) -> Heard:
        way = _way(question.place)
        try:
            async with asyncio.timeout(question.timeout):
                way.addresses = question.place.addresses or await self._resolver.addresses(question.place.host)
                return Heard(await self._health(question, way), way.presented)
        except TimeoutError:
            return Heard(out_of_time(way.progress.stage, question.timeout), way.presented)
        except Failed as failed:
            return await _explained(failed, way, question.timeout)

    async def _health(self, question: Question, way: Way) -> Outcome:
        request = _request("GET", question.place, question.credential, way)
        # No client of httpx in between: no cookies from one answer to the next question, and a third of the cost.
        response = await self._transport.handle_async_request(request)
        try:
            return await _outcome(response)
        finally:
            await response.aclose()


async def _explained(failed: Failed, way: Way, seconds: float) -> Heard:
    """Of a certificate that is not trusted: which one it is, so that a person can decide to trust it."""
    if failed.outcome.reason is not Unreached.TLS_VERIFICATION_FAILED:
        return Heard(failed.outcome, way.presented)
    presented = failed.presented or await _look_at(way, seconds)
    return Heard(replace(failed.outcome, presented=shown(presented)) if presented else failed.outcome)


async def _look_at(way: Way, seconds: float) -> bytes | None:
    """Look at the certificate and say nothing: a handshake that verifies nobody, and the end."""
    looking = Way(way.route._replace(trust=_NOBODY), way.addresses)
    try:
        async with asyncio.timeout(seconds):
            return await presented_on(looking)
    except (TimeoutError, Failed):
        return None


_NOBODY = unverified()


def _way(place: Place) -> Way:
    return Way(Route(place.host, place.port, place.trust, place.server_name or place.host), place.addresses)


def _request(method: str, place: Place, credential: Credential, way: Way) -> httpx.Request:
    headers = [
        ("Host", place.authority),
        ("Authorization", credential.header()),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", "wahealth"),
    ]
    return httpx.Request(method, _url(place.url), headers=headers, extensions={EXTENSION: way})


_url = lru_cache(maxsize=16_384)(httpx.URL)  # parsing one costs more than sending it


async def _outcome(response: httpx.Response) -> Outcome:
    if response.status_code in {401, 403} or 300 <= response.status_code < 400:
        return outcome_of(response.status_code, b"")  # its body may be anything, and is not waited for
    if response.headers.get("content-encoding", "identity") != "identity":
        return Malformed("the body is compressed, which was not asked for")
    chunks = [chunk async for chunk in response.aiter_raw()]
    outcome = outcome_of(response.status_code, b"".join(chunks))
    seconds = _retry_after(response.headers.get("retry-after", ""))
    return replace(outcome, retry_after=seconds) if isinstance(outcome, Unreachable) and seconds else outcome


def _retry_after(written: str) -> float:
    """Seconds, where the server asks for some; a date is not minded, for its clock is not ours."""
    return float(written) if written.isascii() and written.isdigit() and len(written) < 7 else 0.0
