"""A message that the table made, taken apart again: what it means, and the next step."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from wahealth.core.reasons.row import NOTHING, Row
from wahealth.core.reasons.table import Subject, rows


class Parted(NamedTuple):
    """A whole sentence, and the next step in words without a full stop; empty if the message names none."""

    means: str
    step: str = ""


def parted(reason: str, message: str) -> Parted:
    """The parts of a condition's message. One that no row made, such as that of another version, is a sentence as it
    stands.

    It is searched for the end of each row, never matched against a pattern, so its length costs no more than itself.
    """
    steps = (row.step for _, row in rows_named(reason) if row.step and row.step != NOTHING)
    found = [begin for step in steps if (begin := _begin(step, message)) > 0]
    if not found:
        return Parted(message.removesuffix(f"; {NOTHING}.") + "." * message.endswith(f"; {NOTHING}."))
    begin = min(found)
    return Parted(f"{message[:begin]}.", message[begin + 2 :].removesuffix("."))


def _begin(step: str, message: str) -> int:
    """Where the colon before this step stands in the message; -1 if it does not end so."""
    head, varies, _ = step.partition("{")
    if not varies:
        return len(message) - len(step) - 3 if message.endswith(f": {step}.") else -1
    return message.rfind(f": {head}") if head else message.find(": ")


@cache
def _by_reason() -> dict[str, tuple[tuple[Subject, Row], ...]]:
    found: dict[str, tuple[tuple[Subject, Row], ...]] = {}
    for subject, row in _each():
        for name in dict.fromkeys([row.reason.value, *([row.event.value] if row.event else [])]):
            found[name] = (*found.get(name, ()), (subject, row))
    return found


def _each() -> Iterator[tuple[Subject, Row]]:
    return ((subject, row) for subject, made in rows().items() for row in made)


def rows_named(reason: str) -> tuple[tuple[Subject, Row], ...]:
    """The rows of a reason of a condition or an event, each with its subject; none if this version does not know it."""
    return _by_reason().get(reason, ())


def reasons() -> tuple[str, ...]:
    """All reasons of the table, in its order."""
    return tuple(_by_reason())
