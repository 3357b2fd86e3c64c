"""Lines of styled pieces, laid out for a width and written to a terminal or a file.

The words alone carry the meaning: styles are left out where there is no terminal, or where NO_COLOR is set.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TextIO

from wahealth.core.strenum import FastStrEnum

UNBOUNDED = 100_000  # columns of what is no terminal: nothing is wrapped, so that it can be searched by line
_NARROWEST = 40
_PLAINER = str.maketrans({"✓": "+", "✗": "x", "·": "-", "…": "~", "→": ">"})


class Style(FastStrEnum):
    """How a piece looks, by what it means; the value is the terminal's code."""

    PLAIN = ""
    STRONG = "1"
    FAINT = "2"
    BAD = "31"
    GOOD = "32"
    DOUBTFUL = "33"


class Piece(NamedTuple):
    """Words of one style."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Piece, ...]
NOTHING: Line = ()


def line(*pieces: str | Piece) -> Line:
    """A line of pieces and plain words."""
    return tuple(Piece(each) if isinstance(each, str) else each for each in pieces)


def capital(words: str) -> str:
    """The words as a sentence begins."""
    return words[:1].upper() + words[1:]


def length(of: Line) -> int:
    """Columns of a line."""
    return sum(len(piece.text) for piece in of)


def sentence(text: str, width: int, head: str = "", style: Style = Style.PLAIN) -> list[Line]:
    """A sentence behind `head`, wrapped below its own beginning. A word that is longer stays whole, to be copied."""
    room = max(_NARROWEST, width - len(head))
    parts = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
    return [
        line(head if first else " " * len(head), Piece(part, style))
        for first, part in zip([True] + [False] * len(parts), parts, strict=False)
    ]


def flow(head: str, items: Iterable[Line], width: int, gap: str = "   ") -> list[Line]:
    """Items behind `head`, as many a line as fit, further lines indented as far."""
    lines: list[Line] = []
    current = line(head)
    for item in items:
        begun = length(current) > len(head)
        if begun and length(current) + len(gap) + length(item) > width:
            lines.append(current)
            current, begun = line(" " * len(head)), False
        current = (*current, *line(gap if begun else ""), *item)
    return [*lines, current]


class Column(NamedTuple):
    """A column of a table; where there is no room the lightest goes first. `shortens`: it takes at most a third of a
    terminal, because its words are tenants': a long name must not push out the verdicts on others."""

    title: str
    weight: int
    shortens: bool = False


Row = Sequence[Piece]


class Layout(NamedTuple):
    """The columns that have room: the place of each among all columns, its title, and how wide it is."""

    places: tuple[int, ...]
    titles: tuple[str, ...]
    widths: tuple[int, ...]
    indent: str = ""

    def head(self) -> Line:
        """The line of the titles."""
        return self._line([Piece(title, Style.FAINT) for title in self.titles])

    def line(self, row: Row) -> Line:
        """The line of a row."""
        return self._line([row[n] for n in self.places])

    def _line(self, cells: Row) -> Line:
        last = max((n for n, cell in enumerate(cells) if cell.text), default=0)
        padded = [
            Piece(text if n == last else f"{text:<{width}}  ", cell.style)
            for n, (cell, width) in enumerate(zip(cells, self.widths, strict=True))
            for text in (_shortened(cell.text, width),)
        ]
        return line(self.indent, *padded[: last + 1])


def layout(columns: Sequence[Column], rows: Iterable[Row], width: int, titles: bool = True, indent: str = "") -> Layout:
    """The layout of a table without the columns that have no content, or no room."""
    longest = [max(map(len, texts), default=0) for texts in zip(*(_texts(row) for row in rows), strict=True)]
    shown = [n for n, most in enumerate(longest) if most]
    least = {n: len(columns[n].title) if titles else 0 for n in shown}
    most = {n: width // 3 if columns[n].shortens else width for n in shown}
    widths = {n: max(least[n], min(longest[n], most[n])) for n in shown}
    while len(shown) > 1 and len(indent) + sum(widths[n] + 2 for n in shown) - 2 > width:
        shown.remove(min(shown, key=lambda n: columns[n].weight))
    if shown and columns[shown[-1]].shortens:  # the last one has what is left
        left = width - len(indent) - sum(widths[n] + 2 for n in shown) + 2
        widths[shown[-1]] = min(longest[shown[-1]], widths[shown[-1]] + max(0, left))
    found = tuple(shown)
    return Layout(found, tuple(columns[n].title for n in found), tuple(widths[n] for n in found), indent)


def table(
    columns: Sequence[Column], rows: Sequence[Row], width: int, titles: bool = True, indent: str = ""
) -> list[Line]:
    """A table without the columns that have no content, or no room."""
    found = layout(columns, rows, width, titles, indent)
    return [*([found.head()] if titles else []), *map(found.line, rows)]


def _texts(row: Row) -> list[str]:
    return [cell.text for cell in row]


def _shortened(text: str, width: int) -> str:
    """A name that is too long without its middle, because beginning and end tell it apart; words without their end."""
    if len(text) <= width:
        return text
    end = 0 if " " in text else (width - 1) // 2
    return f"{text[: width - 1 - end]}…{text[len(text) - end :]}"


class Screen(NamedTuple):
    """Where lines are written."""

    stream: TextIO
    width: int
    coloured: bool
    plainer: bool = False  # the stream's encoding has no check marks

    @classmethod
    def of(cls, stream: TextIO | None, environ: Mapping[str, str], colours: bool = True) -> Screen:
        """The screen of a stream, such as standard output."""
        stream = stream or sys.stdout
        terminal = stream.isatty()
        wanted = colours and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
        width = max(_NARROWEST, shutil.get_terminal_size().columns) if terminal else UNBOUNDED
        return cls(stream, width, terminal and wanted, not _has_marks(stream))

    def write(self, lines: Iterable[Line]) -> None:
        """Writes the lines."""
        for each in lines:
            self.stream.write("".join(map(self._shown, each)).rstrip() + "\n")

    def _shown(self, piece: Piece) -> str:
        text = piece.text.translate(_PLAINER) if self.plainer else piece.text
        if self.plainer:
            text = text.encode("ascii", "replace").decode()
        return f"\x1b[{piece.style}m{text}\x1b[0m" if self.coloured and piece.style and text else text


def _has_marks(stream: TextIO) -> bool:
    try:
        "✓".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
