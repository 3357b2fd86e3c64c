"""HTTP/1.1 server for kubelet's probes: one request a connection, answered from memory in one write.

uvicorn with h11 would be fast enough but not small enough: after a burst of 2,000 probes it holds 13 MB more. A probe
needs only the request line, so the server ignores the rest of a request and keeps nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

from wahealth.listening import Guests

LONGEST_HEAD = 8 * 1024  # bytes of request line and headers
PATIENCE = 10.0  # seconds for the whole request and the delivery of its answer
_END = b"\r\n\r\n"


class Page(NamedTuple):
    """An answer; `allow` is the header Allow, or empty."""

    status: HTTPStatus
    body: bytes
    media_type: str = "application/json"
    allow: str = ""


Pages = Callable[[str, str], Page]  # method and target (path with query) to an answer


class Server:
    """Serves `pages` to a bounded number of connections."""

    def __init__(self, pages: Pages) -> None:
        self.guests = Guests(lambda: Connection(pages))

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Raises `OSError` if the address cannot be used."""
        return await self.guests.listen(host, port)


class Connection(asyncio.Protocol):
    """One connection: reads a request, answers it and closes."""

    __slots__ = ("_head", "_pages", "_timer", "_transport")

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._head = b""
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what the loop promises
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._head += data[: LONGEST_HEAD + 1 - len(self._head)]
        if _END in self._head:
            self._say(*_request_line(self._head))
        elif len(self._head) > LONGEST_HEAD:
            self._write(_bare(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE), True)

    def connection_lost(self, _: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _say(self, method: str, target: str) -> None:
        page = self._pages(method, target) if target else _bare(HTTPStatus.BAD_REQUEST)
        self._write(page, method != "HEAD")

    def _write(self, page: Page, with_body: bool) -> None:
        """Writes the answer and closes. The rest of the request is not read."""
        if self._transport is not None:
            self._transport.pause_reading()
            self._transport.write(_answer(page, with_body))
            self._transport.close()


def _request_line(head: bytes) -> tuple[str, str]:
    """Method and target of a request; both empty if its first line is invalid."""
    line = head.split(b"\r\n", 1)[0].decode("latin-1")
    method, _, rest = line.partition(" ")
    target, _, version = rest.partition(" ")
    good = method.isalpha() and method.isupper() and target.startswith("/") and version in {"HTTP/1.1", "HTTP/1.0"}
    return (method, target) if good else ("", "")


def _bare(status: HTTPStatus) -> Page:
    return Page(status, f'{{"error": "{status.phrase}"}}'.encode())


def _answer(page: Page, with_body: bool) -> bytes:
    allow = f"Allow: {page.allow}\r\n" if page.allow else ""
    head = (
        f"HTTP/1.1 {page.status.value} {page.status.phrase}\r\nContent-Type: {page.media_type}\r\n"
        f"Content-Length: {len(page.body)}\r\nCache-Control: no-store\r\n{allow}Connection: close\r\n\r\n"
    )
    return head.encode("latin-1") + (page.body if with_body else b"")
