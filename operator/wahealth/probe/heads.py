"""The heads of one answer, whole and one at a time, and how many bytes of them there may be.

h11's pattern for a header tries each way to share out a run of blanks before it gives up: of 16 KiB for a second, of 64
KiB for a quarter of a minute, and nobody else has a turn. So it is given each run as one blank.
"""

from __future__ import annotations

import re

from wahealth.core.answer import FailureReason
from wahealth.probe.errors import probe_error

MOST_INFORMATIONAL = 8
MOST_BYTES = 64 * 1024  # of all heads of one answer
MOST_LINES = 256  # of one
_BLANK_LINE = re.compile(rb"\n\r?\n")
_BLANKS = re.compile(rb"[ \t]+")


class Heads:
    def __init__(self) -> None:
        self._waiting = bytearray()
        self._looked_through = 0  # of what is waiting
        self._taken = 0  # bytes of heads before

    def add(self, received: bytes) -> None:
        self._waiting += received

    def take(self) -> bytes | None:
        """The next one; None: it is not complete."""
        end = _BLANK_LINE.search(self._waiting, self._looked_through)
        length = end.end() if end else len(self._waiting)
        if self._waiting[:1] < b"!" and length:
            # Some other protocol, which may not end a line.
            raise probe_error(FailureReason.INVALID_RESPONSE, "that is no valid HTTP")
        if self._taken + length > MOST_BYTES:
            raise probe_error(FailureReason.INVALID_RESPONSE, "the head is longer than 64 KiB")
        if end is None:
            self._looked_through = max(0, length - 2)
            return None
        if self._waiting.count(b"\n", 0, length) > MOST_LINES:
            raise probe_error(FailureReason.INVALID_RESPONSE, f"the head has more than {MOST_LINES} lines")
        head = _BLANKS.sub(b" ", self._waiting[:length])
        del self._waiting[:length]
        self._taken, self._looked_through = self._taken + length, 0
        return bytes(head)

    def rest(self) -> bytes:
        """What came behind the last one."""
        return bytes(self._waiting)
