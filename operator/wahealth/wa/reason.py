"""`kubectl wa explain REASON`: what the table says of a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from wahealth.core.reasons.parted import reasons, rows_named
from wahealth.core.reasons.row import Row
from wahealth.core.reasons.table import Subject
from wahealth.probe.printable import harmless
from wahealth.wa.problem import USAGE, Unusable
from wahealth.wa.screen import NOTHING, Line, Piece, Style, line, sentence

_FIELD = re.compile(r"\{(\w+)\}")


def is_reason(word: str) -> bool:
    """Whether a word is meant as a reason: names of resources have no capitals."""
    return word != word.lower()


def lines(reason: str, width: int) -> Iterator[Line]:
    """All rows of a reason. Raises `Unusable` for one that this version does not know."""
    found = _known(reason)
    yield line(Piece(reason, Style.STRONG), Piece(f"   {found[0][0].title}", Style.FAINT))
    for _, row in found:
        yield from sentence(f"{_filled(row.means)}.", width, "  ")
        if row.step:
            yield from sentence(f"{_filled(row.step)}.", width, "    Next: ", Style.STRONG)
    yield NOTHING
    for rests_on in dict.fromkeys(subject.rests_on for subject, _ in found):
        yield from sentence(rests_on.replace("`", ""), width, "  ", Style.FAINT)


def document(reason: str) -> dict[str, Any]:
    """The same for programs."""
    rows = [{"means": _filled(row.means), "next": _filled(row.step) or None} for _, row in _known(reason)]
    return {"reason": reason, "subject": _known(reason)[0][0].title, "rows": rows}


def listed() -> Iterator[Line]:
    """All reasons, in the order of the table."""
    return (line(each) for each in reasons())


def names() -> list[str]:
    """The same for programs."""
    return list(reasons())


def _known(reason: str) -> tuple[tuple[Subject, Row], ...]:
    found = rows_named(reason)
    if found:
        return found
    near = get_close_matches(reason, reasons(), 3)
    hint = f"it may be {' or '.join(near)}" if near else "see kubectl wa explain --list"
    raise Unusable(f"this version knows no reason {harmless(reason, 64)}: {hint}", USAGE)


def _filled(template: str) -> str:
    """With the words in place of which something else stands each time in angle brackets."""
    return _FIELD.sub(r"<\1>", template)
