"""Draws the core's tables into the docstrings of their modules, so that a reader sees the very tables that decide."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wahealth.core.hysteresis import debounce, failover
from wahealth.core.number import situation
from wahealth.core.observation import modes
from wahealth.core.status import ConditionStatus
from wahealth.core.verdict import written_problem

_CORE = "operator/wahealth/core"
_BLOCK = re.compile(r"(?<=:\n\n)(?: {4}.*\n)+")  # an indented block of a docstring, after a line that ends in a colon


def tables() -> dict[str, tuple[str, ...]]:
    """The tables of each module as text, in the order of its docstring, by the module's path in the repository."""
    return {
        f"{_CORE}/hysteresis/debounce.py": (_debounce(),),
        f"{_CORE}/hysteresis/failover.py": (_failover(),),
        f"{_CORE}/observation/modes.py": (_shapes(), _modes()),
        f"{_CORE}/verdict/written_problem.py": (_problems(),),
        f"{_CORE}/number/situation.py": (_situations(),),
    }


def with_tables(source: str, drawn: Sequence[str]) -> str:
    """The module's source with the first indented blocks of its docstring replaced by the tables."""
    docstring, rest = source.split('"""\n', 1)
    left = iter(drawn)
    return _BLOCK.sub(lambda found: next(left, found.group()), docstring) + '"""\n' + rest


def _debounce() -> str:
    rows = [(known, rule.candidate, rule.decision.says) for known, rules in debounce.RULES.items() for rule in rules]
    return _drawn(("confirmed", "candidate", "is confirmed"), _grouped(rows))


def _failover() -> str:
    rows = [(step.seen, step.phase) for step in failover.STEPS]
    return _drawn(("the round shows that", "the role is"), rows)


def _shapes() -> str:
    return _drawn(("the answer has", "its mode"), [(shape.seen, shape.mode or "none") for shape in modes.SHAPES])


def _modes() -> str:
    rows = [(change.known, change.answer, change.then) for change in modes.CHANGES]
    return _drawn(("mode so far", "the answer", "the mode now"), _grouped(rows))


def _problems() -> str:
    rows = [row for sign in written_problem.SIGNS for row in _signs(sign)]
    others = [
        ("Available", "False, Unknown", f"any other, gateway {gateway}", problem)
        for gateway, problem in written_problem.OF_GATEWAY.items()
    ]
    return _drawn(("condition", "status", "reason", "problem"), [*rows, *others])


def _situations() -> str:
    rows = [(row.seen, row.situation, row.gateway or "as it was") for row in situation.ROWS]
    return _drawn(("the answer has", "the number is", "status.gateway"), rows)


def _signs(sign: written_problem.Sign) -> list[tuple[str, ...]]:
    """One row for each reason; cells that repeat the first row are empty."""
    statuses = "any" if sign.statuses == frozenset(ConditionStatus) else ", ".join(sorted(sign.statuses))
    reasons = ["any"] if sign.reasons is None else sorted(sign.reasons)
    first = (sign.type, statuses, reasons[0], sign.problem or "none")
    return [first, *(("", "", reason, "") for reason in reasons[1:])]


def _grouped(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The rows with the first column emptied where it repeats the row above."""
    before = ("", *(row[0] for row in rows))
    return [("" if row[0] == above else row[0], *row[1:]) for row, above in zip(rows, before, strict=False)]


def _drawn(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    lines = (head, tuple("-" * width for width in widths), *rows)
    return "".join(_line(cells, widths) for cells in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "    " + "  ".join(padded).rstrip() + "\n"
