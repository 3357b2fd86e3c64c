"""Handles errors of standard output and standard error, such as a full disk or a closed pipe."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO, cast

CLOSED, CANNOT_WRITE = 141, 74  # as after SIGPIPE; EX_IOERR
Failing = Callable[[OSError], None]


class Unwritten(Exception):
    """Standard output cannot be written. `code` is the exit code; the text is a sentence without its full stop, or
    empty if the reader closed the pipe."""

    def __init__(self, error: OSError) -> None:
        closed = error.errno == errno.EPIPE  # as with `| head`, which has read enough
        super().__init__("" if closed else f"standard output: {os.strerror(error.errno or errno.EIO)}")
        self.code = CLOSED if closed else CANNOT_WRITE


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Raises errors of standard output as `Unwritten`, also those of flushing its buffer. Errors of standard error are
    ignored, because there is no place to report them."""
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Watched.over(out, _unwritten), _Watched.over(err, lambda _: None)
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:  # None: it was closed before the program began
                sys.stdout.flush()
    except Unwritten:
        _let_go(out)
        raise
    finally:
        sys.stdout, sys.stderr = out, err


class _Watched:
    """A stream that calls `failing` with the errors of `stream` instead of raising them."""

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
    """Discards what is still buffered, because Python flushes the stream once more at its end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
