"""An exchange that can be repeated: a question and the whole answer to it, as bytes.

A later answer says the same if it has the same bytes, but for the value of its Date, which nobody reads. So what h11
has read once need not be read again, and nothing here parses HTTP: whatever has other bytes is read by h11 as ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MOST_BYTES = 16 * 1024  # of an answer; a longer one is not remembered
_DATE = re.compile(rb"\r\n[Dd]ate: ([A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT)(?=\r\n)")
_DATE_VALUE = re.compile(rb"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


@dataclass(frozen=True, slots=True)
class Said:
    """A question and its answer. `length`: of the answer, in bytes.

    `before` and `behind` the value of Date; without such a line `behind` is empty and `before` the whole answer.
    """

    question: bytes = field(repr=False)  # it holds what signs in
    before: bytes = field(repr=False)
    behind: bytes = field(repr=False)
    length: int

    def is_repeated_by(self, answer: bytes) -> bool:
        """Whether this is the whole answer again."""
        if len(answer) != self.length or not answer.startswith(self.before) or not answer.endswith(self.behind):
            return False
        return not self.behind or bool(_DATE_VALUE.fullmatch(answer, len(self.before), self.length - len(self.behind)))

    def is_begun_by(self, answer: bytes) -> bool:
        """Whether this may become the answer again, with more of it to come."""
        return len(answer) < self.length and self.before.startswith(answer[: len(self.before)])


def said(question: bytes, answer: bytes) -> Said:
    """Of an answer that has been read to its end, with nothing behind it, and whose connection was kept."""
    head = answer.find(b"\r\n\r\n") + 4
    dates = list(_DATE.finditer(answer, 0, head))
    if len(dates) != 1:
        return Said(question, answer, b"", len(answer))
    begin, end = dates[0].span(1)
    return Said(question, answer[:begin], answer[end:], len(answer))
