"""The picture of the demo: what `wahealth demo --once` prints, as an SVG of a terminal. `make picture` draws it."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

EVENTS = 7
COLOURS = {
    "green": r"\b(True|Connected)\b",
    "red": r"\b(False|Disconnected|Unregistered)\b",
    "yellow": r"\b(Unknown|Warning|PartiallyConnected|Connecting)\b",
    "bold": r"^NAMESPACE.*$",
}
_SECTION = re.compile(r"^(NAMESPACE.*\n(?:.+\n)+)\nEvents\n\n((?:.+\n)+)", re.MULTILINE)
WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def picture(printed: str) -> str:
    """The six verdicts, and the last events until a failover was over."""
    (table, _), (_, events) = _SECTION.findall(printed)[:2]
    shown = ["$ make demo", table.rstrip(), "", "Last events", *events.splitlines()[-EVENTS:]]
    return drawn(coloured("\n".join(shown)), max(map(len, table.splitlines())))


def drawn(text: Text, width: int) -> str:
    """In the reader's own monospaced font: a picture loads nothing."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    text.highlight_regex(r"(?m)^(\$ .*|Last events)$", "bold")
    console.print(text, no_wrap=True, overflow="ellipsis")
    return WEB_FONT.sub("", console.export_svg(title="wahealth", unique_id="demo"))


def coloured(text: str) -> Text:
    """kubectl's table and events as they are."""
    shown = Text(text, no_wrap=True, overflow="ellipsis")
    for style, words in COLOURS.items():
        shown.highlight_regex(re.compile(words, re.MULTILINE), style)
    return shown


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture(sys.stdin.read()))
