"""Lines that are too long for a terminal: sentences fold between words, commands so that a shell still takes them."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator

_WORD = re.compile(r"(?:'[^']*'|\"[^\"]*\"|[^\s'\"])+")
_GOES_ON = " \\"
_INDENT = "  "
_NARROWEST = 20


def folded(text: str, width: int, indent: int = 0) -> list[str]:
    """The sentence in lines of at most `width` characters; all but the first begin with `indent` blanks."""
    width = max(width, indent + _NARROWEST)
    wrapped = textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False)
    return wrapped or [""]


def folded_command(command: str, width: int) -> list[str]:
    """The command in lines of at most `width` characters that a shell takes as one, and as the same one.

    A word that is longer than a line is broken, too: its parts are quoted, and nothing stands between them.
    """
    width = max(width, _NARROWEST)
    lines, line = [], ""
    for word in _WORD.findall(command):
        if len(line) + len(word) + 1 + len(_GOES_ON) <= width or not line:
            line = f"{line} {word}" if line else word
        else:
            lines.append(line + _GOES_ON)
            line = _INDENT + word
        if len(line) + len(_GOES_ON) > width:
            *whole, line = _broken(line, width)
            lines += whole
    return [*lines, line]


def _broken(line: str, width: int) -> Iterator[str]:
    """A line that ends in a long word. Without a blank before it, a line that goes on joins the word's parts."""
    before, word = line[: line.rfind(last := _WORD.findall(line)[-1])], last
    rest = "".join(shlex.split(word))
    while rest:
        room = width - len(before) - len(_GOES_ON)
        part = next(rest[:n] for n in range(len(rest), 0, -1) if n == 1 or len(shlex.quote(rest[:n])) <= room)
        rest = rest[len(part) :]
        yield before + shlex.quote(part) + ("\\" if rest else "")
        before = ""
