"""Logs on stderr: a constant message and its facts as fields, as text or as one JSON object a line.

Nobody who logs ever waits: lines go through a bounded queue to a thread of their own, and what does not fit is counted
and dropped. What would be said over and over has a topic (`extra=topic("…")`) and is said once a minute.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

EVERY = 60.0  # seconds between two lines of one topic
_MOST_WAITING = 4096  # lines
_MOST_TOPICS = 10_000  # beyond it those are forgotten that nothing was said of for so long
_STDERR = 2
_PARTING = 1.0  # seconds for what still waits when the process ends
_TEXT = "%(asctime)s %(levelname)-7s %(message)s"
_NAMES = {"resource": "name"}  # `name` is the logger's own until it is written
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "topic"}


class TextFormatter(logging.Formatter):
    """The message, then the fields as key=value. Nothing in it moves a terminal, and no field makes a line of its own:
    who holds a Lease, for one, may be whatever somebody wrote there."""

    def format(self, record: logging.LogRecord) -> str:
        fields = [f"{_NAMES.get(k, k)}={v}" for k, v in vars(record).items() if k not in _STANDARD]
        first, *rest = super().format(record).split("\n")
        return "\n".join(map(printable, [" ".join([first, *fields]), *rest]))


def printable(line: str) -> str:
    """With an escape for each character that does not print."""
    return line if line.isprintable() else "".join(one if one.isprintable() else _escaped(one) for one in line)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


class OnceAMinute(logging.Filter):
    """Of one topic the first line, then one a minute, which says how many were left out."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._said: OrderedDict[str, tuple[float, int]] = OrderedDict()  # the one said longest ago first
        self._turn = threading.RLock()  # two threads log: kopf's and ours

    def filter(self, record: logging.LogRecord) -> bool:
        about: str | None = getattr(record, "topic", None)
        if about is None:
            return True
        with self._turn:
            said, left_out = self._said.get(about, (float("-inf"), 0))
            if self._now() - said < EVERY:
                self._said[about] = (said, left_out + 1)
                return False
            self._said[about] = (self._now(), 0)
            self._said.move_to_end(about)
            self._forget_old()
        if left_out:
            record.left_out = left_out
        return True

    def _forget_old(self) -> None:
        """Resources come and go."""
        while len(self._said) > _MOST_TOPICS:
            oldest, (said, _) = next(iter(self._said.items()))
            if self._now() - said < EVERY:
                return
            del self._said[oldest]  # of a plain dict each look for the first would pass those gone before


class Queued(logging.Handler):
    """Hands lines to a thread that writes them; whoever logs never waits for it, nor does the end of the process.

    The thread holds no lock of `logging` or of `sys.stderr` while it writes: Python's end would wait for those.
    """

    def __init__(
        self, formatter: logging.Formatter, write: Callable[[bytes], object], dropped: Callable[[], None]
    ) -> None:
        """`write` may block for as long as it likes; `dropped` is called for each line that finds no room."""
        super().__init__()
        self._dropped = dropped
        self._waiting: queue.Queue[logging.LogRecord | None] = queue.Queue(_MOST_WAITING)
        self._line_of = formatter.format
        self._to = write
        self._thread = threading.Thread(target=self._write, name="logs", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._waiting.put_nowait(record)
        except queue.Full:
            self._dropped()

    def close(self) -> None:
        """What still waits is written, unless nobody takes it."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
            self._thread.join(_PARTING)
        super().close()

    def _write(self) -> None:
        while (record := self._waiting.get()) is not None:
            try:
                self._to(f"{self._line_of(record)}\n".encode(errors="backslashreplace"))
            except OSError:  # nobody is there to read it
                self._dropped()


@contextlib.contextmanager
def written(level: str, form: Literal["json", "text"], dropped: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Logs are written as long as this lasts; `dropped` is called for each line that nobody took in time."""
    queued = Queued(_json() if form == "json" else TextFormatter(_TEXT), partial(os.write, _STDERR), dropped)
    queued.addFilter(OnceAMinute())
    logging.basicConfig(level=logging.WARNING, handlers=[queued], force=True)
    logging.getLogger("wahealth").setLevel(level.upper())
    try:
        yield
    finally:
        queued.close()


def topic(about: str, **fields: object) -> dict[str, object]:
    """For `extra`: a line of this topic is said once a minute."""
    return {"topic": about, **fields}


def bug(error: BaseException) -> dict[str, str]:
    """Its type and where it was raised, not what it says: a library's exception text may hold the key."""
    return {"error": type(error).__name__, "at": place(traceback.extract_tb(error.__traceback__))}


def place(stack: traceback.StackSummary) -> str:
    """The innermost five calls, the last one first."""
    return " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(stack[-5:]))


def _json() -> JsonFormatter:
    form = "%(asctime)s %(levelname)s %(name)s %(message)s"
    return JsonFormatter(
        form,
        rename_fields={"levelname": "level", "name": "logger", **_NAMES},
        reserved_attrs=[*RESERVED_ATTRS, "topic"],
    )
