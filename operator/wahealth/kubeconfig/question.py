"""One GET request to the API server, and its answer, whole or as it comes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import h11

from wahealth.core.egress.proxy import Proxy
from wahealth.kubeconfig.login import Login
from wahealth.kubeconfig.problem import NotUsable
from wahealth.kubeconfig.proxies import proxy_for
from wahealth.kubeconfig.way import Connection, Goal, NoWay, connected

_SECONDS = 30.0
_LONGEST = 8 * 1024 * 1024  # bytes of a body; an object has 3 MiB at most
_CHUNK = 64 * 1024


class Question(NamedTuple):
    """A GET request. `path` begins with a slash; `accept` is the form of the answer, which may have `longest` bytes."""

    path: str
    accept: str = "application/json"
    longest: int = _LONGEST


class Answer(NamedTuple):
    """HTTP status and body. `date` is the server's own clock, as in the header; empty if it does not say."""

    status: int
    body: bytes
    date: str = ""


class Flow(NamedTuple):
    """An answer whose body is still on its way."""

    status: int
    date: str
    body: AsyncIterator[bytes]

    async def lines(self, longest: int = _LONGEST) -> AsyncIterator[bytes]:
        """The body, line by line. Raises `NoWay`."""
        rest = b""
        async for piece in self.body:
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line
            if len(rest) > longest:
                raise _too_large()


async def asked(
    login: Login, question: Question, environ: Mapping[str, str], seconds: float | None = _SECONDS
) -> Answer:
    """Sends a request; `seconds` bounds all of it (None: nothing does). Raises `NoWay` and `NotUsable`."""
    try:
        async with asyncio.timeout(seconds), opened(login, question, environ) as flow:
            return Answer(flow.status, await _whole(flow, question.longest), flow.date)
    except TimeoutError:
        raise NoWay(f"it does not answer within {seconds:g} s") from None


@contextlib.asynccontextmanager
async def opened(login: Login, question: Question, environ: Mapping[str, str]) -> AsyncIterator[Flow]:
    """Sends a request and gives the answer as soon as it begins. Raises `NoWay` and `NotUsable`, while the body is read
    too."""
    server = urlsplit(login.cluster.server)
    host, port = server.hostname or "", server.port or (443 if server.scheme == "https" else 80)
    proxy = proxy_for(server, port, login.cluster.proxy, environ)
    goal = Goal(host, port, login.cluster.name, login.trust())
    target = f"{server.path}{question.path}"
    if proxy is not None and proxy.speaks_http and goal.trust is None:
        target = f"{login.cluster.server}{question.path}"  # the proxy sends the request on, so it needs the whole URL
    headers = [("Host", server.netloc), *login.headers, ("Accept", question.accept), *_for_the_proxy(proxy, goal)]
    request = _request(target, headers)
    try:
        async with connected(goal, proxy) as connection:
            yield await _begun(connection, request)
    except ssl.SSLCertVerificationError as error:
        raise NoWay(f"its certificate is not trusted ({error.verify_message})") from None
    except ssl.SSLError as error:
        raise NoWay(f"TLS fails ({error.reason or 'it closes the connection'})") from None
    except h11.RemoteProtocolError:
        raise NoWay("the server there does not speak HTTP") from None
    except OSError as error:
        raise NoWay(_why(error)) from None


async def _whole(flow: Flow, longest: int) -> bytes:
    pieces, length = [], 0
    async for piece in flow.body:
        pieces.append(piece)
        length += len(piece)
        if length > longest:
            raise _too_large()
    return b"".join(pieces)


def _too_large() -> NoWay:
    return NoWay("its answer is too large")


def _why(error: OSError) -> str:
    """The error in the system's words. asyncio uses its own words, and for several addresses it has no error number."""
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    return os.strerror(error.errno).lower() if error.errno else "it closes the connection, or nothing listens there"


def _request(target: str, headers: Sequence[tuple[str, str]]) -> h11.Request:
    try:
        encoded = [(name.encode(), value.encode()) for name, value in (*headers, ("Connection", "close"))]
        return h11.Request(method="GET", target=target, headers=encoded)
    except (ValueError, h11.LocalProtocolError):
        raise NotUsable(
            "server, token or `as` of the kubeconfig contain characters that a request may not: fix them"
        ) from None


def _for_the_proxy(proxy: Proxy | None, goal: Goal) -> list[tuple[str, str]]:
    """The headers that sign in at a proxy that reads the request itself."""
    line = proxy.authorization if proxy and proxy.speaks_http and goal.trust is None else ""
    name, _, value = line.strip().partition(": ")
    return [(name, value)] if line else []


async def _begun(connection: Connection, request: h11.Request) -> Flow:
    http = h11.Connection(h11.CLIENT)
    connection.writer.write((http.send(request) or b"") + (http.send(h11.EndOfMessage()) or b""))
    while True:
        event = await _next(http, connection)
        if isinstance(event, h11.Response):
            date = dict(event.headers).get(b"date", b"").decode("ascii", "replace")
            return Flow(event.status_code, date, _body(http, connection))


async def _body(http: h11.Connection, connection: Connection) -> AsyncIterator[bytes]:
    try:
        while not isinstance(event := await _next(http, connection), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)
    except h11.RemoteProtocolError:
        raise NoWay("it breaks off its answer") from None


async def _next(http: h11.Connection, connection: Connection) -> object:
    while (event := http.next_event()) is h11.NEED_DATA:
        http.receive_data(await connection.reader.read(_CHUNK))
    return event
