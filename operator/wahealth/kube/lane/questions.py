"""The questions of the fast lane: sent without waiting, compared when answers arrive, over connections of the pool.

A line is one connection for as long as its question is under way. All lines are watched by one epoll object, and the
event loop watches that: a thousand answers cost one wake-up. A connection stays watched while it is parked, and what
comes then, which nobody asked for, sends its next question the ordinary way.
"""

from __future__ import annotations

import asyncio
import select
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from weakref import ref

from wahealth.kube.process.meter import Purse
from wahealth.probe.client import Kept
from wahealth.probe.pool import Parked, Pool
from wahealth.probe.wire import Begun, Wire

_AT_ONCE = 256  # answers looked at in one turn of the event loop
_MOST_PIECES = 8  # in which an answer may come; one that comes in more is read in an ordinary round
_WATCHED = select.EPOLLIN | select.EPOLLET


@dataclass(slots=True, eq=False)
class Line:
    """One question under way. `heard`: what came of its answer."""

    parked: Parked
    kept: Kept
    asking: Asking
    heard: bytes = field(default=b"", repr=False)
    pieces: int = 0
    error: OSError | None = None

    @property
    def wire(self) -> Wire:
        return self.parked.wire

    @property
    def is_done(self) -> bool:
        """Whether the last answer came again, as a whole."""
        return self.error is None and self.kept.said.is_repeated_by(self.heard)


@dataclass(slots=True, eq=False)
class Asking:
    """The questions of one round. `over` is called once, when the last one is answered (True) or when one of them
    cannot be (False). `left`: how many are not answered yet. `purse`: who pays for what is heard."""

    purse: Purse
    began: float
    over: Callable[[Asking, bool], None]
    lines: list[Line] = field(default_factory=list)
    left: int = 0


class Questions:
    """Used within one event loop."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lines: dict[int, Line] = {}  # by file descriptor: those that wait for an answer
        self._watched: dict[int, ref[Wire]] = {}  # by file descriptor: what the epoll object knows, or did
        self._epoll = select.epoll()
        self._loop: asyncio.AbstractEventLoop | None = None

    def ask(
        self, exchanges: Sequence[Kept], purse: Purse, now: float, over: Callable[[Asking, bool], None]
    ) -> Asking | None:
        """Send every question, or none: None where a connection is missing or has ended, and nothing is under way."""
        asking = Asking(purse, now, over)
        for one in exchanges:
            parked = self._pool.lend(one.route, one.addresses)
            if parked is None:
                self.park(asking)
                return None
            asking.lines.append(Line(parked, one, asking))
        asking.left = len(asking.lines)
        for line in asking.lines:
            if not line.wire.send_now(line.kept.said.question):
                line.error = BrokenPipeError()
        if any(line.error is not None for line in asking.lines) or not self._watch_all(asking.lines):
            self.hand_over(asking)
            return None
        return asking

    def park(self, asking: Asking) -> None:
        """All were answered, or none was asked: the connections are given back."""
        for line in asking.lines:
            self._pool.give_back(line.kept.route, line.parked)

    def hand_over(self, asking: Asking) -> None:
        """An ordinary round goes on with what was asked and what has come; of a connection that broke at once there is
        nothing to go on with."""
        for line in asking.lines:
            self._lines.pop(line.wire.fileno(), None)
            line.wire.begun = Begun(line.kept.said.question, line.heard, asking.began, line.error)
            self._pool.give_back(line.kept.route, line.parked)

    def drop(self, asking: Asking) -> None:
        """Nobody wants the answers any more."""
        for line in asking.lines:
            self._lines.pop(line.wire.fileno(), None)
            self._pool.withdraw(line.kept.route, line.parked)

    def _watch_all(self, lines: Sequence[Line]) -> bool:
        """False: the kernel watches no more for us, nor has memory for it (epoll_ctl(2): ENOSPC, ENOMEM)."""
        try:
            for line in lines:
                self._watch(line)
        except OSError:
            return False
        return True

    def _watch(self, line: Line) -> None:
        wire = line.wire
        number = wire.fileno()
        self._lines[number] = line
        if wire.watched_by is not self._epoll:
            self._begin_to_watch(wire, number)

    def _begin_to_watch(self, wire: Wire, number: int) -> None:
        if self._loop is None:
            loop = asyncio.get_running_loop()
            loop.add_reader(self._epoll.fileno(), self._collect)
            self._loop = loop
        self._epoll.register(number, _WATCHED)
        self._watched[number] = ref(wire)
        wire.watched_by = self._epoll

    def _collect(self) -> None:
        for number, _ in self._epoll.poll(0, _AT_ONCE):
            line = self._lines.get(number)
            if line is None:
                self._note_news(number)
            elif line.asking.purse.is_open:
                self._hear_paid(line)
            else:  # in a later turn of the loop: its namespace has had its share of this one
                self._epoll.modify(number, _WATCHED)

    def _note_news(self, number: int) -> None:
        """Something came on a connection on which nothing is asked, or what is asked is another's."""
        wire = self._watched[number]()
        if wire is not None:
            wire.has_news = True

    def _hear_paid(self, line: Line) -> None:
        """The cost is the namespace's: what comes can be dear, such as a flood of TLS's tickets."""
        began = time.perf_counter()
        self._hear(line)
        line.asking.purse.pay(time.perf_counter() - began)

    def _hear(self, line: Line) -> None:
        asking = line.asking
        try:
            came = line.parked.wire.receive_now()
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
            del self._lines[line.wire.fileno()]
            asking.left -= 1
            if not asking.left:
                asking.over(asking, True)
        elif not (line.kept.said.is_begun_by(line.heard) and line.pieces <= _MOST_PIECES):
            asking.over(asking, False)
