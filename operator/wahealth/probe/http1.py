"""HTTP/1.1 by h11, one question and its answer on one connection; with its caps, here, in `probe.heads`,
`probe.pieces` and `probe.strict_json`. The deadline is the caller's.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable

import h11

from wahealth.core.answer import BROKE_OFF, FailureReason
from wahealth.probe.errors import Progress, Stage, objected, probe_error, read_error
from wahealth.probe.heads import MOST_INFORMATIONAL, Heads
from wahealth.probe.pieces import Pieces
from wahealth.probe.repeat import MOST_BYTES as MOST_REMEMBERED
from wahealth.probe.strict_json import MOST_BYTES, TOO_LARGE
from wahealth.probe.wire import Wire

_LONGEST_LINE = 1024  # before a chunk or behind the last one, where h11 tries each way to share out blanks


class ClosedMeanwhile(Exception):
    """The connection ended before the first byte of an answer."""


class Exchange:
    """One question and its answer on one connection."""

    def __init__(self, wire: Wire, progress: Progress, is_fresh: bool = True) -> None:
        """`is_fresh`: the connection was made for it; one that was kept may have been closed meanwhile."""
        self.wire = wire
        self._progress = progress
        self._is_fresh = is_fresh
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_LINE)
        self._waiting = memoryview(b"")  # received and not given to h11 yet
        self._at_once = MOST_BYTES  # how much of it h11 is given at a time
        self._pieces = Pieces("answer")
        self._heard = False  # anything of an answer
        self._over = False  # nothing more will come
        self._begun, wire.begun = wire.begun, None
        self.question = b""
        self._answer: bytearray | None = bytearray()  # as it came; None: it is longer than is remembered
        if self._begun is None:
            wire.received = 0

    async def ask(self, method: str, target: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """Without a body; nothing is sent where just this was asked already, and its time runs since then. Raises
        `ClosedMeanwhile`, `ProbeError`, `ObserverFault`."""
        asked = h11.Request(method=method, target=target, headers=headers)
        sent = (self._http.send(asked) or b"", self._http.send(h11.EndOfMessage()) or b"")
        self.question = b"".join(sent)
        if self._begun is not None:
            if self._begun.question != self.question:
                raise ClosedMeanwhile  # the answer that comes is not to us
            self._progress.asked_at(self._begun.at)
            return
        try:
            await self.wire.send(self.question)
        except OSError as error:
            read_error(error)  # unless it is our own fault
            self._raise_last_words()
            raise ClosedMeanwhile from None

    def _raise_last_words(self) -> None:
        """An alert may have come before the connection ended."""
        try:
            self.wire.last_words()
        except ssl.SSLError as error:
            if self._is_fresh and (objection := objected(error)) is not None:
                raise objection from None

    async def head(self) -> h11.Response:
        """Of the answer; informational ones are passed over."""
        heads = Heads()
        for _ in range(MOST_INFORMATIONAL + 1):
            while (head := heads.take()) is None:
                heads.add(await self._received())
                if self._over:
                    raise probe_error(FailureReason.INVALID_RESPONSE, BROKE_OFF)
            self._http.receive_data(head)
            event = self._parsed()
            if isinstance(event, h11.Response):
                self._waiting = memoryview(heads.rest())
                self._at_once = _LONGEST_LINE if b"chunked" in head.lower() else MOST_BYTES
                return event
        raise probe_error(FailureReason.INVALID_RESPONSE, f"more than {MOST_INFORMATIONAL} informational answers")

    async def event(self) -> h11.Event | type[h11.PAUSED] | type[h11.NEED_DATA]:
        while (event := self._parsed()) is h11.NEED_DATA:
            if not self._waiting:
                self._waiting = memoryview(await self._received())
            self._http.receive_data(bytes(self._waiting[: self._at_once]))
            self._waiting = self._waiting[self._at_once :]
        return event

    def _parsed(self) -> h11.Event | type[h11.PAUSED] | type[h11.NEED_DATA]:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError:
            raise probe_error(
                FailureReason.INVALID_RESPONSE, BROKE_OFF if self._over else "that is no valid HTTP"
            ) from None

    @property
    def may_be_kept(self) -> bool:
        """The answer is complete, nothing came behind it, and nobody wants to close."""
        done = self._http.their_state is h11.DONE and self._http.our_state is h11.DONE
        return done and self._http.trailing_data == (b"", False) and not self._waiting

    @property
    def answer(self) -> bytes | None:
        """All of it as it came, once it was read to its end; None: it is too long to be remembered."""
        return None if self._answer is None else bytes(self._answer)

    async def _received(self) -> bytes:
        data = await self._more()
        if self._answer is not None:
            self._answer += data
            if len(self._answer) > MOST_REMEMBERED:
                self._answer = None
        return data

    async def _next(self) -> bytes:
        """First what came before this exchange took over."""
        begun, self._begun = self._begun, None
        if begun is not None and begun.answer:
            self._begun = begun._replace(answer=b"")
            return begun.answer
        if begun is not None and begun.error is not None:
            raise begun.error
        return await self.wire.receive()

    async def _more(self) -> bytes:
        try:
            data = await self._next()
        except OSError as error:
            said = read_error(error)
            if self._heard:
                raise said from None
            if self._is_fresh and (objection := objected(error)) is not None:
                raise objection from None
            raise ClosedMeanwhile from None
        if not data and not self._heard:
            raise ClosedMeanwhile
        self._heard, self._over = True, not data
        self._progress.stage = Stage.READING
        await self._pieces.another()
        return data


class Body:
    """Read to its end, the connection is parked; left before, it is closed."""

    def __init__(self, exchange: Exchange, park: Callable[[], None]) -> None:
        self._exchange = exchange
        self._park = park
        self._ended = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size, pieces = 0, Pieces("body")
        while isinstance(event := await self._exchange.event(), h11.Data):
            size += len(event.data)
            if size > MOST_BYTES:
                raise probe_error(FailureReason.BODY_TOO_LARGE, TOO_LARGE)
            await pieces.another()
            yield bytes(event.data)
        self._ended = isinstance(event, h11.EndOfMessage)

    async def aclose(self) -> None:
        if self._ended and self._exchange.may_be_kept:
            self._park()
        else:
            self._exchange.wire.close()
