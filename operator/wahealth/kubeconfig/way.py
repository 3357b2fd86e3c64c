"""A connection to the API server, direct or through a proxy that speaks HTTP or SOCKS, with TLS on top."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from ipaddress import ip_address
from typing import NamedTuple

from wahealth.core.egress.proxy import Proxy, question, status_of
from wahealth.kubeconfig.trust import trust

_LONGEST_HEAD = 16 * 1024  # bytes of a proxy's answer
_TO_A_NAME, _TO_IPV4, _TO_IPV6 = 3, 1, 4
_NO_LOGIN, _LOGIN = 0, 2
_SOCKS_REFUSALS = {
    2: "does not allow it",
    3: "has no route there",
    4: "has no route there",
    5: "gets connection refused",
}


class NoWay(Exception):
    """Why there is no connection, in words that follow on "the API server cannot be reached: "."""


class Goal(NamedTuple):
    """The server to connect to. `name` is the name that its certificate must carry; empty means the host. `trust` None
    means without TLS."""

    host: str
    port: int
    name: str
    trust: ssl.SSLContext | None


class Connection(NamedTuple):
    """Both directions of an open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


@contextlib.asynccontextmanager
async def connected(goal: Goal, proxy: Proxy | None) -> AsyncIterator[Connection]:
    """A connection to `goal`, closed at the end of the block. Raises `NoWay`, `OSError` and `ssl.SSLError`."""
    first = (proxy.host, proxy.port) if proxy else (goal.host, goal.port)
    reader, writer = await asyncio.open_connection(*first, limit=_LONGEST_HEAD)
    try:
        connection = Connection(reader, writer)
        if proxy is not None:
            await _through(connection, proxy, goal)
        if goal.trust is not None:
            await writer.start_tls(goal.trust, server_hostname=goal.name or goal.host.rstrip("."))
        yield connection
    except BaseException:
        writer.transport.abort()  # without waiting: a handshake that was given up never tells that it is closed
        raise
    writer.close()
    with contextlib.suppress(OSError, ssl.SSLError):
        await writer.wait_closed()


async def _through(connection: Connection, proxy: Proxy, goal: Goal) -> None:
    try:
        if proxy.scheme == "https":
            # As in Go, the proxy's certificate is verified like the API server's, with the same authorities.
            await connection.writer.start_tls(goal.trust or trust(None), server_hostname=goal.name or proxy.host)
        if not proxy.speaks_http:
            await _by_socks(connection, proxy, goal)
        elif goal.trust is not None:
            await _by_connect(connection, proxy, goal)
    except asyncio.IncompleteReadError:
        raise NoWay(f"the proxy {proxy.shown} closes the connection") from None
    except asyncio.LimitOverrunError:
        raise NoWay(f"the server at {proxy.shown} is not a proxy") from None


async def _by_connect(connection: Connection, proxy: Proxy, goal: Goal) -> None:
    connection.writer.write(question(proxy, goal.host, goal.port))
    status = status_of(await connection.reader.readuntil(b"\r\n\r\n"))
    if status is None:
        raise NoWay(f"the server at {proxy.shown} is not a proxy")
    if status != 200:
        raise NoWay(f"the proxy {proxy.shown} answers {status}")


async def _by_socks(connection: Connection, proxy: Proxy, goal: Goal) -> None:
    """Connects by SOCKS 5 (RFC 1928 and 1929); the proxy resolves names."""
    reader, writer = connection
    ways = bytes([_NO_LOGIN, _LOGIN] if proxy.user else [_NO_LOGIN])
    writer.write(bytes([5, len(ways)]) + ways)
    version, way = await reader.readexactly(2)
    if version != 5:
        raise NoWay(f"the server at {proxy.shown} is not a SOCKS proxy")
    if way == _LOGIN and proxy.user:
        user, password = proxy.user.encode()[:255], proxy.password.encode()[:255]
        writer.write(bytes([1, len(user)]) + user + bytes([len(password)]) + password)
        _, way = await reader.readexactly(2)
    if way != 0:
        raise NoWay(f"the proxy {proxy.shown} denies access")
    writer.write(bytes([5, 1, 0]) + _address(goal.host) + goal.port.to_bytes(2, "big"))
    _, refused, _, kind = await reader.readexactly(4)
    if refused:
        raise NoWay(f"the proxy {proxy.shown} {_SOCKS_REFUSALS.get(refused, f'answers {refused}')}")
    length = {_TO_IPV4: 4, _TO_IPV6: 16}.get(kind) or (await reader.readexactly(1))[0]
    await reader.readexactly(length + 2)


def _address(host: str) -> bytes:
    try:
        address = ip_address(host)
    except ValueError:
        name = host.encode("idna")
        return bytes([_TO_A_NAME, len(name)]) + name
    return bytes([_TO_IPV4 if address.version == 4 else _TO_IPV6]) + address.packed
