"""Standard output and standard error, and what it means that one of them takes nothing more."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO, cast

CLOSED, CANNOT_WRITE = 141, 74  # as of a program that SIGPIPE ended; EX_IOERR
Failing = Callable[[OSError], None]


class Unwritten(Exception):
    """Standard output takes nothing more. `code`: the exit code; its text: what there is to say, if anything."""

    def __init__(self, error: OSError) -> None:
        closed = error.errno == errno.EPIPE  # as of `| head`, which has seen enough
        super().__init__("" if closed else f"standard output: {os.strerror(error.errno or errno.EIO)}")
        self.code = CLOSED if closed else CANNOT_WRITE


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """What goes wrong with standard output is raised as `Unwritten`, also what waits in its buffer; nobody can be told
    what goes wrong with standard error."""
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Watched.over(out, _unwritten), _Watched.over(err, lambda _: None)
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:  # it was closed before we began
                sys.stdout.flush()
    except Unwritten:
        _let_go(out)
        raise
    finally:
        sys.stdout, sys.stderr = out, err


class _Watched:
    """A stream that tells `failing` what its own would raise."""

    def __init__(self, stream: TextIO, failing: Failing) -> None:
        self._stream = stream
        self._failing = failing

    @classmethod
    def over(cls, stream: TextIO | None, failing: Failing) -> TextIO:
        return cast("TextIO", stream and cls(stream, failing))

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._failing(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._failing(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _unwritten(error: OSError) -> None:
    raise Unwritten(error) from None


def _let_go(stream: TextIO) -> None:
    """Python flushes it once more on its way out: what waits in it goes nowhere."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
