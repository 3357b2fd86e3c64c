"""One connection: bytes in and out, over TLS or in the clear.

The bytes of TLS go through memory (`ssl.MemoryBIO`) over a plain non-blocking socket: asyncio's own TLS transport holds
290 KiB a connection. All connections of a thread share two such buffers, which are empty whenever a connection waits:
what came is decrypted at once, tickets too, and what is to go out is taken out at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from typing import NamedTuple

from aiohappyeyeballs import AddrInfoType, start_connection

from wahealth.core.answer import FailureReason
from wahealth.core.certificate import Untrusted
from wahealth.probe.errors import Progress, Stage, connect_error, handshake_error, out_of_time, probe_error, untrusted
from wahealth.probe.renewal import kept_for
from wahealth.probe.trust import Trust

CONNECT_SECONDS = 3.5  # the third SYN goes out after 3 s
_EYEBALLS_SECONDS = 0.25  # until the next address is tried beside the first (RFC 8305)
_RECEIVE = 64 * 1024
MOST_ON_THE_WIRE = 2 * 1024 * 1024  # bytes received for one answer, with all that is around it


class Begun(NamedTuple):
    """A question that was sent at `at` (monotonic seconds of the loop), and what came of its answer. `error`: how the
    connection broke then."""

    question: bytes
    answer: bytes
    at: float
    error: OSError | None = None


class Wire:
    """`address`: whom it leads to. `received`: bytes since the last question. `until`: the time of the monotonic clock
    at which another one is to be made instead. `begun`: the question that is under way while it is parked.

    `watched_by`: the epoll object that knows its socket, if any; `has_news`: that something came which nobody asked
    for."""

    __slots__ = (
        *("_ahead", "_incoming", "_outgoing", "_over", "_socket", "_tls", "_unsent"),
        *("__weakref__", "address", "begun", "has_news", "received", "until", "watched_by"),
    )

    def __init__(self, sock: socket.socket, address: str) -> None:
        self._socket = sock
        self._tls: ssl.SSLObject | None = None
        self.address = address
        self.received = 0
        self.until = time.monotonic() + kept_for()
        self.begun: Begun | None = None
        self.watched_by: object = None
        self.has_news = False
        self._over = False  # the other side has said goodbye
        self._ahead = b""  # decrypted and not received yet
        self._unsent = b""  # encrypted and not sent yet

    @classmethod
    async def connect(cls, addresses: tuple[str, ...], port: int) -> Wire:
        """To one of these addresses, which are no names: nothing is resolved here."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                sock, address = await _connected(addresses, port)
        except TimeoutError:
            raise probe_error(
                FailureReason.CONNECT_TIMEOUT, out_of_time(Stage.CONNECTING, CONNECT_SECONDS).detail
            ) from None
        except OSError as error:
            raise connect_error(error) from None
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(sock, address)  # not asked for from the socket: of one that was reset meanwhile it cannot be had

    async def secure(self, trust: Trust, server_name: str, progress: Progress) -> bytes:
        """TLS from here on; gives the certificate presented, in DER. Nothing is sent to whom `trust` does not admit."""
        progress.stage = Stage.SHAKING_HANDS
        self._incoming, self._outgoing = _buffers.incoming, _buffers.outgoing
        try:
            self._tls = trust.context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
            await self._shake_hands(self._tls, trust)
        except OSError as error:
            self._say_goodbye()
            raise handshake_error(error, self.received) from None
        except ValueError:
            raise untrusted(Untrusted.NO_SUCH_NAME) from None
        presented = self.presented()
        self.until = time.monotonic() + kept_for(presented)
        return presented

    def presented(self) -> bytes:
        """The other side's certificate, in DER; empty without TLS."""
        return (self._tls.getpeercert(binary_form=True) or b"") if self._tls is not None else b""

    async def send(self, data: bytes) -> None:
        if self._tls is None:
            await asyncio.get_running_loop().sock_sendall(self._socket, data)
        else:
            self._encrypted(self._tls, data)
            await self._flush()

    async def receive(self) -> bytes:
        """What comes next; nothing at the end."""
        if self._tls is None:
            return await self._from_socket()
        plain, self._ahead = self._ahead, b""
        while not plain and not self._over:
            await self._flush()
            data = await self._from_socket()
            if not data:
                break
            with contextlib.suppress(EOFError):
                plain = self._decrypted(self._tls, data)
        return plain

    def fileno(self) -> int:
        """Of its socket, which does not block."""
        return self._socket.fileno()

    def send_now(self, data: bytes) -> bool:
        """Whether all of it went out without waiting; if not, the connection is of no use any more."""
        self.received = 0
        try:
            if self._tls is not None:
                self._encrypted(self._tls, data)
            else:
                self._unsent = data
            self._say_now()
        except OSError:
            return False
        return True

    def receive_now(self) -> bytes:
        """What is there, at most 64 KiB on the wire; nothing: no whole record, or tickets alone. Raises `OSError`, and
        `EOFError` at the end."""
        try:
            data = self._socket.recv(_RECEIVE)
        except BlockingIOError:
            return b""
        self.received += len(data)
        if not data:
            raise EOFError
        if self._tls is None:
            return data
        plain = self._decrypted(self._tls, data)
        if self._unsent:
            self._say_now()
        return plain

    def _encrypted(self, tls: ssl.SSLObject, data: bytes) -> None:
        try:
            tls.write(data)
        finally:
            self._take_out()

    def _take_out(self) -> None:
        """Leave nothing in the buffers, which are others' too."""
        if self._outgoing.pending:
            self._unsent += self._outgoing.read()
        if self._incoming.pending:  # after an error alone
            self._incoming.read()

    def _decrypted(self, tls: ssl.SSLObject, data: bytes) -> bytes:
        """All that is in it. Raises `ssl.SSLError`, and `EOFError` where it is a goodbye alone."""
        self._incoming.write(data)
        parts = []
        try:
            while part := tls.read(_RECEIVE):
                parts.append(part)
                if not self._incoming.pending and not tls.pending():
                    break  # without the exception that says so
            else:
                self._over = True
        except ssl.SSLWantReadError:
            pass
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self._over = True
        except ssl.SSLError:
            if not parts:
                raise  # else it is raised again by the next reading
        finally:
            self._take_out()
        if not parts and self._over:
            raise EOFError
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _say_now(self) -> None:
        """Send without waiting what is to go out, also what TLS has to say of its own, as to whoever negotiates anew.

        Raises `OSError` if not all of it goes."""
        said, self._unsent = self._unsent, b""
        if said and self._socket.send(said) < len(said):
            raise BrokenPipeError

    def last_words(self) -> None:
        """After a failed write: what came before the end. Raises `ssl.SSLError` for an alert, which lies there."""
        if self._tls is None:
            return
        with contextlib.suppress(ConnectionError, BlockingIOError, EOFError):
            self._decrypted(self._tls, self._socket.recv(_RECEIVE))

    def is_quiet(self) -> bool:
        """Whether a parked connection still stands, with nothing said on it: also no goodbye."""
        self.has_news = False
        if self._over:
            return False
        try:
            return self._tls_is_quiet() if self._socket.recv(1, socket.MSG_PEEK) else False
        except BlockingIOError:
            return True
        except OSError:
            return False

    def close(self) -> None:
        self._socket.close()

    def _tls_is_quiet(self) -> bool:
        """TLS 1.3 sends tickets after the handshake, which wait in the socket; a goodbye waits there just so."""
        if self._tls is None:
            return False
        try:
            if self._decrypted(self._tls, self._socket.recv(_RECEIVE)) or self._over:
                return False
        except EOFError:
            return False
        try:
            self._socket.recv(1, socket.MSG_PEEK)  # the end, or more than tickets are
        except BlockingIOError:
            return True
        return False

    async def _shake_hands(self, tls: ssl.SSLObject, trust: Trust) -> None:
        """What was presented is judged before our next word goes out, for that may be a certificate of our own."""
        done, data = False, b""
        while not done:
            done = self._shaken(tls, data)
            presented = _presented_so_far(tls) if trust.pins else b""
            if (presented or done) and not trust.admits(presented):
                raise untrusted(Untrusted.OTHER_PIN, presented)
            await self._flush()
            if not done and not (data := await self._from_socket()):
                raise ssl.SSLEOFError

    def _shaken(self, tls: ssl.SSLObject, data: bytes) -> bool:
        """Whether the handshake is done with this. What came behind its end is decrypted."""
        self._incoming.write(data)
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        else:
            if self._incoming.pending:
                with contextlib.suppress(EOFError):
                    self._ahead = self._decrypted(tls, b"")
            return True
        finally:
            self._take_out()

    def _say_goodbye(self) -> None:
        """The alert that says why, if it goes out at once."""
        with contextlib.suppress(OSError):
            self._say_now()

    async def _flush(self) -> None:
        data, self._unsent = self._unsent, b""
        if data:
            await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def _from_socket(self) -> bytes:
        data = await asyncio.get_running_loop().sock_recv(self._socket, _RECEIVE)
        self.received += len(data)
        if self.received > MOST_ON_THE_WIRE:
            raise probe_error(FailureReason.BODY_TOO_LARGE, "more than 2 MiB on the wire")
        if self.received >= _RECEIVE:
            await asyncio.sleep(0)  # sock_recv does not wait while there is more: others want their turn, and deadlines
        return data


class _Buffers(threading.local):
    """Of one thread, for all its connections."""

    def __init__(self) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()


_buffers = _Buffers()


def _presented_so_far(tls: ssl.SSLObject) -> bytes:
    """In DER. Python tells it of a handshake under way from 3.13 on, by a method that is there before, too."""
    chain = tls._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
    return chain[0].public_bytes(_DER) if chain else b""


_DER = 2  # _ssl.ENCODING_DER


async def _connected(addresses: tuple[str, ...], port: int) -> tuple[socket.socket, str]:
    """And to which of them."""
    if len(addresses) > 1:
        return await _first_connected(addresses, port)
    sock = socket.socket(_family(addresses[0]), socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (addresses[0], port))
    except BaseException:
        sock.close()
        raise
    return sock, addresses[0]


async def _first_connected(addresses: tuple[str, ...], port: int) -> tuple[socket.socket, str]:
    tried: dict[socket.socket, str] = {}

    def opened(info: AddrInfoType) -> socket.socket:
        sock = socket.socket(info[0], info[1], info[2])
        tried[sock] = str(info[4][0])
        return sock

    infos = [(_family(a), socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (a, port)) for a in addresses]
    sock = await start_connection(infos, happy_eyeballs_delay=_EYEBALLS_SECONDS, interleave=1, socket_factory=opened)
    return sock, tried[sock]


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
