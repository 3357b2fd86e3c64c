"""Words of somebody else → words that may stand in terminals, events and labels. Pure."""

from __future__ import annotations

_UNPRINTABLE = dict.fromkeys((*range(0x21), 0x7F), "?")  # of ASCII


def clean(text: str, longest: int) -> str:
    """Cut to `longest` characters, with a question mark for each that is not printable ASCII.

    A pattern that replaces one character after the other took 15 ms for a thousand names of nothing else.
    """
    return text[:longest].encode("ascii", "replace").decode().translate(_UNPRINTABLE)


def harmless(text: str, longest: int) -> str:
    """Cut to `longest` characters, with a question mark for each character that is not printable in any script.

    No escape sequence of a terminal survives, and no mark that turns the direction of writing.
    """
    cut = text[:longest]
    return cut if cut.isprintable() else "".join(one if one.isprintable() else "?" for one in cut)
