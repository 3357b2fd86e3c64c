"""An exchange that can be repeated: a question and the whole answer to it, as bytes.

A later answer says the same if it has the same bytes, but for the value of its Date, which nobody reads. So what h11
has read once need not be read again, and nothing here parses HTTP: whatever has other bytes is read by h11 as ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

MOST_BYTES = 16 * 1024  # of an answer; a longer one is not remembered
_DATE = re.compile(rb"\r\n[Dd]ate: ([A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT)(?=\r\n)")
_DATE_VALUE = re.compile(rb"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


@dataclass(frozen=True)
class Said:
    """A question, and the answer to it: one that has been read to its end, with nothing behind it, on a connection that
    was kept."""

    question: bytes = field(repr=False)  # it holds what signs in
    answer: bytes = field(repr=False)

    def is_repeated_by(self, answer: bytes) -> bool:
        """Whether this is the whole answer again."""
        begin, end = self._date
        same = answer[:begin] == self.answer[:begin] and answer[end:] == self.answer[end:]
        if not same or len(answer) != len(self.answer):
            return False
        return begin == end or bool(_DATE_VALUE.fullmatch(answer, begin, end))

    def is_begun_by(self, answer: bytes) -> bool:
        """Whether this may become the answer again, with more of it to come."""
        begin, _ = self._date
        return len(answer) < len(self.answer) and self.answer[:begin].startswith(answer[:begin])

    @cached_property
    def _date(self) -> tuple[int, int]:
        """From where to where the value of Date stands; from the end to the end, if there is none that stands alone.

        Looked for where an answer is compared: most exchanges are never repeated."""
        dates = list(_DATE.finditer(self.answer, 0, self.answer.find(b"\r\n\r\n") + 4))
        return dates[0].span(1) if len(dates) == 1 else (len(self.answer), len(self.answer))
