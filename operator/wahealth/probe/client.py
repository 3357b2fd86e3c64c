"""One question and what came of it: in its turn, until its deadline, over connections that are kept.

What the world does comes back as a value. What is our own fault (no file descriptor, no port left) is raised as
`ObserverFault`: it says nothing about the client. No text of a library's exception goes anywhere: it may hold the key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Generic, NamedTuple, Self, TypeVar

from wahealth.core.answer import TIMED_OUT, FailureReason, Outcome, Unreachable
from wahealth.core.cloud.quota import Usage
from wahealth.core.signin.flow import LoginOutcome
from wahealth.probe import tunnel
from wahealth.probe.certificate import certificate_of, shown
from wahealth.probe.connect import presented_at
from wahealth.probe.credential import Credential
from wahealth.probe.dns import Resolver
from wahealth.probe.errors import ProbeError, Progress, out_of_time
from wahealth.probe.limiter import FEWEST_SLOTS, Bulkhead
from wahealth.probe.message import Reader, Request, Route
from wahealth.probe.pool import MOST_PARKED, Pool
from wahealth.probe.repeat import Said
from wahealth.probe.transport import Transport
from wahealth.probe.trust import objected_to, unverified
from wahealth.probe.waweb import ProbeRequest, health_request, login_request, read_health, read_login

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Kept(NamedTuple):
    """An exchange whose connection was kept. `addresses`: to one of which it leads."""

    route: Route
    addresses: tuple[str, ...]
    said: Said


class ProbeResponse(NamedTuple, Generic[T_co]):
    """What came of a question. `presented`: the trusted certificate (DER) of a connection that was made for it, or
    of any where the question wants to know. `usage`: of the Cloud API's quota, where the answer says something of
    it. `sent`: how many requests it took. `kept`: the exchange, where it can be repeated."""

    outcome: T_co
    presented: bytes | None = None
    usage: Usage = Usage()
    sent: int = 1
    kept: Kept | None = None


class Prober:
    """Asks, over connections that it keeps. Used within one event loop, as an async context manager."""

    def __init__(self, resolver: Resolver | None = None, slots: int = FEWEST_SLOTS, parked: int = MOST_PARKED) -> None:
        """`slots`: questions under way at once; `parked`: connections kept between two of them."""
        self.pool = Pool(parked)
        self._bulkhead = Bulkhead(slots)
        self._resolver = resolver or Resolver()
        self._transport = Transport(self.pool)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.aclose()

    async def ask(self, probe_request: ProbeRequest) -> ProbeResponse[Outcome]:
        """How the client is. Waits for its turn; raises `ObserverFault`."""
        return await self.exchange(health_request(probe_request), partial(read_health, probe_request.credential))

    async def log_in(self, probe_request: ProbeRequest) -> ProbeResponse[LoginOutcome[Credential]]:
        """A token for the question's login. Waits for its turn; raises `ObserverFault`."""
        return await self.exchange(login_request(probe_request), partial(read_login, probe_request.credential))

    async def exchange(self, request: Request, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        """What `read` makes of the response, or why there is none. Waits for its turn; raises `ObserverFault`."""
        host = request.turn or request.route.host
        async with self._bulkhead.slot(host):
            heard = await self._exchanged(request, read)
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

    async def _exchanged(self, request: Request, read: Reader[T]) -> ProbeResponse[T | Unreachable]:
        progress, until = Progress(timeout=request.timeout), asyncio.get_running_loop().time() + request.timeout
        try:
            async with asyncio.timeout_at(until) as progress.deadline:
                request = await self._addressed(request)
                outcome = await self._read(request, progress, read)
                kept = None if progress.said is None else Kept(request.route, request.addresses, progress.said)
                return ProbeResponse(outcome, progress.presented, kept=kept)
        except TimeoutError:
            late = out_of_time(progress.stage, request.timeout, request.route.through)
            return ProbeResponse(late, progress.presented)
        except ProbeError as failed:
            return ProbeResponse(*await _explained(failed, request, progress, until))

    async def _addressed(self, request: Request) -> Request:
        """With addresses to connect to: of the host, or of the proxy that leads there."""
        if request.route.through is not None:
            return replace(request, addresses=await tunnel.addresses(request.route.through, self._resolver))
        if request.addresses:
            return request
        return replace(request, addresses=await self._resolver.addresses(request.route.host))

    async def _read(self, request: Request, progress: Progress, read: Reader[T]) -> T:
        response = await self._transport.exchange(request, progress)
        try:
            return await read(response)
        finally:
            await response.stream.aclose()


async def _explained(
    failed: ProbeError, request: Request, progress: Progress, until: float
) -> ProbeResponse[Unreachable]:
    """Of a certificate that is not trusted: which one it is, so that a person can decide to trust it; if there is time
    left to look."""
    if failed.outcome.reason is not FailureReason.TLS_VERIFICATION_FAILED:
        return ProbeResponse(objected_to(failed.outcome, request.route.trust, datetime.now(UTC)), progress.presented)
    presented = failed.presented or await _look_at(request, until)
    if not presented:
        return ProbeResponse(failed.outcome)
    why = failed.outcome.detail if certificate_of(presented) else f"{failed.outcome.detail}, and it cannot be read"
    return ProbeResponse(replace(failed.outcome, detail=why, presented=shown(presented)))


async def _look_at(request: Request, until: float) -> bytes | None:
    """Look at the certificate and say nothing: a handshake that verifies nobody, and the end."""
    try:
        async with asyncio.timeout_at(until):
            return await presented_at(request.route._replace(trust=_NOBODY), request.addresses)
    except (TimeoutError, ProbeError):
        return None


_NOBODY = unverified()


Ask = Callable[[Prober, ProbeRequest], Awaitable[ProbeResponse[Outcome]]]  # how one target is asked; raises as `ask`


def ask_client(prober: Prober, probe_request: ProbeRequest) -> Awaitable[ProbeResponse[Outcome]]:
    """How a client of waweb is; as `probe.cloud.graph.ask_number` is for a number of the Cloud API."""
    return prober.ask(probe_request)
