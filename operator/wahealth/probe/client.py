"""One question to one web pod: how it is, or for a token; one deadline. The importer of httpx, with its transport.

What the world does comes back as a value. What is our own fault (no file descriptor, no port left) is raised as
`ObserverFault`: it says nothing about the client. No text of a library's exception goes anywhere: it may hold the key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Generic, NamedTuple, Self, TypeVar

import httpx

from wahealth.core.answer import TIMED_OUT, FailureReason, Malformed, Outcome, Unreachable
from wahealth.core.origin import HEALTH, authority
from wahealth.core.proxy import Proxy
from wahealth.core.signin.flow import LoginOutcome
from wahealth.probe import tunnel
from wahealth.probe.certificate import certificate_of, shown
from wahealth.probe.challenge import foreign_scheme
from wahealth.probe.credential import Credential
from wahealth.probe.dns import Resolver
from wahealth.probe.errors import ProbeError, out_of_time
from wahealth.probe.limiter import FEWEST_SLOTS, Bulkhead
from wahealth.probe.login import LOGIN, login_outcome_of
from wahealth.probe.payload import is_redirect, outcome_of, seconds_of, waiting
from wahealth.probe.pool import MOST_PARKED, Pool, Route
from wahealth.probe.transport import EXTENSION, RequestContext, Transport, presented_on
from wahealth.probe.trust import Trust, objected_to, unverified

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HealthEndpoint:
    """Where waweb answers. `host` as it was asked for; `addresses` of it, where they are known: else it is looked up.
    `through`: a proxy, which looks it up itself.

    `trust` None: plain HTTP. `server_name`: what the certificate is to carry, and what SNI says; Host, too, unless
    `host_header` says another.
    """

    host: str
    addresses: tuple[str, ...]
    port: int = 443
    trust: Trust | None = None
    server_name: str = ""
    path: str = HEALTH
    host_header: str = ""
    through: Proxy | None = None

    @classmethod
    def at(cls, address: str, port: int, trust: Trust | None) -> HealthEndpoint:
        return cls(address, (address,), port, trust)

    @property
    def scheme(self) -> str:
        return "http" if self.trust is None else "https"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        return authority(self.scheme, self.host, self.port)

    @property
    def host_sent(self) -> str:
        return self.host_header or authority(self.scheme, self.server_name or self.host, self.port)

    @property
    def name_verified(self) -> str:
        """A name may be written with a dot at its end; a certificate carries none."""
        return self.server_name or self.host.removesuffix(".")


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """`timeout` in seconds, for the whole exchange. `credential` None: nobody is signed in. `period`: seconds after
    which the same place is asked again; 0: at once. `shows_certificate`: what is presented there is not known yet, and
    is to be told although the connection was made for another question."""

    endpoint: HealthEndpoint
    credential: Credential | None
    timeout: float
    period: float = 0.0
    shows_certificate: bool = False


class ProbeResponse(NamedTuple, Generic[T]):
    """What came of a question. `presented`: the trusted certificate (DER) of a connection that was made for it, or
    of any where the question wants to know."""

    outcome: T
    presented: bytes | None = None


Reader = Callable[[httpx.Response], Awaitable[T]]


class Prober:
    """Asks, over connections that it keeps. Used within one event loop, as an async context manager."""

    def __init__(self, resolver: Resolver | None = None, slots: int = FEWEST_SLOTS, parked: int = MOST_PARKED) -> None:
        """`slots`: questions under way at once; `parked`: connections kept between two of them."""
        self.pool = Pool(parked)
        self._bulkhead = Bulkhead(slots)
        self._resolver = resolver or Resolver()
        self._transport: httpx.AsyncBaseTransport = Transport(self.pool)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.aclose()

    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        """How the client is. Waits for its turn; raises `ObserverFault`."""
        return await self._in_turn(probe_request, "GET", partial(_outcome, probe_request.credential))

    async def log_in(self, probe_request: ProbeRequest) -> ProbeResponse[LoginOutcome[Credential]]:
        """A token for the question's login. Waits for its turn; raises `ObserverFault`."""
        before, health, _ = probe_request.endpoint.path.rpartition(HEALTH)
        place = replace(probe_request.endpoint, path=(before if health else "") + LOGIN)
        read = partial(_login_outcome, probe_request.credential)
        return await self._in_turn(replace(probe_request, endpoint=place), "POST", read)

    async def _in_turn(
        self, probe_request: ProbeRequest, method: str, read: Reader[T]
    ) -> ProbeResponse[T | Unreachable]:
        host = probe_request.endpoint.host
        async with self._bulkhead.slot(host):
            heard = await self._asked(probe_request, method, read)
        if isinstance(heard.outcome, Unreachable) and heard.outcome.reason in TIMED_OUT:
            self._bulkhead.timed_out(host)
        else:
            self._bulkhead.answered(host)
        return heard

    def drop(self, host: str) -> None:
        """Nobody asks there any more, such as where a pod is gone: what is held of it is let go."""
        self.pool.drop(host)
        self._bulkhead.drop(host)

    async def tidy(self) -> None:
        """Until cancelled: what was parked too long ago is closed, although nobody asks any more."""
        while True:
            await asyncio.sleep(self.pool.longest)
            self.pool.end_old()

    async def _asked(self, probe_request: ProbeRequest, method: str, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        context, until = _context(probe_request), asyncio.get_running_loop().time() + probe_request.timeout
        try:
            async with asyncio.timeout_at(until):
                context.addresses = await self._addresses(probe_request.endpoint)
                return ProbeResponse(
                    await self._answer(_request(method, probe_request, context), read), context.presented
                )
        except TimeoutError:
            return ProbeResponse(
                out_of_time(context.progress.stage, probe_request.timeout, probe_request.endpoint.through),
                context.presented,
            )
        except ProbeError as failed:
            return ProbeResponse(*await _explained(failed, context, until))

    async def _addresses(self, place: HealthEndpoint) -> tuple[str, ...]:
        if place.through is not None:
            return await tunnel.addresses(place.through, self._resolver)
        return place.addresses or await self._resolver.addresses(place.host)

    async def _answer(self, request: httpx.Request, read: Reader[T]) -> T:
        # No client of httpx in between: no cookies from one answer to the next question, and a third of the cost.
        response = await self._transport.handle_async_request(request)
        try:
            return await read(response)
        finally:
            await response.aclose()


async def _explained(failed: ProbeError, context: RequestContext, until: float) -> ProbeResponse[Unreachable]:
    """Of a certificate that is not trusted: which one it is, so that a person can decide to trust it; if there is time
    left to look."""
    if failed.outcome.reason is not FailureReason.TLS_VERIFICATION_FAILED:
        return ProbeResponse(objected_to(failed.outcome, context.route.trust, datetime.now(UTC)), context.presented)
    presented = failed.presented or await _look_at(context, until)
    if not presented:
        return ProbeResponse(failed.outcome)
    why = failed.outcome.detail if certificate_of(presented) else f"{failed.outcome.detail}, and it cannot be read"
    return ProbeResponse(replace(failed.outcome, detail=why, presented=shown(presented)))


async def _look_at(context: RequestContext, until: float) -> bytes | None:
    """Look at the certificate and say nothing: a handshake that verifies nobody, and the end."""
    looking = RequestContext(context.route._replace(trust=_NOBODY), context.addresses, context.period)
    try:
        async with asyncio.timeout_at(until):
            return await presented_on(looking)
    except (TimeoutError, ProbeError):
        return None


_NOBODY = unverified()


def _context(probe_request: ProbeRequest) -> RequestContext:
    place = probe_request.endpoint
    route = Route(place.host, place.port, place.trust, place.name_verified, place.through)
    return RequestContext(
        route, place.addresses, probe_request.period, shows_certificate=probe_request.shows_certificate
    )


def _request(method: str, probe_request: ProbeRequest, context: RequestContext) -> httpx.Request:
    headers = [
        ("Host", probe_request.endpoint.host_sent),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", "wahealth"),
    ]
    headers += [("Authorization", probe_request.credential.header())] if probe_request.credential is not None else []
    headers += [("Content-Length", "0")] if method == "POST" else []
    return httpx.Request(method, _url(probe_request.endpoint.url), headers=headers, extensions={EXTENSION: context})


_url = lru_cache(maxsize=16_384)(httpx.URL)  # parsing one costs more than sending it


async def _outcome(credential: Credential | None, response: httpx.Response) -> Outcome:
    if response.status_code in {401, 403, 429} or is_redirect(response.status_code):
        # Its body may be anything, and is not waited for.
        said = outcome_of(response.status_code, b"", _location(credential, response), _wants(credential, response))
        return waiting(said, response.headers.get("retry-after", ""))
    body = await _body(response)
    outcome = body if isinstance(body, Malformed) else outcome_of(response.status_code, _without(credential, body))
    return waiting(outcome, response.headers.get("retry-after", ""))


def _without(credential: Credential | None, said: bytes) -> bytes:
    return said if credential is None else credential.out_of(said)


def _location(credential: Credential | None, response: httpx.Response) -> str:
    return _without(credential, response.headers.get("location", "").encode()).decode()


def _wants(credential: Credential | None, response: httpx.Response) -> str:
    challenges = response.headers.get_list("www-authenticate")
    return foreign_scheme(challenges, credential.scheme if credential else "")


async def _login_outcome(credential: Credential | None, response: httpx.Response) -> LoginOutcome[Credential]:
    status, seconds = response.status_code, seconds_of(response.headers.get("retry-after", ""))
    if status == 429 or is_redirect(status):
        return login_outcome_of(status, b"", seconds, _location(credential, response))
    body = await _body(response)
    if isinstance(body, Malformed):
        if status in {200, 201}:
            return body
        body = b""
    return login_outcome_of(status, body, seconds, wants=_wants(credential, response))


async def _body(response: httpx.Response) -> bytes | Malformed:
    if not _PLAIN.issuperset(_codings(response.headers.get_list("content-encoding"))):
        return Malformed("the body is compressed, which was not asked for")
    return b"".join([chunk async for chunk in response.aiter_raw()])


_PLAIN = frozenset({"", "identity"})


def _codings(written: Sequence[str]) -> Iterator[str]:
    """Of a list over one or more lines, case-insensitive, elements of which may be empty (RFC 9110, 5.6.1 and 8.4)."""
    return (coding.strip().lower() for line in written for coding in line.split(","))
