"""One question to one web pod: GET /v1/health over verified TLS, within one deadline. The only importer of httpx.

What the world does comes back as a value. What is our own fault (no file descriptor, no port left) is raised as
`ObserverFault`: it says nothing about the client. No text of a library's exception goes anywhere: it may hold the key.
"""

from __future__ import annotations

import asyncio
import errno
import hmac
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from wahealth.core.answer import Malformed, Outcome, Unreachable, Unreached
from wahealth.probe.payload import outcome_of

MOST_BYTES = 1024 * 1024
_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL})


class ObserverFault(Exception):
    """This round failed through our own fault; the verdict stays as it is."""


@dataclass(frozen=True, slots=True)
class Question:
    """`address` is a pod's, from the API; `timeout` in seconds, for the whole exchange."""

    address: str
    port: int
    key: ApiKey
    trust: ssl.SSLContext
    timeout: float

    @property
    def url(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"https://{host}:{self.port}/v1/health"


class ApiKey:
    """A key that no repr, format or pickle shows; `header()` is the one way out."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        """`secret` has the form that `core.credentials` asks for."""
        self._secret = secret

    def header(self) -> str:
        return f"Apikey {self._secret.decode('ascii')}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ApiKey) and hmac.compare_digest(self._secret, other._secret)

    def __hash__(self) -> int:
        return hash(self._secret)

    def __repr__(self) -> str:
        return "ApiKey(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("an API key is never pickled")


async def probe(question: Question) -> Outcome:
    try:
        async with asyncio.timeout(question.timeout):
            return await _ask(question)
    except TimeoutError:
        return Unreachable(Unreached.READ_TIMEOUT, f"no answer within {question.timeout:g} s")
    except httpx.TransportError as error:
        return _unreachable(error)


async def _ask(question: Question) -> Outcome:
    headers = {"Authorization": question.key.header(), "Accept-Encoding": "identity", "Accept": "application/json"}
    # A client each time: with a shared TLS context it costs 0.02 ms, and nothing is left behind when a pod is gone.
    async with (
        httpx.AsyncClient(verify=question.trust, trust_env=False, timeout=None) as client,  # noqa: S113 - see probe()
        client.stream("GET", question.url, headers=headers) as response,
    ):
        return await _outcome(response)


async def _outcome(response: httpx.Response) -> Outcome:
    if response.status_code in {401, 403} or response.is_redirect:
        return outcome_of(response.status_code, b"")  # its body may be anything, and is not waited for
    if "content-encoding" in response.headers:
        return Malformed("the body is compressed, which was not asked for")
    body = await _body(response)
    if body is None:
        return Unreachable(Unreached.BODY_TOO_LARGE, "more than 1 MiB")
    return outcome_of(response.status_code, body)


async def _body(response: httpx.Response) -> bytes | None:
    chunks, size = [], 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > MOST_BYTES:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _unreachable(error: httpx.TransportError) -> Outcome:
    causes = tuple(_causes(error))
    if any(isinstance(cause, OSError) and cause.errno in _OURS for cause in causes):
        raise ObserverFault from None
    if isinstance(error, httpx.NetworkError | httpx.ProtocolError) and not isinstance(error, httpx.ConnectError):
        return Unreachable(Unreached.INVALID_RESPONSE, "the connection broke before the answer was complete")
    reasons = (reason for kind, reason in _NOT_CONNECTED if any(isinstance(cause, kind) for cause in causes))
    return Unreachable(next(reasons, Unreached.CONNECTION_REFUSED))


# Why no connection came about; the first kind found among the causes.
_NOT_CONNECTED: tuple[tuple[type[BaseException], Unreached], ...] = (
    (ssl.SSLCertVerificationError, Unreached.TLS_VERIFICATION_FAILED),
    (ssl.SSLError, Unreached.TLS_HANDSHAKE_FAILED),
    (socket.gaierror, Unreached.DNS_LOOKUP_FAILED),
    (httpx.TimeoutException, Unreached.CONNECT_TIMEOUT),
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it, also the members of exception groups."""
    seen, waiting = set(), [error]
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [c for c in (cause.__cause__, cause.__context__, *getattr(cause, "exceptions", ())) if c]
