"""Lines of `kubectl wa` as Textual draws them, in the terminal's own colours."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style as Look
from rich.text import Text
from textual.strip import Strip

from wahealth.wa.screen import Line, Style

_LOOKS = {
    Style.PLAIN: Look(),
    Style.STRONG: Look(bold=True),
    Style.FAINT: Look(dim=True),
    Style.BAD: Look(color="red"),
    Style.GOOD: Look(color="green"),
    Style.DOUBTFUL: Look(color="yellow"),
}
CURSOR = Look(reverse=True)


def text(lines: Iterable[Line]) -> Text:
    """Lines as a text."""
    found = Text()
    for n, line in enumerate(lines):
        found.append("\n" if n else "")
        for piece in line:
            found.append(piece.text, _LOOKS[piece.style])
    return found


def strip(line: Line, width: int, under_cursor: bool = False) -> Strip:
    """A line as wide as the list. Under the cursor it is one bar, whatever it says."""
    if under_cursor:
        words = "".join(piece.text for piece in line)
        return Strip([Segment(words, CURSOR)]).extend_cell_length(width, CURSOR).crop(0, width)
    found = Strip([Segment(piece.text, _LOOKS[piece.style]) for piece in line])
    return found.adjust_cell_length(width)
