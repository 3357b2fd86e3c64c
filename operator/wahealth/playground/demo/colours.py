"""How a line looks, in rich's words. Colour only repeats what the words say. NO_COLOR switches it off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wahealth.playground.demo.page import Kind, Line

if TYPE_CHECKING:
    from rich.text import Text

_STYLES = {
    Kind.HEAD: "bold",
    Kind.BAD: "red",
    Kind.UNSURE: "yellow",
    Kind.DIM: "dim",
    Kind.COMMAND: "cyan",
    Kind.DONE: "bold green",
}
_WORDS = {
    Kind.GOOD: {"green": r"\b(True|Connected)\b"},
    Kind.WARNING: {"bold yellow": r"^\S+  Warning", "bold": r"(?<=  )\w+(?=(?: \(x\d+\))?: )"},
    Kind.KEYS: {"bold reverse": r"(?:(?<=^)|(?<=  ))\w(?= )"},
}


def drawn(lines: Iterable[Line]) -> Text:
    """The lines of a page. None is wrapped again."""
    from rich.text import Text

    return Text("\n", no_wrap=True, overflow="crop").join(_drawn(line) for line in lines)


def _drawn(line: Line) -> Text:
    from rich.text import Text

    shown = Text(line.text, style=_STYLES.get(line.kind, ""), no_wrap=True)
    for style, words in _WORDS.get(line.kind, {}).items():
        shown.highlight_regex(words, style)
    return shown
