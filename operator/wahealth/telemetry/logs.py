"""Logs on stderr: a constant message with its facts as fields, as text or as one JSON object a line.

Logging never blocks: lines go through a bounded queue to a thread of their own, and lines that do not fit are dropped
and counted. A line that would repeat has a topic (`extra=topic("…")`) and is logged once a minute.
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
_MOST_TOPICS = 10_000  # beyond it topics without a line for a minute are forgotten
_STDERR = 2
_PARTING = 1.0  # seconds to write the waiting lines when the process ends
_TEXT = "%(asctime)s %(levelname)-7s %(message)s"
_NAMES = {"resource": "name"}  # a log record's `name` is that of the logger, so the field is renamed when it is written
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "topic"}


class TextFormatter(logging.Formatter):
    """The message, then the fields as key=value. Control characters are escaped, so that no value can control a
    terminal or start a line of its own: others can write some values, such as the holder of a Lease."""

    def format(self, record: logging.LogRecord) -> str:
        fields = [f"{_NAMES.get(k, k)}={v}" for k, v in vars(record).items() if k not in _STANDARD]
        first, *rest = super().format(record).split("\n")
        return "\n".join(map(printable, [" ".join([first, *fields]), *rest]))


def printable(line: str) -> str:
    """The line with an escape for each unprintable character."""
    return line if line.isprintable() else "".join(one if one.isprintable() else _escaped(one) for one in line)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


class OnceAMinute(logging.Filter):
    """Passes the first line of a topic, then one a minute, which says in `left_out` how many were dropped in
    between."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._said: OrderedDict[str, tuple[float, int]] = (
            OrderedDict()
        )  # time of the last line and lines left out since; the oldest first
        self._turn = threading.RLock()  # kopf's thread and ours log

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
        """Forgets old topics: they name resources, which come and go."""
        while len(self._said) > _MOST_TOPICS:
            oldest, (said, _) = next(iter(self._said.items()))
            if self._now() - said < EVERY:
                return
            del self._said[oldest]  # a plain dict would pass all deleted entries in each search for the first


class Queued(logging.Handler):
    """Hands lines to a thread that writes them. Neither logging nor the end of the process waits for it.

    The thread holds no lock of `logging` or `sys.stderr` while it writes, because Python waits for those at its end.
    """

    def __init__(
        self, formatter: logging.Formatter, write: Callable[[bytes], object], dropped: Callable[[], None]
    ) -> None:
        """`write` may block as long as it likes; `dropped` is called for each line that is lost."""
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
        """Waits up to a second until the waiting lines are written."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
            self._thread.join(_PARTING)
        super().close()

    def _write(self) -> None:
        while (record := self._waiting.get()) is not None:
            try:
                self._to(f"{self._line_of(record)}\n".encode(errors="backslashreplace"))
            except OSError:  # nothing reads it
                self._dropped()


@contextlib.contextmanager
def written(level: str, form: Literal["json", "text"], dropped: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Writes logs of this `level` and above to stderr during the block. `dropped` is called for each line that is
    lost."""
    queued = Queued(_json() if form == "json" else TextFormatter(_TEXT), partial(os.write, _STDERR), dropped)
    queued.addFilter(OnceAMinute())
    logging.basicConfig(level=logging.WARNING, handlers=[queued], force=True)
    logging.getLogger("wahealth").setLevel(level.upper())
    try:
        yield
    finally:
        queued.close()


def topic(about: str, **fields: object) -> dict[str, object]:
    """The argument `extra` for a line with a topic, which is logged once a minute, and with these fields."""
    return {"topic": about, **fields}


def bug(error: BaseException) -> dict[str, str]:
    """Fields that describe an exception: its type and where it was raised. Its text is left out, because that of a
    library may contain the API key."""
    return {"error": type(error).__name__, "at": place(traceback.extract_tb(error.__traceback__))}


def place(stack: traceback.StackSummary) -> str:
    """The five innermost calls as file:line, the innermost first."""
    return " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(stack[-5:]))


def _json() -> JsonFormatter:
    form = "%(asctime)s %(levelname)s %(name)s %(message)s"
    return JsonFormatter(
        form,
        rename_fields={"levelname": "level", "name": "logger", **_NAMES},
        reserved_attrs=[*RESERVED_ATTRS, "topic"],
    )
