"""Programs at a pseudo-terminal, whose other end the test reads and types at."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

SECONDS = 60.0


class Terminal(NamedTuple):
    """A program at a terminal."""

    process: subprocess.Popen[bytes]
    screen: int

    def until(self, words: str = "") -> str:
        """What it shows until `words` come (empty: until it ends). Fails after a while."""
        shown, deadline = b"", time.monotonic() + SECONDS
        while not words or words.encode() not in shown:
            assert time.monotonic() < deadline, shown.decode(errors="replace")
            if not select.select([self.screen], [], [], 0.5)[0]:
                continue
            with contextlib.suppress(OSError):  # the other end has gone
                if piece := os.read(self.screen, 65536):
                    shown += piece
                    continue
            assert not words, shown.decode(errors="replace")
            break
        return shown.decode(errors="replace").replace("\r\n", "\n")

    def types(self, keys: str) -> None:
        os.write(self.screen, keys.encode())


@contextlib.contextmanager
def terminal(*words: str, before: str = "", columns: int = 100, lines: int = 24) -> Iterator[Terminal]:
    """`kubectl wa` with these words; `before` is Python that runs before it."""
    code = f"import sys; {before}\nfrom wahealth.cli import kubectl_wa; sys.exit(kubectl_wa())"
    with program([sys.executable, "-c", code, *words], {}, columns, lines) as running:
        yield running


@contextlib.contextmanager
def program(argv: Sequence[str], env: Mapping[str, str], columns: int = 100, lines: int = 24) -> Iterator[Terminal]:
    """A program whose streams are all the terminal; `env` is added to our own environment."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environ = {**os.environ, "PYTHONPATH": ":".join(sys.path), "TERM": "xterm-256color", "LANG": "C.UTF-8", **env}
    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, start_new_session=True)
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(ours)
