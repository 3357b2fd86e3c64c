"""Our requests in httpx's words, and its responses in ours. The one importer of httpx in a probe.

httpx's own pool looks through all its connections at each request: 45 ms a probe with 300 idle hosts. This transport
keeps parked connections by their route, and what goes over them is `probe.http1`'s. The deadline is the caller's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import lru_cache

import httpx

from wahealth.core.answer import NO_ANSWER, FailureReason
from wahealth.core.egress.origin import authority
from wahealth.probe.connect import connected
from wahealth.probe.errors import Progress, Stage, probe_error
from wahealth.probe.http1 import Body, ClosedMeanwhile, Exchange
from wahealth.probe.message import Headers, Request, Response, Route
from wahealth.probe.pool import Pool
from wahealth.probe.repeat import Said

_EXTENSION = "wahealth"  # our request, which knows more than its URL says, and how far it got


class Transport(httpx.AsyncBaseTransport):
    """Of httpx, for requests of ours: `exchange` is how it is used."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def exchange(self, request: Request, progress: Progress) -> Response:
        """A response as soon as its head is there; whoever asked reads its body or not, and closes its stream.

        `request` has addresses. `progress` is kept up to date meanwhile. Raises `ProbeError`, `ObserverFault`.
        """
        # No client of httpx in between: no cookies from one answer to the next question, and a third of the cost.
        answer = await self.handle_async_request(_in_words_of_httpx(request, progress))
        return Response(answer.status_code, Headers(answer.headers.raw), _Raw(answer))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Of a request that `exchange` has made: once more on a new connection, where the parked one had ended."""
        asked: Request
        asked, progress = request.extensions[_EXTENSION]
        parked = self._pool.take(asked.route, asked.addresses)
        if parked is not None:
            progress.stage = Stage.WAITING
            if asked.shows_certificate:
                progress.presented = parked.presented()
            try:
                return await self._exchanged(request, Exchange(parked, progress, is_fresh=False))
            except ClosedMeanwhile:
                pass  # the server had closed it before it saw the question: once more, on a new one
        fresh = await connected(asked.route, asked.addresses, progress)
        try:
            return await self._exchanged(request, Exchange(fresh, progress))
        except ClosedMeanwhile:
            raise probe_error(FailureReason.INVALID_RESPONSE, NO_ANSWER) from None

    async def aclose(self) -> None:
        self._pool.close()

    async def _exchanged(self, request: httpx.Request, exchange: Exchange) -> httpx.Response:
        wire, (asked, progress) = exchange.wire, request.extensions[_EXTENSION]
        try:
            await exchange.ask(request.method, request.url.raw_path, request.headers.raw)
            head = await exchange.head()
        except BaseException:
            wire.close()
            raise
        body = _Body(exchange, lambda: self._keep(exchange, asked, progress))
        return httpx.Response(head.status_code, headers=list(head.headers), stream=body)

    def _keep(self, exchange: Exchange, asked: Request, progress: Progress) -> None:
        self._pool.park(asked.route, exchange.wire, asked.period)
        if (answer := exchange.answer) is not None:
            progress.said = Said(exchange.question, answer)


def _in_words_of_httpx(request: Request, progress: Progress) -> httpx.Request:
    url = _url_of(_origin(request.route) + request.target)
    return httpx.Request(
        request.method, url, headers=list(request.headers), extensions={_EXTENSION: (request, progress)}
    )


def _url_of(written: str) -> httpx.URL:
    """A query may hold what signs in: such a URL is not remembered."""
    return httpx.URL(written) if "?" in written else _remembered(written)


_remembered = lru_cache(maxsize=16_384)(httpx.URL)  # parsing one costs more than sending it


def _origin(route: Route) -> str:
    scheme = "http" if route.trust is None else "https"
    return f"{scheme}://{authority(scheme, route.host, route.port)}"


class _Body(Body, httpx.AsyncByteStream):
    """A body in the form in which httpx takes it."""


class _Raw:
    """A body in the form in which httpx gives it back, with nothing decoded."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._answer.aiter_raw()

    async def aclose(self) -> None:
        await self._answer.aclose()
