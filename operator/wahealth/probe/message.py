"""A request and its response, in our own words: what everyone who asks writes and reads. No library's type is in them,
so what carries them (`probe.transport`) can be another without anybody noticing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar

from wahealth.core.answer import Malformed
from wahealth.core.egress.proxy import Proxy
from wahealth.probe.credential import Credential
from wahealth.probe.trust import Trust

T = TypeVar("T")


class Route(NamedTuple):
    """What one connection can be used for. `trust` None: plain HTTP. `host` is what was asked for, name or address;
    `server_name`: what the certificate must carry, and what SNI says; `through`: the proxy that leads there."""

    host: str
    port: int
    trust: Trust | None
    server_name: str
    through: Proxy | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One question without a body. Its repr leaves out `target` and `headers`: either may hold what signs in.

    `method` in capitals. `target`: path and query as a URL has them, ASCII in percent-encoding. `headers`: each of
    them, Host too, in the order in which they are sent. `addresses`: of the route's host; empty: it is looked up, and
    a proxy always is. `timeout`: seconds for the whole exchange, from its turn until the response is read. `period`:
    seconds after which the same route is asked again; 0: at once. `shows_certificate`: the presented certificate is
    wanted although the connection may have been made for another request. `turn`: whose slowness counts for its turn;
    empty: that of the route's host.
    """

    method: str
    target: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    route: Route
    addresses: tuple[str, ...]
    timeout: float
    period: float = 0.0
    shows_certificate: bool = False
    turn: str = field(default="", repr=False)


def json_headers(host: str, credential: Credential | None) -> tuple[tuple[str, str], ...]:
    """What each of our requests says: whom it is for, and that JSON is taken as it is. `credential` None: nobody is
    signed in."""
    signed_in = (credential.header(),) if credential is not None else ()
    return (
        ("Host", host),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", "wahealth"),
        *signed_in,
    )


class Headers(NamedTuple):
    """Of a response: each line's name and value, in the order in which they came. Names are found in any case."""

    lines: Sequence[tuple[bytes, bytes]]

    def first(self, name: str) -> str:
        """The value of the first line with this name; empty where there is none."""
        return next(self._values(name), "")

    def all(self, name: str) -> list[str]:
        """The value of each line with this name, as it is: a list with commas stays one value."""
        return list(self._values(name))

    def _values(self, name: str) -> Iterator[str]:
        wanted = name.lower().encode("ascii")
        return (_text(value) for said, value in self.lines if said.lower() == wanted)


def _text(value: bytes) -> str:
    """UTF-8, or else Latin-1, which any bytes are."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


class Stream(Protocol):
    """The bytes of a body as they arrive, without the chunks around them; at most `strict_json.MOST_BYTES` of them.
    Iterating raises `ProbeError`."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None:
        """Nothing more is read. The connection is kept only where the body was read to its end."""


@dataclass(frozen=True, slots=True)
class Response:
    """The head of an answer, and its body for whoever reads it. `status`: of HTTP, the final one, at least 200."""

    status: int
    headers: Headers
    stream: Stream

    async def body(self) -> bytes | Malformed:
        """All of it, once; waits until it is there. `Malformed`: it is compressed. Raises `ProbeError` where it breaks
        off or is longer than `strict_json.MOST_BYTES`."""
        if not _PLAIN.issuperset(_codings(self.headers.all("content-encoding"))):
            return Malformed("the body is compressed, which was not asked for")
        return b"".join([piece async for piece in self.stream])


Reader = Callable[[Response], Awaitable[T]]  # what a response means; it need not read the body
_PLAIN = frozenset({"", "identity"})


def _codings(written: Sequence[str]) -> Iterator[str]:
    """Of a list over one or more lines, case-insensitive, elements of which may be empty (RFC 9110, 5.6.1 and 8.4)."""
    return (coding.strip().lower() for line in written for coding in line.split(","))
