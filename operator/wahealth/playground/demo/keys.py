"""Single keys of the terminal, without Enter."""

from __future__ import annotations

import os
import select
import sys
import termios
import time
import tty
from typing import Any, Self

_MOST = 32  # bytes at once; a key with an escape sequence has fewer


class Keys:
    """A context manager. Ctrl-C still interrupts. Where the standard input is no terminal, no key ever comes."""

    def __init__(self) -> None:
        self.there = sys.stdin.isatty()
        self._before: list[Any] = []

    def __enter__(self) -> Self:
        if self.there:
            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def wait(self, seconds: float) -> str:
        """The key that was pressed, or an empty text once `seconds` are over. Keys without a letter count for none."""
        if not self.there:
            time.sleep(seconds)
            return ""
        if not select.select([sys.stdin], [], [], seconds)[0]:
            return ""
        pressed = os.read(sys.stdin.fileno(), _MOST)
        self.there = bool(pressed)  # else the terminal has gone
        return key_of(pressed)


def key_of(pressed: bytes) -> str:
    """The first key of what was read; a blank for one that is no letter, such as an arrow."""
    first = pressed[:1].decode("ascii", "replace").lower()
    return first if first.isalnum() or not first else " "
