"""The questions of the fast lane: sent without waiting, compared when answers arrive, over connections of the pool.

A line is one connection for as long as its question is under way; before and after it is parked in the pool as any
other. All lines are watched by one epoll object, and the event loop watches that: a thousand answers cost one wake-up.
"""

from __future__ import annotations

import asyncio
import select
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wahealth.kube.process.meter import Purse
from wahealth.probe.client import Kept
from wahealth.probe.pool import Pool
from wahealth.probe.wire import Begun, Wire

_AT_ONCE = 256  # answers looked at in one turn of the event loop
_MOST_PIECES = 8  # in which an answer may come; one that comes in more is read in an ordinary round
_WATCHED = select.EPOLLIN | select.EPOLLONESHOT


@dataclass(slots=True, eq=False)
class Line:
    """One question under way. `heard`: what came of its answer."""

    wire: Wire
    kept: Kept
    asking: Asking
    heard: bytes = field(default=b"", repr=False)
    pieces: int = 0
    error: OSError | None = None

    @property
    def is_done(self) -> bool:
        """Whether the last answer came again, as a whole."""
        return self.error is None and self.kept.said.is_repeated_by(self.heard)


@dataclass(slots=True, eq=False)
class Asking:
    """The questions of one round. `over` is called once, when the last one is answered (True) or when one of them
    cannot be (False). `left`: how many are not answered yet. `purse`: who pays for what is heard."""

    purse: Purse
    period: float
    began: float
    over: Callable[[Asking, bool], None]
    lines: list[Line] = field(default_factory=list)
    left: int = 0


class Questions:
    """Used within one event loop."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lines: dict[int, Line] = {}  # by file descriptor: those that wait for an answer
        self._epoll = select.epoll()
        self._loop: asyncio.AbstractEventLoop | None = None

    def ask(
        self, exchanges: Sequence[Kept], purse: Purse, period: float, now: float, over: Callable[[Asking, bool], None]
    ) -> Asking | None:
        """Send every question, or none: None where a connection is missing or has ended, and nothing is under way."""
        wires = [self._pool.take(one.route, one.addresses) for one in exchanges]
        there = [(one, wire) for one, wire in zip(exchanges, wires, strict=True) if wire is not None]
        if len(there) < len(exchanges) or any(wire.begun is not None for _, wire in there):
            for one, wire in there:
                self._pool.park(one.route, wire, period)
            return None
        asking = Asking(purse, period, now, over)
        for one, wire in there:
            line = Line(wire, one, asking)
            asking.lines.append(line)
            if not wire.send_now(one.said.question):
                line.error = BrokenPipeError()
        asking.left = len(asking.lines)
        if any(line.error is not None for line in asking.lines) or not self._watch_all(asking.lines):
            self.hand_over(asking)
            return None
        return asking

    def park(self, asking: Asking) -> None:
        """All were answered: the connections go back to the pool."""
        for line in asking.lines:
            self._pool.park(line.kept.route, line.wire, asking.period)

    def hand_over(self, asking: Asking) -> None:
        """An ordinary round goes on with what was asked and what has come; of a connection that broke at once there is
        nothing to go on with."""
        for line in asking.lines:
            self._lines.pop(line.wire.fileno(), None)
            line.wire.begun = Begun(line.kept.said.question, line.heard, asking.began, line.error)
            self._pool.park(line.kept.route, line.wire, asking.period)

    def drop(self, asking: Asking) -> None:
        """Nobody wants the answers any more."""
        for line in asking.lines:
            self._lines.pop(line.wire.fileno(), None)
            line.wire.close()

    def _watch_all(self, lines: Sequence[Line]) -> bool:
        """False: the kernel watches no more for us, nor has memory for it (epoll_ctl(2): ENOSPC, ENOMEM)."""
        try:
            for line in lines:
                self._watch(line)
        except OSError:
            return False
        return True

    def _watch(self, line: Line) -> None:
        if self._loop is None:
            loop = asyncio.get_running_loop()
            loop.add_reader(self._epoll.fileno(), self._collect)
            self._loop = loop
        number = line.wire.fileno()
        self._lines[number] = line
        if line.wire.watched_by is self._epoll:
            self._epoll.modify(number, _WATCHED)
        else:
            self._epoll.register(number, _WATCHED)
            line.wire.watched_by = self._epoll

    def _collect(self) -> None:
        for number, _ in self._epoll.poll(0, _AT_ONCE):
            line = self._lines.pop(number, None)
            if line is not None and line.asking.purse.is_open:
                self._hear_paid(line)
            elif line is not None:
                self._watch(line)  # in a later turn of the loop: its namespace has had its share of this one

    def _hear_paid(self, line: Line) -> None:
        """The cost is the namespace's: what comes can be dear, such as a flood of TLS's tickets."""
        began = time.perf_counter()
        self._hear(line)
        line.asking.purse.pay(time.perf_counter() - began)

    def _hear(self, line: Line) -> None:
        asking = line.asking
        try:
            came = line.wire.receive_now()
        except EOFError:
            asking.over(asking, False)
            return
        except OSError as error:
            line.error = error
            asking.over(asking, False)
            return
        line.heard += came
        line.pieces += 1
        if line.is_done:
            asking.left -= 1
            if not asking.left:
                asking.over(asking, True)
        elif line.kept.said.is_begun_by(line.heard) and line.pieces <= _MOST_PIECES:
            self._watch(line)
        else:
            asking.over(asking, False)
